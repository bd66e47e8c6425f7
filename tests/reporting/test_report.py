"""The page: whole, alone, safe, the same every time, whatever the movie lacks."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, OutputError
from podia.data.movie import Movie
from podia.data.tables import ALL_TABLES, CELLS
from podia.reporting.inputs import ReportInputs
from podia.reporting.page import json_in_html
from podia.reporting.report import report
from tiny_report import tiny_inputs

VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect", "line", "circle"}


class Structure(HTMLParser):
    """Collects ids, links and words; fails where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.targets += [values[name] for name in ("src", "href") if name in values]
        if tag not in VOID or tag in ("path", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID or tag in ("path", "rect", "circle"):
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words += " " + data


def page(inputs: ReportInputs, folder: Path) -> tuple[str, Structure]:
    """Return the page's text and its structure."""
    text = report(inputs, folder / "report.html").read_text(encoding="utf-8")
    structure = Structure()
    structure.feed(text)
    structure.close()
    assert structure.open == []
    return text, structure


SITUATIONS = {
    "usual": {},
    "one frame": {"n_frames": 1},
    "two frames": {"n_frames": 2},
    "no cells": {"n_cells": 0},
    "one frame without cells": {"n_frames": 1, "n_cells": 0},
    "uncalibrated": {"calibration": Calibration()},
    "pixel size only": {"calibration": Calibration(pixel_size_um=0.3)},
    "16 bit": {"dtype": "uint16"},
    "float": {"dtype": "float32"},
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_page_is_whole_and_alone_and_says_not_defined_instead_of_nan(situation, tmp_path):
    text, structure = page(tiny_inputs(**SITUATIONS[situation]), tmp_path)
    assert len(structure.ids) == len(set(structure.ids))
    for target in structure.targets:
        inside = target.startswith("#") and target[1:] in structure.ids
        drawn = target.startswith("data:image/png;base64,")
        assert inside or drawn or target in ("data:,", "cells.csv", "overlay.mp4")
    assert "://" not in text
    assert not re.search(r"@import|url\(", text)
    drawn = re.sub(r'"(image|outlines)":"[^"]*"|base64,[^"]*', "", text)
    assert not re.search(r"\bnan\b|\binf\b|<NA>", drawn, re.IGNORECASE)


@pytest.mark.parametrize("situation", ["usual", "one frame", "no cells"])
def test_the_same_inputs_give_the_same_bytes(situation, tmp_path):
    first = report(tiny_inputs(**SITUATIONS[situation]), tmp_path / "a.html").read_bytes()
    second = report(tiny_inputs(**SITUATIONS[situation]), tmp_path / "b.html").read_bytes()
    assert first == second


def test_key_numbers_stand_on_the_page(tmp_path):
    _, structure = page(tiny_inputs(), tmp_path)
    words = " ".join(structure.words.split())
    # Frames 0 and 1 have 3 cells, the other three 4: 18 / 5. Steps of 2.907 px, at 0.5 um and 2 min.
    assert "3.6 cells per frame" in words
    assert "5 tracks" in words
    assert "1 division with 2 daughters" in words
    assert "0.727 µm/min median speed" in words
    assert "1 protrusions per cell" in words


def test_one_frame_has_shapes_and_says_why_there_is_no_motion(tmp_path):
    _, structure = page(tiny_inputs(1), tmp_path)
    assert "one frame, so motion is not measured" in structure.words
    assert "Directionality" not in structure.words
    assert "Circularity" in structure.words


def test_no_cells_is_said_first_and_nothing_breaks(tmp_path):
    _, structure = page(tiny_inputs(n_cells=0), tmp_path)
    assert "No cells were found" in structure.words
    assert "not defined" in structure.words


def test_an_uncalibrated_movie_is_in_pixels_and_frames_and_says_so(tmp_path):
    _, structure = page(tiny_inputs(calibration=Calibration()), tmp_path)
    assert "pixel size unknown" in structure.words
    assert "px/frame" in structure.words
    assert "µm" not in structure.words
    assert "area_px2" in structure.words


def test_names_from_outside_cannot_become_markup(tmp_path):
    name = "<script>alert(1)</script> & </title>"
    text, structure = page(tiny_inputs(name=name, files={"a b<.csv": "<i>x</i>"}), tmp_path)
    assert "alert(1)</script>" not in text
    assert "<i>x" not in text
    assert "a%20b%3C.csv" in structure.targets
    assert name in structure.words


def test_text_in_the_viewer_data_cannot_end_its_script():
    assert "<" not in json_in_html({"a": "</script><script>"})
    assert json_in_html({"a": "</b>"}) == '{"a":"\\u003c/b\\u003e"}'


def test_every_column_is_explained_under_its_name_in_the_files(tmp_path):
    inputs = tiny_inputs()
    _, structure = page(inputs, tmp_path)
    for schema in ALL_TABLES:
        for name in schema.names(inputs.calibration):
            assert name in structure.words


def test_settings_are_shown_with_nested_names(tmp_path):
    _, structure = page(tiny_inputs(), tmp_path)
    words = " ".join(structure.words.split())
    assert "segmentation.min_area_px 150" in words
    assert "segmentation.method not set" in words


def test_frames_with_undefined_pixels_and_a_constant_movie_are_shown(tmp_path):
    inputs = tiny_inputs(2, dtype="float32")
    pixels = inputs.movie.to_array().copy()
    pixels[0] = np.nan
    pixels[1] = 7.0
    broken = ReportInputs(
        Movie.from_array(pixels, inputs.calibration),
        inputs.labels,
        inputs.lineage,
        inputs.drift,
        inputs.tables,
    )
    page(broken, tmp_path)


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Could not write"):
        report(tiny_inputs(1), tmp_path / "file" / "report.html")


def test_a_failed_page_leaves_the_old_one(tmp_path):
    path = report(tiny_inputs(1), tmp_path / "report.html")
    before = path.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        report(tiny_inputs(2), path, progress=stop)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_missing_tables_and_columns_are_named():
    inputs = tiny_inputs(1)
    with pytest.raises(InvalidInputError, match=r"\['msd'\] are missing"):
        ReportInputs(
            inputs.movie,
            inputs.labels,
            inputs.lineage,
            inputs.drift,
            {name: table for name, table in inputs.tables.items() if name != "msd"},
        )
    other = inputs.movie.with_calibration(Calibration())
    with pytest.raises(InvalidInputError, match=r"Table 'cells' lacks columns \['time_frames'"):
        ReportInputs(other, inputs.labels, inputs.lineage, inputs.drift, inputs.tables)
    assert CELLS.name in inputs.tables
