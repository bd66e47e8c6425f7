"""Numbers as a reader expects them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.reporting.colours import TRACK_COLOURS, track_colour
from podia.reporting.contrast import Contrast, evenly_spaced
from podia.reporting.sections.figure import TimeScale
from podia.reporting.wording import elapsed, number, pretty_unit, share, time_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-1.5, "−1.5"),
        (9.996, "10"),
        (999.6, "1,000"),
        (123456.7, "123,457"),
        (0.00123456, "0.00123"),
        (0.0000123, "1.23 × 10⁻⁵"),
        (1.5e12, "1.5 × 10¹²"),
        (math.nan, "not defined"),
        (math.inf, "not defined"),
        (None, "not defined"),
    ],
)
def test_a_number_has_three_digits_that_count_and_is_never_nan(value, text):
    assert number(value) == text


def test_the_median_of_nothing_is_not_defined():
    assert number(pd.Series([], dtype=float).median(), "µm") == "not defined"


def test_every_unit_of_the_tables_has_its_print_form():
    units = ["um", "um2", "um/min", "px/frame", "px2", "1/um", "deg", "grey value", ""]
    assert [pretty_unit(u) for u in units] == [
        "µm",
        "µm²",
        "µm/min",
        "px/frame",
        "px²",
        "1/µm",
        "°",
        "grey value",
        "",
    ]


def test_times_are_clock_times_where_the_interval_is_known():
    assert time_of(90, Calibration(frame_interval_s=60)) == "1:30:00"
    assert time_of(3, Calibration(frame_interval_s=0.5)) == "0:00:01.500"
    assert time_of(3, Calibration()) == "frame 3"
    assert elapsed(3594) == "1 h"


@pytest.mark.parametrize(("fraction", "text"), [(0.0, "0"), (0.004, "0.4"), (0.0996, "10"), (1.0, "100")])
def test_shares_have_two_digits_at_most_below_ten_per_cent(fraction, text):
    assert share(fraction) == f"{text}\u202f%"


@pytest.mark.parametrize(
    ("interval_s", "n_frames", "unit", "per_frame"),
    [(600.0, 37, "h", 1 / 6), (60.0, 37, "min", 1.0), (0.1, 100, "s", 0.1), (None, 9, "frames", 1.0)],
)
def test_the_time_axis_has_the_unit_that_suits_the_movie(interval_s, n_frames, unit, per_frame):
    scale = TimeScale.of(Calibration(frame_interval_s=interval_s), n_frames)
    assert (scale.unit, scale.per_frame) == (unit, pytest.approx(per_frame))


def test_neighbouring_ids_differ_in_colour_and_an_id_keeps_its_own():
    assert len({track_colour(i) for i in range(len(TRACK_COLOURS))}) == len(TRACK_COLOURS)
    assert track_colour(3) == track_colour(3 + len(TRACK_COLOURS))


def test_contrast_clips_and_stretches_the_same_for_all_kinds_of_pixels():
    values = np.array([[0, 50, 100, 150, 200]])
    for dtype in (np.uint8, np.uint16, np.int32, np.float32):
        shown = Contrast(50.0, 150.0).apply(values.astype(dtype))
        assert shown.tolist() == [[0, 0, 128, 255, 255]]


def test_few_frames_are_all_shown_and_of_many_both_ends():
    assert evenly_spaced(3, 9) == [0, 1, 2]
    assert evenly_spaced(1000, 4) == [0, 333, 666, 999]
