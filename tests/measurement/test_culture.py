"""Measures of a culture against exact truth: simulated births, drawn wounds, hand-counted divisions."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.measurement.culture.divisions import division_rate, generation_time, poisson_interval
from podia.measurement.culture.growth import growth
from podia.measurement.culture.trend import fit_trend
from podia.measurement.culture.wound import Wound, find_wound
from podia.measurement.measure import measure
from podia.tracking.track import track

TIME = np.arange(40.0)


def counted(
    rate: float, n_frames: int = 40, start: int = 30, seed: int = 0, noise: float = 0.0
) -> np.ndarray:
    """Return the numbers of cells of a culture whose cells divide at random, with errors of counting."""
    rng = np.random.default_rng(seed)
    numbers = [start]
    for _ in range(n_frames - 1):
        numbers.append(numbers[-1] + rng.binomial(numbers[-1], 1 - math.exp(-rate)))
    return np.round(np.array(numbers) * np.exp(noise * rng.standard_normal(n_frames)))


# Growth


@given(doubling=st.floats(4, 100), start=st.floats(50, 1e4))
@settings(max_examples=20, deadline=None)
def test_the_doubling_time_of_exact_exponential_growth_is_exact(doubling: float, start: float) -> None:
    numbers = start * 2 ** (TIME / doubling)
    assert growth(TIME, numbers, numbers).doubling_time[0] == pytest.approx(doubling, rel=1e-6)


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 1e4), stretch=st.floats(0.1, 60))
@settings(max_examples=10, deadline=None)
def test_units_of_area_and_time_change_growth_as_known(seed: int, scale: float, stretch: float) -> None:
    numbers = counted(0.03, seed=seed, noise=0.03)
    one = growth(TIME, numbers, numbers).trend
    other = growth(TIME * stretch, numbers * scale, numbers).trend
    for name in ("slope", "low", "high"):
        assert getattr(other, name) * stretch == pytest.approx(getattr(one, name), rel=1e-4, abs=1e-9)
    assert other.curvature_p == pytest.approx(one.curvature_p, abs=1e-3)


def test_the_interval_of_the_growth_rate_holds_the_truth_for_cells_that_divide_at_random() -> None:
    found = [
        growth(TIME, numbers, numbers)
        for numbers in (counted(0.03, seed=seed, noise=0.03) for seed in range(50))
    ]
    inside = np.mean([one.trend.low <= 0.03 <= one.trend.high for one in found])
    assert inside >= 0.9  # 95 % expected, standard error 3 %
    assert np.mean([one.kind in ("exponential", "none") for one in found]) >= 0.9
    assert np.mean([one.trend.slope for one in found]) == pytest.approx(0.03, rel=0.05)


def test_growth_to_confluence_is_slowing_and_linear_growth_is_not_called_exponential() -> None:
    rng = np.random.default_rng(0)
    logistic = 400 / (1 + 7 * np.exp(-0.15 * TIME)) * np.exp(0.01 * rng.standard_normal(40))
    linear = (200 + 40 * TIME) * np.exp(0.01 * rng.standard_normal(40))
    assert growth(TIME, logistic, logistic).kind == "slowing"
    assert growth(TIME, linear, linear).kind == "slowing"


def test_a_constant_number_and_a_short_or_empty_movie_have_no_growth() -> None:
    constant = np.full(40, 12.0)
    assert growth(TIME, constant, constant).kind == ""
    steady = np.round(200 + 3 * np.random.default_rng(0).standard_normal(40))
    assert growth(TIME, steady, steady).kind == "none"
    assert math.isnan(growth(TIME, steady, steady).doubling_time[2])
    assert growth(TIME[:7], steady[:7], steady[:7]).kind == ""
    empty = np.where(TIME < 10, 0.0, steady)
    assert math.isnan(growth(TIME, empty, empty).trend.slope)
    assert growth(TIME, np.zeros(40), np.zeros(40)).kind == ""


def test_a_frame_that_is_missing_changes_the_trend_little() -> None:
    numbers = counted(0.03, start=200, noise=0.01).astype(float)
    whole = fit_trend(TIME, np.log(numbers), numbers)
    numbers[5] = np.nan
    assert fit_trend(TIME, np.log(numbers), numbers).slope == pytest.approx(whole.slope, rel=0.05)


# Divisions


def kinship(tracks: list[tuple[int, int, int]], parents: dict[int, int]) -> tuple[pd.DataFrame, Lineage]:
    """Return tracks of (id, first frame, last frame) as table and lineage."""
    nodes = [
        (frame, track, track, 0.0, 0.0) for track, first, last in tracks for frame in range(first, last + 1)
    ]
    lineage = Lineage(pd.DataFrame(nodes, columns=["frame", "label", "track_id", "y", "x"]), parents)
    table = pd.DataFrame(tracks, columns=["track_id", "first_frame", "last_frame"])
    return table.assign(duration=table["last_frame"] - table["first_frame"]), lineage


FAMILY = kinship(
    [(1, 0, 3), (2, 4, 9), (3, 4, 19), (4, 10, 19), (5, 10, 19), (6, 0, 19)], {2: 1, 3: 1, 4: 2, 5: 2}
)


def test_the_division_rate_is_divisions_over_the_time_cells_are_observed() -> None:
    rate = division_rate(*FAMILY)
    # Tracks last 3, 5, 15, 9, 9 and 19 frames; two cells divide between two frames each.
    assert rate.n_divisions == 2
    assert rate.observed == 60 + 1
    assert rate.rate == pytest.approx(2 / 61)
    assert (rate.low * 61, rate.high * 61) == pytest.approx(poisson_interval(2))


@given(n=st.integers(0, 200))
@settings(deadline=None, max_examples=20)
def test_the_poisson_interval_is_garwoods(n: int) -> None:
    from scipy.stats import poisson

    low, high = poisson_interval(n)
    assert poisson.cdf(n, high) == pytest.approx(0.025)
    assert n == 0 or poisson.sf(n - 1, low) == pytest.approx(0.025)


def test_generation_time_needs_birth_and_division_and_counts_cells_that_outlast_the_movie() -> None:
    from podia.measurement.culture.divisions import generation_times

    tracks, lineage = FAMILY
    times = generation_times(tracks, lineage)
    assert np.array_equal(times, [np.nan, 6, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    found = generation_time(tracks.assign(generation_time=times), lineage)
    assert found.n_whole == 1
    assert math.isnan(found.median)  # one of four cells divides


def test_one_division_and_divisions_of_all_have_a_median_without_a_warning() -> None:
    tracks, lineage = kinship(
        [(1, 0, 1), (2, 2, 5), (3, 2, 6), *((k, 8, 9) for k in range(4, 8))],
        {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3},
    )
    times = np.array([np.nan, 6, 6, *[np.nan] * 4])
    whole = tracks.assign(generation_time=times)[:3]
    assert generation_time(whole, lineage).median == 6
    assert generation_time(whole[:2], lineage).median == 6


def test_the_median_generation_time_is_not_biased_by_the_end_of_the_movie() -> None:
    rng = np.random.default_rng(1)
    ages = rng.normal(20, 6, 2000)
    born = rng.integers(0, 30, 2000)
    ends = 30 - born
    divides = ages < ends
    tracks = pd.DataFrame(
        {
            "track_id": np.arange(1, 2001),
            "duration": np.where(divides, ages, ends),
            "generation_time": np.where(divides, ages, np.nan),
        }
    )
    nodes = pd.DataFrame({"frame": [0] + [1] * 2000, "label": range(2001), "track_id": range(1, 2002)})
    nodes = nodes.assign(label=nodes["label"] + 1, y=0.0, x=0.0)
    lineage = Lineage(nodes, dict.fromkeys(range(2, 2002), 1))
    found = generation_time(tracks.assign(track_id=tracks["track_id"] + 1), lineage)
    assert tracks["generation_time"].mean() < 18
    assert found.median == pytest.approx(20, abs=1)
    assert found.low < 20 < found.high


# Wounds

HEIGHT, WIDTH, DIAMETER = 120, 400, 12


def sheet(start: float, stop: float, cover: float = 0.9, seed: int = 0, tilt: float = 0.0) -> np.ndarray:
    """Return masks ``(Y, X)`` of a sheet with pixels missing at random and a gap from `start` to `stop`."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    place = columns + tilt * (rows - HEIGHT / 2)
    covered = np.random.default_rng(seed).random((HEIGHT, WIDTH)) < cover
    return covered & ((place < start) | (place > stop))


