"""The page in a real browser: no errors, and the viewer does what it should."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from browser import NEEDS_BROWSER, opened, with_script
from podia.data.calibration import Calibration
from podia.data.tables import SUMMARY
from podia.reporting.report import report
from podia.reporting.summary import summarise
from tiny_report import tiny_inputs

pytestmark = NEEDS_BROWSER


def test_a_link_opens_the_page_at_a_frame_with_a_track_lit_up_everywhere(tmp_path):
    path = report(tiny_inputs(), tmp_path / "report.html")
    page = opened(path, tmp_path, anchor="#frame=3&track=2")
    assert 'data-frame="3"' in page
    assert "frame 3 · 0:06:00" in page
    assert "Track 2" in page
    # In the rose and in the MSD plot.
    assert (
        len(re.findall(r'class="track lit" [^>]*data-track="2"|data-track="2" class="track lit"', page)) >= 1
    )
    assert len(re.findall("track lit", page)) == 2


def test_slider_keys_pointer_and_family_links_move_through_the_movie(tmp_path):
    path = report(tiny_inputs(), tmp_path / "report.html")
    page = opened(
        with_script(
            path,
            """
            const seen = [];
            const canvas = document.querySelector("canvas");
            const slider = document.querySelector("input[type=range]");
            const now = () => canvas.dataset.frame;
            const told = () => document.querySelector(".told h3").textContent;
            slider.value = 2; slider.dispatchEvent(new Event("input")); seen.push(now());
            const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            press("ArrowRight"); seen.push(now());
            press("ArrowLeft"); press("ArrowLeft"); press("ArrowLeft"); seen.push(now());
            const box = canvas.getBoundingClientRect();
            const at = (x, y) => ({ clientX: box.left + box.width * x / 130, clientY: box.top + box.height * y / 97 });
            canvas.dispatchEvent(new MouseEvent("click", at(15.5, 71.5))); seen.push(told());
            document.querySelector(".family button").click(); seen.push(told(), now());
            press("Escape"); seen.push(told());
            canvas.dispatchEvent(new MouseEvent("dblclick", at(15.5, 15.5)));
            canvas.dispatchEvent(new MouseEvent("click", at(125, 90))); seen.push(told());
            for (const box of document.querySelectorAll(".toggles input")) box.click();
            return seen;
            """,
        ),
        tmp_path,
    )
    found = re.search(r'data-found="([^"]*)"', page)[1].replace("&quot;", '"')
    assert found == '["2","3","0","Track 3","Track 4","2","This frame","This frame"]'


@pytest.mark.parametrize("situation", [{"n_frames": 1}, {"n_cells": 0}, {"calibration": Calibration()}])
def test_pages_that_lack_something_open_without_errors(situation, tmp_path):
    page = opened(report(tiny_inputs(**situation), tmp_path / "report.html"), tmp_path)
    assert "This frame" in page


def test_the_summary_sorts_by_a_heading_with_undefined_values_last(tmp_path):
    names = [column.name for column in SUMMARY.columns]
    rows = [dict.fromkeys(names, 1) | {"movie": name, "status": "done", "error": ""} for name in "abc"]
    rows = [row | {"speed_median": speed} for row, speed in zip(rows, (0.2, math.nan, 0.4), strict=True)]
    table = SUMMARY.conform(pd.DataFrame(rows), Calibration(1.0, 60.0))
    path = summarise(table, tmp_path / "summary.html")
    script = """
    const names = () => [...document.querySelectorAll("tbody tr")].map((row) => row.children[0].dataset.value).join("");
    const buttons = [...document.querySelectorAll("th button")];
    const heading = buttons.find((button) => button.textContent.includes("speed"));
    heading.click(); const down = names();
    heading.click(); return [down, names()];
    """
    found = re.search(r'data-found="([^"]*)"', opened(with_script(path, script), tmp_path))[1]
    assert found.replace("&quot;", '"') == '["cab","acb"]'
