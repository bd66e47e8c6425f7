"""The page in a real browser: no errors, and the viewer does what it should."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.tables import SUMMARY
from podia.reporting.report import report
from podia.reporting.summary import summarise
from tiny_report import tiny_inputs

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the path")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",
    "--window-size=1400,2400",
    "--dump-dom",
)


def opened(path: Path, tmp_path: Path, *, anchor: str = "") -> str:
    """Return the page as the browser has it after its scripts ran; fails on any message of the console."""
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    found = subprocess.run(
        [str(BROWSER), *FLAGS, profile, f"{path.as_uri()}{anchor}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [line for line in found.stderr.splitlines() if "CONSOLE" in line] == []
    return found.stdout


def with_script(path: Path, script: str) -> Path:
    """Return a copy of the page that runs `script` after its own and writes what it returns into the page."""
    text = path.read_text(encoding="utf-8")
    added = f"<script>document.body.dataset.found = JSON.stringify((() => {{ {script} }})());</script></body>"
    copy = path.with_name("scripted.html")
    copy.write_text(text.replace("</body>", added), encoding="utf-8")
    return copy


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
    const heading = document.querySelectorAll("th button")[6];
    heading.click(); const down = names();
    heading.click(); return [down, names()];
    """
    found = re.search(r'data-found="([^"]*)"', opened(with_script(path, script), tmp_path))[1]
    assert found.replace("&quot;", '"') == '["cab","acb"]'