def wound_of(masks: list[np.ndarray], shifts: np.ndarray | None = None) -> Wound | None:
    covers = [(mask.mean(axis=1).astype("f4"), mask.mean(axis=0).astype("f4")) for mask in masks]
    shifts = np.zeros((len(masks), 2)) if shifts is None else shifts
    return find_wound(covers, (WIDTH, HEIGHT), shifts, DIAMETER)


@pytest.mark.parametrize("tilt", [0.0, 0.15])
def test_a_vertical_wound_has_the_drawn_width_area_and_front_speed(tilt: float) -> None:
    wound = wound_of([sheet(140 + 2 * t, 260 - 2 * t, seed=t, tilt=tilt) for t in range(20)])
    assert wound is not None
    assert (wound.axis, wound.n_fronts) == (1, 2)
    assert wound.width == pytest.approx(120 - 4 * np.arange(20), abs=2)
    assert wound.front_speed.slope == pytest.approx(2.0, rel=0.02)
    # The area is that of a strip along the axis, which a tilted front enters later at one end.
    assert wound.closure.slope == pytest.approx(4 * HEIGHT * 0.9, rel=0.08 if tilt else 0.02)
    assert wound.closed == pytest.approx(0.9 * 76 / 120, abs=0.06 if tilt else 0.02)
    assert wound.half_time == pytest.approx(60 / 4 / 0.9, rel=0.05)


