"""Cells that touch are kept apart, and pieces of a cell are joined, on discs whose truth is known."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from io_situations import CountingSource
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import silent
from podia.tracking.cells import gather_cells
from podia.tracking.config import ContactConfig, TrackingConfig
from podia.tracking.contact.carry import Knot, carry
from podia.tracking.contact.frames import RegionFrames
from podia.tracking.contact.touching import Touching, touching_pairs
from podia.tracking.follow import TrackingResult, follow
from podia.tracking.frame_cells import FrameCells

FIELD = (70, 130)
N_FRAMES = 24
YY, XX = np.mgrid[: FIELD[0], : FIELD[1]]

Labels = NDArray[np.int32]


def disc(y: float, x: float, radius: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (YY - y) ** 2 + (XX - x) ** 2 <= radius**2
    return inside


def touching_cells(n_frames: int = N_FRAMES) -> Labels:
    """Two cells side by side, which drift slowly, and one on its own."""
    movie = np.zeros((n_frames, *FIELD), np.int32)
    for t in range(n_frames):
        one, other = disc(35, 45 + 0.3 * t, 12), disc(35, 69 - 0.05 * t, 11)
        movie[t][disc(12, 115, 8)] = 3
        movie[t][one] = 1
        movie[t][other & ~one] = 2
    return movie


def fused(frames: range, truth: Labels | None = None) -> Labels:
    movie = touching_cells() if truth is None else truth.copy()
    for frame in movie[frames.start : frames.stop]:
        frame[frame == 2] = 1
    return movie


def iou_of(truth: Labels, found: Labels) -> float:
    best = np.bincount(found[truth > 0] if truth.dtype == bool else found[truth]).argmax()
    return float(np.count_nonzero(truth & (found == best)) / np.count_nonzero(truth | (found == best)))


def tracks_at(lineage: Lineage, labels: LabelMovie, frame: int, mask: NDArray[np.bool_]) -> int:
    label = int(np.bincount(labels.frame(frame)[mask]).argmax())
    nodes = lineage.nodes
    return int(nodes[(nodes["frame"] == frame) & (nodes["label"] == label)]["track_id"].iloc[0])


def identities(found: TrackingResult, truth: Labels, first: int, last: int) -> list[tuple[int, int]]:
    return [
        (
            tracks_at(found.lineage, found.labels, first, truth[first] == cell),
            tracks_at(found.lineage, found.labels, last, truth[last] == cell),
        )
        for cell in (1, 2)
    ]


@pytest.mark.parametrize("frames", [range(8, 9), range(8, 12), range(6, 18)], ids=len)
def test_cells_that_one_region_holds_for_a_while_are_cut_and_stay_who_they_are(frames: range) -> None:
    truth = touching_cells()
    found = follow(LabelMovie.from_array(fused(frames)))
    assert found.changed_frames == tuple(frames)
    for frame in frames:
        for cell in (1, 2):
            assert iou_of(truth[frame] == cell, found.labels.frame(frame)) >= 0.9
    assert all(before == after for before, after in identities(found, truth, frames.start - 1, frames.stop))
    assert len(found.lineage.track_ids) == 3
    assert found.lineage.n_divisions == 0
    (record,) = found.contacts
    assert (record.kind, record.frame, record.n_frames) == ("contact", frames.start, len(frames))
    assert record.confidence > 0.8


@pytest.mark.parametrize("frames", [range(0, 8), range(16, N_FRAMES)], ids=["at the start", "at the end"])
def test_cells_known_from_one_side_only_are_cut_and_this_is_said(frames: range) -> None:
    found = follow(LabelMovie.from_array(fused(frames)))
    assert len(found.lineage.track_ids) == 3
    assert found.lineage.n_divisions == 0
    assert [record.kind for record in found.contacts] == ["cut"]


@pytest.mark.parametrize("n_pieces_frames", [1, 5])
def test_a_cell_that_is_cut_for_a_while_is_joined(n_pieces_frames: int) -> None:
    movie = touching_cells()
    for t in range(8, 8 + n_pieces_frames):
        movie[t][(movie[t] == 1) & (45 + 0.3 * t < XX)] = 9
    found = follow(LabelMovie.from_array(movie))
    for t in range(8, 8 + n_pieces_frames):
        assert len(np.unique(found.labels.frame(t))) == 4  # background and three cells
    assert len(found.lineage.track_ids) == 3
    assert [(record.kind, record.n_frames) for record in found.contacts] == [("join", n_pieces_frames)]


@pytest.mark.parametrize("whole", [range(4, 8), range(5, 7)], ids=len)
def test_a_cell_found_whole_between_the_same_two_pieces_is_not_cut(whole: range) -> None:
    movie = np.zeros((12, *FIELD), np.int32)
    for t, frame in enumerate(movie):
        for number, (y, x, radius) in enumerate([(35, 40, 15), (35, 90, 14), (10, 115, 8)], start=1):
            frame[disc(y, x, radius)] = number
        if t not in whole:
            frame[disc(31, 37, 7)] = 4  # its body, found apart from the rest of the cell
    found = follow(LabelMovie.from_array(movie))
    assert not set(whole) & set(found.changed_frames)


def test_two_discs_look_like_two_cells_and_a_body_in_a_lamella_like_one() -> None:
    cells = touching_cells()[5]
    body = np.where(disc(31, 37, 5), 9, np.where(disc(35, 40, 15), 8, cells))
    assert Touching.of(FrameCells.of(cells)).likeness[0] < -1
    assert Touching.of(FrameCells.of(body)).likeness.max() > 1


@given(st.integers(0, 3), st.booleans())
@settings(max_examples=8, deadline=None)
def test_likeness_does_not_depend_on_the_direction(turns: int, mirrored: bool) -> None:
    cells = touching_cells()[5]
    turned = np.ascontiguousarray(np.rot90(cells[:, ::-1] if mirrored else cells, turns))
    one, other = (Touching.of(FrameCells.of(frame)).likeness for frame in (cells, turned))
    np.testing.assert_allclose(one, other)


def test_a_frame_without_touching_cells_has_no_pairs() -> None:
    assert Touching.of(FrameCells.of(np.zeros(FIELD, np.int32))).likeness.shape == (0,)


def test_a_cluster_of_three_is_cut_into_three() -> None:
    movie = np.zeros((20, *FIELD), np.int32)
    for number, x in enumerate((30, 50, 70), start=1):
        movie[:, disc(35, x, 10)] = number
    truth = movie.copy()
    movie[7:13][movie[7:13] > 0] = 1
    found = follow(LabelMovie.from_array(movie))
    assert len(found.lineage.track_ids) == 3
    for frame in range(7, 13):
        for cell in (1, 2, 3):
            assert iou_of(truth[frame] == cell, found.labels.frame(frame)) >= 0.9


def test_a_cell_is_not_linked_to_a_piece_that_is_farther_away_than_it_is_wide() -> None:
    movie = touching_cells(3)
    movie[1][movie[1] == 2] = 1
    movie[2][movie[2] == 2] = 0
    movie[2][disc(35, 8, 2)] = 2
    labels = LabelMovie.from_array(movie)
    cells, _ = gather_cells(labels, Drift.none(3), silent)
    one, other, _, fused_region, _, after, speck, _ = range(8)
    knot = Knot(
        runs=[[fused_region]],
        held={fused_region: 2},
        before={fused_region: [(one, 1), (other, 1)]},
        after={fused_region: [(after, 1), (speck, 1)]},
        frame={row: int(cells.frame[row]) for row in range(8)},
        box=(slice(0, FIELD[0]), slice(0, FIELD[1])),
    )
    links = carry(knot, RegionFrames(labels, None, Drift.none(3), cells, {})).links
    assert one in [start for start, _ in links if isinstance(start, int)]
    assert [end for _, end in links if isinstance(end, int)] == [after]


def test_a_division_is_neither_joined_nor_taken_for_a_contact() -> None:
    movie = np.zeros((16, *FIELD), np.int32)
    for t in range(16):
        if t < 8:
            movie[t][disc(35, 50, 10)] = 1
        else:
            movie[t][disc(35, 42 - 0.7 * (t - 8), 7)] = 1
            movie[t][disc(35, 58 + 0.7 * (t - 8), 7)] = 2
        movie[t][disc(15, 105, 10)] = 3
    found = follow(LabelMovie.from_array(movie))
    assert found.contacts == ()
    assert found.lineage.n_divisions == 1


def test_without_contact_nothing_changes_and_each_frame_is_read_once() -> None:
    movie = touching_cells()
    source = CountingSource(movie)
    found = follow(LabelMovie(source))
    assert found.changed_frames == ()
    assert found.contacts == ()
    assert source.reads == list(range(N_FRAMES))


def test_a_movie_of_another_size_is_refused() -> None:
    labels = LabelMovie.from_array(touching_cells(3))
    movie = Movie.from_array(np.zeros((3, 10, 10), np.uint8))
    with pytest.raises(
        InvalidInputError, match=r"3 frames of 10 x 10 px, the labels .* 3 frames of 70 x 130 px"
    ):
        follow(labels, movie=movie)


def test_contacts_can_be_left_alone() -> None:
    config = TrackingConfig(contact=ContactConfig(enabled=False))
    labels = LabelMovie.from_array(fused(range(8, 14)))
    assert follow(labels, config).labels is labels


def test_texture_tells_how_cells_move_in_a_region_that_they_share() -> None:
    """The border between the cells moves by 8 px and back while nothing outside changes; only the images show it."""
    generator = np.random.default_rng(0)
    grain = generator.normal(0, 20, (FIELD[0], FIELD[1] + 80))
    movie, images = np.zeros((20, *FIELD), np.int32), np.full((20, *FIELD), 100.0)
    bar = (abs(YY - 35) < 12) & (XX > 20) & (XX < 100)
    for t in range(20):
        edge = 60 + round(8 * np.sin(np.pi * np.clip((t - 4) / 11, 0, 1)))
        movie[t][bar] = np.where(XX[bar] < edge, 1, 2)
        shift = edge - 60
        left, right = (
            np.roll(grain, shift, axis=1)[:, : FIELD[1]],
            np.roll(-grain, shift, axis=1)[:, : FIELD[1]],
        )
        images[t] += np.where(bar, np.where(edge > XX, left + 30, right - 30), 0)
    truth = movie.copy()
    movie[5:15][movie[5:15] == 2] = 1
    labels = LabelMovie.from_array(movie)
    with_images = follow(labels, movie=Movie.from_array(np.clip(images, 0, 255).astype(np.uint8)))
    middle = 9
    seen = iou_of(truth[middle] == 1, with_images.labels.frame(middle))
    blind = iou_of(truth[middle] == 1, follow(labels).labels.frame(middle))
    assert seen > blind
    assert seen > 0.9


@given(st.permutations([1, 2, 3]), st.integers(0, 2))
@settings(max_examples=5, deadline=None)
def test_names_of_cells_do_not_matter(names: list[int], seed: int) -> None:
    movie = fused(range(8, 12))
    table = np.array([0, *names], np.int32) + np.array([0, seed, seed, seed], np.int32)
    one = follow(LabelMovie.from_array(movie))
    other = follow(LabelMovie.from_array(table[movie]))
    for frame in range(N_FRAMES):
        pairs = np.unique(
            np.stack([one.labels.frame(frame), other.labels.frame(frame)]).reshape(2, -1), axis=1
        )
        assert pairs.shape[1] == len(np.unique(pairs[0])) == len(np.unique(pairs[1]))


def test_corrected_labels_can_be_pickled() -> None:
    found = follow(LabelMovie.from_array(fused(range(8, 10))))
    again: LabelMovie = pickle.loads(pickle.dumps(found.labels))
    assert np.array_equal(again.frame(8), found.labels.frame(8))


@pytest.mark.parametrize(
    ("gap", "touch"), [(0, True), (1, True), (2, False)], ids=["beside", "a pixel apart", "two pixels apart"]
)
@pytest.mark.parametrize("turn", [lambda a: a, np.transpose])
def test_cells_touch_up_to_two_pixels(gap: int, touch: bool, turn: Callable[[Labels], Labels]) -> None:
    frame = np.zeros((10, 20), np.int32)
    frame[2:8, 2:8] = 1
    frame[2:8, 8 + gap : 14 + gap] = 2
    assert (touching_pairs(turn(frame)).tolist() == [[1, 2]]) == touch


@st.composite
def discs_that_meet_and_part(draw: st.DrawFn) -> Labels:
    """Five discs in a row, of which any neighbours are one region in any frame."""
    n_frames = draw(st.integers(2, 9))
    joined = draw(
        st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=n_frames, max_size=n_frames)
    )
    movie = np.zeros((n_frames, *FIELD), np.int32)
    for t, with_next in enumerate(joined):
        names = 1 + np.cumsum([0, *(not one for one in with_next)])
        for number, name in enumerate(names):
            movie[t][disc(30 + t, 20 + 21 * number, 11)] = name
    return movie


@given(discs_that_meet_and_part())
@settings(max_examples=15, deadline=None)
def test_whatever_meets_and_parts_every_cell_is_in_one_track_and_no_pixel_is_lost(movie: Labels) -> None:
    found = follow(LabelMovie.from_array(movie))
    nodes = set(found.lineage.nodes[["frame", "label"]].itertuples(index=False, name=None))
    assert len(nodes) == len(found.lineage.nodes)
    seen = {(t, int(label)) for t, frame in enumerate(found.labels) for label in np.unique(frame[frame > 0])}
    assert nodes == seen
    for t, frame in enumerate(found.labels):
        assert np.array_equal(frame > 0, movie[t] > 0)
