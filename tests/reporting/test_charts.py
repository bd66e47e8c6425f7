"""Plots: values where they belong, and nothing where nothing is defined."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.histogram import compared_histograms, histogram, whole_number_histogram
from podia.reporting.charts.msd import msd_plot
from podia.reporting.charts.polar import direction_histogram, rose
from podia.reporting.charts.series import series
from podia.reporting.charts.shares import shares
from podia.reporting.charts.superplot import superplot

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def bars(svg: str) -> list[dict[str, str]]:
    """Return the bars of a histogram."""
    return [e.attrib for e in ElementTree.fromstring(svg).iter("rect") if e.get("class") == "bar"]


@given(NUMBERS, NUMBERS)
@settings(max_examples=50, deadline=None)
def test_a_linear_axis_holds_its_range_between_round_ends(one, other):
    low, high = min(one, other), max(one, other)
    axis = Axis.linear("x", low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1)
    assert axis.low <= low + slack
    assert axis.high >= high - slack
    assert 2 <= len(axis.ticks) <= 9
    assert axis.place(axis.low) == 0
    assert axis.place(axis.high) == 1


@given(st.floats(1e-6, 1e6), st.floats(1.5, 1e6))
@settings(max_examples=50, deadline=None)
def test_a_logarithmic_axis_holds_its_range_and_has_ticks_inside(low, factor):
    axis = Axis.logarithmic("x", low, low * factor)
    assert np.all((axis.place([low, low * factor]) >= 0) & (axis.place([low, low * factor]) <= 1))
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)


@given(st.lists(NUMBERS, min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_a_histogram_counts_every_value_once_or_says_it_is_beyond(values):
    svg = histogram(values, label="a", unit="um", counted="cells")
    counted = sum(int(n.replace(",", "")) for n in re.findall(r"<title>[^<]*: (\d+)</title>", svg))
    beyond = re.search(r"([\d,]+) values? beyond the axis", svg)
    assert counted + (int(beyond[1].replace(",", "")) if beyond else 0) == len(values)
    ElementTree.fromstring(svg)


def test_bins_of_times_hold_equally_many_frame_intervals():
    svg = histogram(np.repeat(np.arange(1, 41), 3) / 6, label="lifetime", unit="h", counted="n", grain=1 / 6)
    heights = {bar["height"] for bar in bars(svg)[:-1]}
    assert len(heights) == 1


def test_undefined_values_are_left_out_and_nothing_defined_gives_no_plot():
    assert "median 2" in histogram([1, 2, 3, np.nan], label="a", unit="", counted="n")
    assert histogram([np.nan], label="a", unit="", counted="n") is None
    assert whole_number_histogram([], label="a", counted="n") is None
    assert compared_histograms({"a": [np.nan], "b": []}, label="a", unit="", counted="n") is None
    assert series([0, 1], {"a": [np.nan, np.nan]}, time_label="t", label="a") is None
    assert rose({1: np.zeros((1, 2))}, unit="um") is None
    assert direction_histogram([np.nan], counted="tips") is None
    assert msd_plot({}, np.empty((0, 2)), lag_label="t", unit="um") is None
    assert shares({"a": 0}, description="d") is None


def test_whole_numbers_get_a_bar_each_with_height_in_proportion():
    heights = [
        float(bar["height"]) for bar in bars(whole_number_histogram([0, 1, 1, 3], label="a", counted="n"))
    ]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert heights[2] == 0
    assert heights[3] == heights[0]


def test_a_line_is_interrupted_where_a_value_is_undefined():
    svg = series([0, 1, 2, 3, 4], {"a": [1, 2, np.nan, 2, 1]}, time_label="t", label="a")
    (path,) = [e for e in ElementTree.fromstring(svg).iter("path") if e.get("class") == "series"]
    assert path.get("d").count("M") == 2


def test_the_rose_keeps_up_up_and_puts_the_longest_track_on_the_rim():
    svg = rose({4: np.array([[5.0, 5.0], [-5.0, 5.0]]), 9: np.array([[0.0, 0.0], [0.0, 4.0]])}, unit="um")
    ends = {
        int(g.get("data-track")): (float(g.find("circle").get("cx")), float(g.find("circle").get("cy")))
        for g in ElementTree.fromstring(svg).iter("g")
    }
    assert ends[4] == (190.0, 124.0 - 108.0)
    assert ends[9] == pytest.approx((190.0 + 0.4 * 108.0, 124.0), abs=0.06)


def test_directions_are_counter_clockwise_from_right():
    svg = direction_histogram([90.0, 90.0, 90.0], counted="tips")
    assert "<title>90°: 3 tips</title>" in svg
    assert "<title>270°: 0 tips</title>" in svg


def test_words_from_outside_are_escaped():
    svg = shares({"<b>": 1}, description='"&')
    assert "<b>" not in svg
    ElementTree.fromstring(svg)


def test_a_plot_carries_its_numbers_as_csv():
    svg = series([0.0, 1.0, 2.0], {"a": [1.0, np.nan, 3.0]}, time_label="frame", label="speed (µm/min)")
    (text,) = re.findall(r'data-csv="([^"]*)"', svg)
    assert html.unescape(text).splitlines() == ["series,frame,speed (µm/min)", "a,0,1", "a,1,", "a,2,3"]


def test_the_axis_of_frames_and_counts_has_whole_numbers_only():
    svg = series(
        np.arange(12.0),
        {"n": np.ones(12)},
        time_label="frame",
        label="cells",
        from_zero=True,
        whole=(True, True),
    )
    ticks = re.findall(r'class="tick"[^>]*>([^<]+)<', svg)
    assert ticks
    assert all(re.fullmatch(r"\d+", tick) for tick in ticks)


def test_legends_lie_above_the_plot():
    lines = {f"a rather long name {i}": np.arange(5.0) + i for i in range(4)}
    svg = series(np.arange(5.0), lines, time_label="frame", label="speed")
    names = [float(y) for y in re.findall(r'class="legend [^"]*" x="[^"]*" y="([^"]*)"', svg)]
    lines_top = min(float(y) for y in re.findall(r'<line class="grid"[^>]* y1="([^"]*)"', svg))
    assert len(names) == 4
    assert max(names) < lines_top


@pytest.mark.parametrize("value", [0.0, 3.5, -2e-7, 1e12])
def test_values_that_are_equal_but_for_rounding_are_drawn(value):
    values = np.array([value, np.nextafter(value, 9e99), value])
    cells = {"a": {"1": values, "2": values}, "b": {"1": values}}
    assert (
        superplot(cells, {c: dict.fromkeys(of, value) for c, of in cells.items()}, label="x", unit="")
        is not None
    )
    axis = Axis.linear("x", *sorted(values)[::2])
    assert len(axis.ticks) >= 2
    assert axis.low <= value <= axis.high


def test_conditions_on_an_axis_are_escaped():
    cells = {"<b>drug</b>": {"1": np.arange(5.0)}}
    page = superplot(cells, {"<b>drug</b>": {"1": 2.0}}, label="x", unit="")
    assert page is not None
    assert "<b>" not in page