def test_a_wound_is_found_in_a_sheet_that_is_one_region_on_each_side() -> None:
    masks = np.zeros((10, HEIGHT, WIDTH), np.int32)
    for frame, mask in enumerate(masks):
        mask[:, : 140 + 2 * frame] = 1
        mask[:, 260 - 2 * frame :] = 2
    labels = LabelMovie.from_array(masks)
    movie = Movie.from_array(np.full(masks.shape, 100, np.uint8), Calibration())
    tables = measure(movie, labels, track(labels), drift=Drift.none(10))
    assert tables.culture["front_speed_px_per_frame"].item() == pytest.approx(2.0, rel=0.05)


def test_a_horizontal_wound_is_the_vertical_one_turned() -> None:
    masks = [sheet(140 + 2 * t, 260 - 2 * t) for t in range(10)]
    vertical = wound_of(masks)
    covers = [(mask.mean(axis=0).astype("f4"), mask.mean(axis=1).astype("f4")) for mask in masks]
    turned = find_wound(covers, (HEIGHT, WIDTH), np.zeros((10, 2)), DIAMETER)
    assert vertical is not None
    assert turned is not None
    assert (vertical.axis, turned.axis) == (1, 0)
    np.testing.assert_allclose(turned.area, vertical.area)
    np.testing.assert_allclose(turned.width, vertical.width)


def test_a_wound_in_a_drifting_field_keeps_its_area() -> None:
    shifts = np.column_stack([np.zeros(10), 3.0 * np.arange(10)])
    moved = wound_of([sheet(140 + 3 * t, 260 + 3 * t, seed=1) for t in range(10)], shifts)
    assert moved is not None
    assert moved.width == pytest.approx(np.full(10, 120), abs=2)
    assert moved.area == pytest.approx(np.full(10, 120 * HEIGHT), rel=0.03)


def test_one_front_in_the_field_moves_alone() -> None:
    wound = wound_of([sheet(200 + 3 * t, 500) for t in range(12)])
    assert wound is not None
    assert wound.n_fronts == 1
    assert np.isnan(wound.fronts[:, 1]).all()
    assert wound.front_speed.slope == pytest.approx(3, rel=0.02)


def test_a_closed_wound_has_no_width_and_its_speed_is_that_of_before() -> None:
    wound = wound_of([sheet(140 + 10 * t, 260 - 10 * t, seed=t) for t in range(15)])
    assert wound is not None
    assert (wound.width[7:] == 0).all()
    assert wound.closed > 0.85


@pytest.mark.parametrize("cover", [0.1, 0.4, 0.9])
def test_a_culture_without_a_gap_has_no_wound(cover: float) -> None:
    assert wound_of([sheet(0, 0, cover)] * 3) is None
    assert wound_of([np.zeros((HEIGHT, WIDTH), bool)] * 3) is None


def test_a_frame_without_picture_is_unknown() -> None:
    masks = [sheet(140 + 2 * t, 260 - 2 * t) for t in range(12)]
    covers = [(mask.mean(axis=1).astype("f4"), mask.mean(axis=0).astype("f4")) for mask in masks]
    covers[4] = (np.full(HEIGHT, np.nan, "f4"), np.full(WIDTH, np.nan, "f4"))
    wound = find_wound(covers, (WIDTH, HEIGHT), np.zeros((12, 2)), DIAMETER)
    assert wound is not None
    assert math.isnan(wound.width[4])
    assert wound.front_speed.slope == pytest.approx(2, rel=0.02)


# Tables


def test_the_tables_of_a_movie_give_rates_in_hours_or_frames() -> None:
    """Ten discs in a row; from frame 5 on, the last of them is two."""
    labels = np.zeros((10, 40, 240), np.uint16)
    for frame in range(10):
        for cell in range(10):
            labels[frame, 10:20, 4 + 22 * cell : 14 + 22 * cell] = cell + 1
        if frame >= 5:
            labels[frame, 10:20, 202:212] = 11
            labels[frame, 26:36, 202:212] = 12
    nodes = pd.DataFrame(
        [
            (frame, label, label, 15.0, 9.0)
            for frame in range(10)
            for label in np.unique(labels[frame])
            if label
        ],
        columns=["frame", "label", "track_id", "y", "x"],
    )
    lineage = Lineage(nodes, {11: 10, 12: 10})
    for calibration, hours, unit in (
        (Calibration(0.5, 720.0), 0.2, "_per_h"),
        (Calibration(), 1.0, "_per_frame"),
    ):
        movie = Movie.from_array(labels, calibration)
        tables = measure(movie, LabelMovie.from_array(labels), lineage, drift=Drift.none(10))
        (row,) = tables.culture.to_dict("records")
        assert row["n_cells_first"], row["n_cells_last"] == (10, 11)
        assert row["n_divisions"] == 1
        observed = (9 * 9 + 4 + 4 + 4 + 0.5) * hours
        assert row[f"division_rate{unit}"] == pytest.approx(1 / observed)
        assert row[f"growth_rate{unit}"] > 0
        assert tables.frames["n_divisions"].tolist() == [0] * 5 + [1] + [0] * 4
    assert tables.frames["covered_area_px2"].tolist() == [1000.0] * 5 + [1100.0] * 5
