"""What holds for any movie: edge cases, settings, and changes that must not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ctc_metrics.scripts.validate import validate_sequence
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from io_situations import CountingSource
from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.length import Length
from podia.data.movie import LabelMovie
from podia.io.tracks.ctc import write_ctc
from podia.testing.situations import (
    ALL_SITUATIONS,
    Situation,
    crawl,
    division,
    draw,
    families,
    gap_of_one_frame,
)
from podia.tracking.config import TrackingConfig
from podia.tracking.track import track


def movie_of(array: NDArray[np.int32], **calibration: float) -> LabelMovie:
    return LabelMovie.from_array(array, Calibration(**calibration))


def test_a_movie_without_cells_has_an_empty_lineage() -> None:
    assert len(track(movie_of(np.zeros((3, 8, 8), np.int32))).nodes) == 0


def test_in_one_frame_every_cell_is_a_track() -> None:
    array, _ = draw({1: {0: (20, 20)}, 2: {0: (20, 60)}}, 1)
    lineage = track(movie_of(array), TrackingConfig(min_track_frames=5))
    assert lineage.nodes["track_id"].tolist() == [1, 2]


def test_frames_without_cells_end_tracks_unless_the_gap_is_short() -> None:
    array, _ = draw({1: dict.fromkeys((0, 1, 4, 5, 12), (30, 30))}, 14)
    spans = track(movie_of(array)).spans()
    assert spans[["first_frame", "last_frame"]].to_numpy().tolist() == [[0, 5], [12, 12]]


@pytest.mark.parametrize(("longest", "n_tracks"), [(0, 2), (1, 2), (2, 1), (3, 1)])
def test_gaps_are_closed_up_to_the_longest_allowed(longest: int, n_tracks: int) -> None:
    array, _ = draw({1: dict.fromkeys((0, 1, 4, 5), (30, 30))}, 6)
    assert len(track(movie_of(array), TrackingConfig(gap_max_frames=longest)).track_ids) == n_tracks


def test_a_cell_that_comes_back_far_away_is_another_one() -> None:
    array, _ = draw({1: {0: (12, 12), 1: (12, 12), 3: (50, 80), 4: (50, 80)}}, 5)
    assert len(track(movie_of(array)).track_ids) == 2


def test_without_divisions_a_daughter_is_a_track_of_its_own() -> None:
    lineage = track(division().labels, TrackingConfig(divisions=False))
    assert (len(lineage.track_ids), dict(lineage.parents)) == (2, {})


@pytest.mark.parametrize(
    ("upper", "lower"),
    [(5.0, 2.5), (3.0, 3.0), (8.5, 8.5)],
    ids=["one far smaller", "both too small together", "both too large together"],
)
def test_daughters_of_implausible_size_are_no_daughters(upper: float, lower: float) -> None:
    paths = {
        1: dict.fromkeys(range(3), (32.0, 40.0)),
        2: dict.fromkeys(range(3, 6), (23.0, 40.0)),
        3: dict.fromkeys(range(3, 6), (41.0, 40.0)),
    }
    array, _ = draw(paths, 6, radii={1: 6.5, 2: upper, 3: lower})
    assert dict(track(movie_of(array)).parents) == {}


@pytest.mark.parametrize(("n_frames", "n_daughters"), [(4, 2), (6, 0)])
def test_a_daughter_seen_once_counts_only_at_the_end_of_the_movie(n_frames: int, n_daughters: int) -> None:
    paths = {
        1: dict.fromkeys(range(3), (32.0, 40.0)),
        2: dict.fromkeys(range(3, 6), (26.0, 40.0)),
        3: {3: (38.0, 40.0)},
    }
    array, _ = draw(paths, 6, radii={1: 7.0})
    assert len(track(movie_of(array[:n_frames])).parents) == n_daughters


def test_short_tracks_are_left_out_and_their_sister_goes_on_as_the_parent() -> None:
    paths = {
        1: dict.fromkeys(range(3), (32.0, 40.0)),
        2: {t: (26.0 - (t - 3), 40.0) for t in range(3, 8)},
        3: {3: (38.0, 40.0), 4: (40.0, 40.0)},
        4: {2: (10.0, 80.0)},
    }
    array, _ = draw(paths, 8, radii={1: 7.0}, parents={2: 1, 3: 1})
    assert len(track(movie_of(array)).parents) == 2
    lineage = track(movie_of(array), TrackingConfig(min_track_frames=3))
    assert lineage.spans()[["first_frame", "last_frame"]].to_numpy().tolist() == [[0, 7]]
    assert dict(lineage.parents) == {}


def test_a_distance_in_um_is_the_same_as_its_pixels() -> None:
    array, _ = draw({1: crawl((30, 15), (0, 9), range(4))}, 4)
    for limit, n_tracks in ((4.6, 1), (4.4, 4)):  # steps of 9 px are 4.5 um
        config = TrackingConfig(max_distance=Length(um=limit), overlap_weight=0, gap_max_frames=0)
        assert len(track(movie_of(array, pixel_size_um=0.5), config).track_ids) == n_tracks
        config = TrackingConfig(max_distance=Length(px=limit * 2), overlap_weight=0, gap_max_frames=0)
        assert len(track(movie_of(array), config).track_ids) == n_tracks


def test_a_distance_in_um_without_a_pixel_size_is_refused() -> None:
    array, _ = draw({1: {0: (30, 30)}}, 1)
    with pytest.raises(ConfigurationError, match=r"'5 um' .* pixel size is unknown"):
        track(movie_of(array), TrackingConfig(max_distance=Length(um=5)))


def test_drift_of_another_movie_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="drift has 2 frames, the labels 'movie' have 3"):
        track(movie_of(np.zeros((3, 8, 8), np.int32)), drift=Drift.none(2))


def test_a_jump_out_of_the_frame_leaves_nothing_to_overlap() -> None:
    array, _ = draw({1: {0: (30, 30), 1: (30, 30)}}, 2)
    drift = Drift.from_shifts(np.array([[0.0, 0.0], [500.0, -500.0]]))
    assert len(track(movie_of(array), drift=drift).track_ids) == 2


@pytest.mark.filterwarnings("ignore:Empty frame")
@pytest.mark.parametrize("situation", ALL_SITUATIONS, ids=str)
def test_the_result_is_valid_by_the_challenges_rules(situation: Situation, tmp_path: Path) -> None:
    lineage = track(situation.labels, TrackingConfig(**situation.settings), drift=situation.drift)
    write_ctc(situation.labels, lineage, tmp_path / "ctc")
    assert validate_sequence(str(tmp_path / "ctc"), threads=1) == {"Valid": 1}


def test_every_frame_is_read_once_and_in_order() -> None:
    source = CountingSource(gap_of_one_frame().labels.to_array())
    track(LabelMovie(source))
    assert source.reads == list(range(source.shape[0]))


def test_progress_tells_of_every_frame() -> None:
    told: list[tuple[str, int, int]] = []
    track(division().labels, progress=lambda *call: told.append(call))
    assert told == [("track", frame, 6) for frame in range(1, 7)]


@st.composite
def crowds(draw_: st.DrawFn) -> NDArray[np.int32]:
    """Discs that wander, appear and vanish at random."""
    rng = np.random.default_rng(draw_(st.integers(0, 10**6)))
    n_cells, n_frames = draw_(st.integers(1, 8)), draw_(st.integers(2, 6))
    start = rng.uniform(5, 59, (n_cells, 2))
    steps = rng.normal(0, 4, (n_frames, n_cells, 2)).cumsum(axis=0)
    places = np.clip(start + steps, 0, 63)
    paths = {
        cell + 1: {t: tuple(places[t, cell]) for t in range(n_frames) if rng.random() > 0.15}
        for cell in range(n_cells)
    }
    return draw(paths, n_frames)[0]


@given(crowd=crowds(), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_other_labels_give_the_same_lineage(crowd: NDArray[np.int32], seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [np.append(0, 1 + rng.permutation(int(crowd.max()))) for _ in crowd]
    renamed = np.stack([table[frame] for table, frame in zip(tables, crowd, strict=True)])
    tracks, kinship, _ = families(track(movie_of(crowd)))
    found, found_kinship, _ = families(track(movie_of(renamed)))

    def rename(cells: frozenset[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        return frozenset((frame, int(tables[frame][label])) for frame, label in cells)

    assert found == {rename(cells) for cells in tracks}
    assert found_kinship == {(rename(parent), rename(child)) for parent, child in kinship}


@given(crowd=crowds(), turns=st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_a_turned_movie_gives_the_same_lineage(crowd: NDArray[np.int32], turns: int) -> None:
    turned = np.rot90(crowd, turns, axes=(1, 2))
    assert families(track(movie_of(turned))) == families(track(movie_of(crowd)))


@given(crowd=crowds())
@settings(max_examples=15, deadline=None)
def test_the_unit_of_length_does_not_matter(crowd: NDArray[np.int32]) -> None:
    magnified = crowd.repeat(3, axis=1).repeat(3, axis=2)
    assert families(track(movie_of(magnified))) == families(track(movie_of(crowd)))


@given(crowd=crowds())
@settings(max_examples=10, deadline=None)
def test_a_repeat_gives_the_same_and_the_input_is_left_alone(crowd: NDArray[np.int32]) -> None:
    before = crowd.copy()
    one, two = track(movie_of(crowd)), track(movie_of(crowd))
    assert one.nodes.equals(two.nodes)
    assert dict(one.parents) == dict(two.parents)
    np.testing.assert_array_equal(crowd, before)
