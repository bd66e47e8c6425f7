"""Warnings: silent on a calm movie, clear on each trouble."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.movie import ArraySource, Movie
from podia.io.unclear_frames import MarkedFrames
from podia.networks.inference.trust import Trust
from podia.reporting.checks.scale import reading_notes, scale_of_microscope
from podia.reporting.inputs import ReportInputs
from podia.reporting.quality import checked_and_fine, quality_warnings
from tiny_report import tiny_inputs


def with_values(inputs: ReportInputs, table: str, name: str, values: Any) -> ReportInputs:
    """Return inputs with one column (its full name) changed."""
    changed = inputs.tables[table].assign(**{name: values})
    return replace(inputs, tables={**inputs.tables, table: changed})


def titles(inputs: ReportInputs) -> list[str]:
    """Return the titles of the warnings."""
    return [warning.title for warning in quality_warnings(inputs)]


def test_a_calm_movie_gives_no_warning():
    assert titles(tiny_inputs(12)) == []
    assert len(checked_and_fine(tiny_inputs(12))) == 20


def test_unknown_scale_is_noted_with_the_option_to_give():
    (warning,) = quality_warnings(tiny_inputs(12, calibration=Calibration(pixel_size_um=1.0)))
    assert warning.severity == "note"
    assert "frame interval is unknown" in warning.title
    assert "--frame-interval-s" in warning.advice


def test_no_cells_is_a_problem_and_comes_first():
    warnings = quality_warnings(tiny_inputs(n_cells=0, calibration=Calibration()))
    assert [w.severity for w in warnings] == ["problem", "check"]
    assert warnings[0].title == "No cells were found"
    assert "The median cell" not in warnings[1].text


def test_an_unknown_pixel_size_comes_first_with_the_one_that_the_cells_speak_for():
    inputs = tiny_inputs(12, calibration=Calibration(frame_interval_s=60.0))
    first = quality_warnings(inputs)[0]
    assert (first.severity, first.title) == ("check", "The pixel size is unknown")
    width = 2 * np.sqrt(inputs.column("cells", "area").median() / np.pi)
    words = re.search(r"is ([\d.]+)\u202fpx wide|is ([\d.]+) px wide", first.text)
    assert words is not None
    assert float(words[1] or words[2]) == pytest.approx(width, rel=0.01)
    low, high, middle = map(float, re.search(r"probably (.+) to (.+) um \(try (.+)\)", first.text).groups())
    assert (low, middle, high) == pytest.approx((15 / width, 30 / width, 60 / width), rel=0.05)


def test_frames_of_noise_are_named() -> None:
    inputs = tiny_inputs(12)
    array = inputs.movie.to_array()
    array[6] = np.random.default_rng(5).normal(100, 10, array[6].shape)
    movie = Movie(MarkedFrames(ArraySource(array)), inputs.calibration)
    (warning,) = [one for one in quality_warnings(replace(inputs, movie=movie)) if "focus" in one.title]
    assert warning.title == "Frames of noise or out of focus"
    assert warning.frames == (6,)


def test_cells_that_the_network_may_not_know_come_first_with_what_helps():
    trusted, not_trusted = (Trust(value, (7, 2, 5, 0)) for value in (0.9, 0.1))
    assert titles(replace(tiny_inputs(12), trust=trusted)) == []
    assert "cells that the network knows" in checked_and_fine(replace(tiny_inputs(12), trust=trusted))
    first, *_ = quality_warnings(
        replace(tiny_inputs(n_cells=0, calibration=Calibration()), trust=not_trusted)
    )
    assert first.severity == "problem"
    assert first.title == "The network may not know these cells"
    assert first.frames == (7, 2, 5)
    assert "podia annotate" in first.advice
    assert "podia train" in first.advice


def test_one_frame_is_noted():
    assert titles(tiny_inputs(1)) == ["The movie has only one frame"]


def test_drift_of_a_tenth_of_the_frame_is_large_but_no_jump_where_it_is_even():
    shifts = np.linspace(0, 9.7, 12)[:, None] * np.array([1.0, 0.0])
    inputs = replace(tiny_inputs(12), drift=Drift.from_shifts(shifts))
    (warning,) = quality_warnings(inputs)
    assert warning.title == "The field of view drifted far"
    assert "10\u202f%" in warning.text


def test_one_jump_of_the_stage_is_named_with_its_frame():
    shifts = np.zeros((12, 2))
    shifts[7:, 1] = 20.0
    warnings = quality_warnings(replace(tiny_inputs(12), drift=Drift.from_shifts(shifts)))
    assert {w.title: w.frames for w in warnings}["The field of view jumped"] == (7,)


@pytest.mark.parametrize(("flicker", "severity"), [(0.15, "check"), (0.4, "problem")])
def test_flicker_above_its_limit(flicker, severity):
    inputs = with_values(tiny_inputs(12), "frames", "area_flicker", flicker)
    (warning,) = quality_warnings(inputs)
    assert (warning.title, warning.severity) == ("Outlines flicker", severity)
    assert warning.numbers["median_flicker"] == flicker


@pytest.mark.parametrize(
    ("how", "title"), [("lost", "Many cells are lost"), ("border", "Many cells leave the field")]
)
def test_tracks_that_end_early(how, title):
    assert titles(with_values(tiny_inputs(12), "tracks", "ends_by", how)) == [title]


def test_many_tracks_of_one_frame():
    assert titles(with_values(tiny_inputs(12), "tracks", "n_frames", 1)) == [
        "Many tracks last one frame only"
    ]


def test_many_cells_at_the_border():
    assert titles(with_values(tiny_inputs(12), "cells", "touches_border", True)) == [
        "Many cells touch the border"
    ]


@pytest.mark.parametrize(
    ("column", "title"),
    [
        ("intensity_std", "The focus or contrast changes suddenly"),
        ("intensity_mean", "The brightness jumps"),
    ],
)
def test_a_sudden_change_of_the_image_is_named_with_its_frame(column, title):
    values = np.where(np.arange(12) < 5, 100.0, 60.0)
    (warning,) = quality_warnings(with_values(tiny_inputs(12), "frames", column, values))
    assert (warning.title, warning.frames) == (title, (5,))


def test_undefined_intensities_are_no_change():
    found = with_values(tiny_inputs(12), "frames", "intensity_std", np.nan)
    assert titles(found) == ["Frames without a picture"]


def test_cells_that_vanish_in_one_frame():
    counts = np.where(np.arange(12) == 6, 2, 20)
    (warning,) = quality_warnings(with_values(tiny_inputs(12), "frames", "n_cells", counts))
    assert (warning.title, warning.frames) == ("The number of cells jumps", (6, 7))


def test_a_step_of_several_diameters_is_named_with_its_track():
    inputs = tiny_inputs(12)
    name = "speed_um_per_min"
    speed = inputs.tables["cells"][name].to_numpy().copy()
    # 100 px a frame at 0.5 um and 2 min; the cell is 20 px wide.
    speed[20] = 100 * 0.5 / 2
    row = inputs.tables["cells"].iloc[20]
    (warning,) = quality_warnings(with_values(inputs, "cells", name, speed))
    assert warning.title == "Some cells jump"
    assert f"track {row['track_id']} in frame {row['frame']}" in warning.text
    assert warning.numbers["largest_diameters"] == pytest.approx(
        100 / (2 * np.sqrt(row["area_um2"] * 4 / np.pi))
    )


def test_steps_of_most_of_a_diameter_mean_too_few_frames():
    inputs = tiny_inputs(12)
    speed = inputs.tables["cells"]["speed_um_per_min"] * 5
    assert titles(with_values(inputs, "cells", "speed_um_per_min", speed)) == [
        "Cells move far between frames"
    ]


@pytest.mark.parametrize(
    ("pixel", "interval", "expected"),
    [
        (0.65, 600.0, []),
        (650.0, 600.0, ["The scale in the file cannot be right"]),
        (0.00065, 600.0, ["The scale in the file cannot be right"]),
        (0.65, 0.04, ["The scale in the file cannot be right"]),
        (0.65, 1e6, ["The scale in the file cannot be right"]),
    ],
)
def test_a_scale_that_no_microscope_has_is_questioned(
    pixel: float, interval: float, expected: list[str]
) -> None:
    inputs = tiny_inputs(12)
    movie = inputs.movie.with_calibration(Calibration(pixel, interval))
    found = scale_of_microscope(replace(inputs, movie=movie))
    assert ([] if found is None else [found.title]) == expected
    assert found is None or "--pixel-size-um" in found.advice


def test_what_was_assumed_in_reading_is_in_the_report() -> None:
    found = reading_notes(replace(tiny_inputs(12), run={"notes": ["Read inverted."]}))
    assert found is not None
    assert "Read inverted." in found.text
