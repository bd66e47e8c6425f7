"""The challenge's scores: the official values, tiny cases counted by hand, and what must not matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from io_situations import CountingSource
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.evaluation.ctc import MEASURES, ctc_scores
from podia.evaluation.ctc_measures import OPERATIONS
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.io.tracks.ctc import write_ctc
from podia.testing.situations import ALL_SITUATIONS, Situation, division, gap_of_one_frame

OFFICIAL = [
    ("testing/01", {"SEG": 0.232874}),
    ("testing/03", {"DET": 0.688, "TRA": 0.622980}),
    ("ipsc-02/01", {"SEG": 0.506456, "DET": 0.919891, "TRA": 0.918984}),
]
"""Printed by the challenge's own programs, to six digits."""


@pytest.mark.parametrize(("sequence", "expected"), OFFICIAL)
def test_scores_are_those_of_the_official_programs(
    data_dir: Path, sequence: str, expected: dict[str, float]
) -> None:
    folder = data_dir / "ctc-evaluation"
    found = ctc_scores(folder / f"{sequence}_GT", folder / f"{sequence}_RES", measures=list(expected))
    assert {name: round(value, 6) for name, value in found.scores.items()} == expected


def test_the_official_list_of_split_and_missed_cells_is_ours(data_dir: Path) -> None:
    """The challenge's TRA_log.txt names each event; counts from it are NS 117, FN 339, FP 2658 and so on."""
    folder = data_dir / "ctc-evaluation" / "ipsc-02"
    found = ctc_scores(folder / "01_GT", folder / "01_RES", measures=["TRA"])
    ours = found.events["event"].value_counts().to_dict()
    assert ours == {name: found.operations[name] for name in OPERATIONS}
    log = (folder / "01_RES" / "TRA_log.txt").read_text().splitlines()
    assert _logged(log, "Splitting") == _listed(found.events, "NS")
    assert _logged(log, "False Negative") == _listed(found.events, "FN")
    assert _logged(log, "False Positive") == _listed(found.events, "FP")


def _logged(log: list[str], section: str) -> set[tuple[int, int]]:
    start = next(number for number, line in enumerate(log) if section in line) + 1
    cells = set()
    for line in log[start:]:
        if not line.startswith("T="):
            break
        frame, label = (int(word.split("=")[1]) for word in line.split())
        cells.add((frame, label))
    return cells


def _listed(events: object, name: str) -> set[tuple[int, int]]:
    rows = events[events["event"] == name]
    return set(zip(rows["frame"], rows["label"], strict=True))


def square(*cells: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Labels 12 x 20 with squares of 4 px edge: ``(label, y, x)``."""
    frame = np.zeros((12, 20), np.uint16)
    for label, y, x in cells:
        frame[y : y + 4, x : x + 4] = label
    return frame


def write_folder(
    folder: Path,
    frames: dict[int, NDArray[np.uint16]],
    tracks: Sequence[Sequence[int]] | None = None,
    *,
    prefix: str = "mask",
    digits: int = 3,
) -> Path:
    folder.mkdir(parents=True)
    for number, frame in frames.items():
        tifffile.imwrite(folder / f"{prefix}{number:0{digits}d}.tif", frame)
    if tracks is not None:
        name = "man_track.txt" if prefix == "man_track" else "res_track.txt"
        (folder / name).write_text("".join(f"{' '.join(map(str, row))}\n" for row in tracks))
    return folder


def write_truth(
    folder: Path, frames: dict[int, NDArray[np.uint16]], tracks: Sequence[Sequence[int]], **naming: int
) -> Path:
    write_folder(folder / "TRA", frames, tracks, prefix="man_track", **naming)
    write_folder(folder / "SEG", frames, prefix="man_seg", **naming)
    return folder


STILL = {0: square((1, 1, 1), (2, 1, 9)), 1: square((1, 1, 1), (2, 1, 9))}
STILL_TRACKS = [[1, 0, 1, 0], [2, 0, 1, 0]]


@pytest.mark.parametrize("situation", ALL_SITUATIONS, ids=str)
def test_a_perfect_result_scores_1_in_everything(situation: Situation) -> None:
    truth = TrackedMovie(situation.labels, situation.lineage)
    found = ctc_scores(truth, truth)
    assert list(found.scores) == list(MEASURES)
    assert {value for value in found.scores.values() if not math.isnan(value)} == {1.0}
    assert len(found.events) == 0


def test_a_folder_and_the_objects_that_it_was_written_from_score_the_same(tmp_path: Path) -> None:
    truth, other = division(), gap_of_one_frame()
    for number, one in enumerate((truth, other)):
        write_ctc(one.labels, one.lineage, tmp_path / str(number))
        from_folder = ctc_scores(tmp_path / str(number), TrackedMovie(one.labels, one.lineage))
        assert {value for value in from_folder.scores.values() if not math.isnan(value)} == {1.0}


def test_half_an_overlap_is_no_match_and_one_pixel_more_is() -> None:
    truth = LabelMovie.from_array(square((1, 0, 0))[None])
    half = LabelMovie.from_array(square((5, 0, 2))[None])
    assert ctc_scores(truth, half).scores == {"SEG": 0.0, "DET": 0.0, "OP_CSB": 0.0}
    more = square((5, 0, 2))
    more[0, 1] = 5
    scores = ctc_scores(truth, LabelMovie.from_array(more[None])).scores
    assert scores["SEG"] == pytest.approx(9 / (16 + 17 - 9))
    assert scores["DET"] == 1


def test_each_kind_of_error_is_counted_weighed_and_listed(tmp_path: Path) -> None:
    truth = write_truth(
        tmp_path / "01_GT",
        {
            0: square((1, 0, 0), (2, 0, 8), (3, 6, 0)),
            1: square((1, 0, 0), (2, 0, 8), (3, 6, 0)),
        },
        [[1, 0, 1, 0], [2, 0, 1, 0], [3, 0, 1, 0]],
    )
    joined = square((5, 0, 0), (5, 0, 8))  # covers both 1 and 2
    result = write_folder(
        tmp_path / "01_RES",
        {0: joined + square((6, 6, 0)), 1: square((5, 0, 0), (7, 6, 0), (8, 8, 14))},
        [[5, 0, 1, 0], [6, 0, 0, 0], [7, 1, 1, 6], [8, 1, 1, 0]],
    )
    found = ctc_scores(truth, result)
    # 2 is missed in frame 1 (FN), 8 is made up (FP), 5 covers two in frame 0 (NS). The link of 3 is there, but
    # as a parent (EC); those of 1 and 2 start in a joined cell and must be added (EA).
    assert {name: found.operations[name] for name in OPERATIONS} == {
        "NS": 1,
        "FN": 1,
        "FP": 1,
        "ED": 0,
        "EA": 2,
        "EC": 1,
    }
    assert found.scores["DET"] == pytest.approx(1 - (5 + 10 + 1) / 60)
    assert found.scores["TRA"] == pytest.approx(1 - (5 + 10 + 1 + 2 * 1.5 + 1) / (60 + 3 * 1.5))
    assert found.scores["LNK"] == pytest.approx(1 - (2 * 1.5 + 1) / (3 * 1.5))
    assert found.events.to_numpy().tolist() == [
        ["EA", 0, 1, 1, 1, "truth"],
        ["EA", 0, 2, 1, 2, "truth"],
        ["EC", 0, 3, 1, 3, "truth"],
        ["FN", 1, 2, -1, -1, "truth"],
        ["FP", 1, 8, -1, -1, "result"],
        ["NS", 0, 5, -1, -1, "result"],
    ]
    assert found.cells[["frame", "label", "result_label"]].to_numpy().tolist() == [
        [0, 1, 5],
        [0, 2, 5],
        [0, 3, 6],
        [1, 1, 5],
        [1, 2, 0],
        [1, 3, 7],
    ]


def test_gold_truth_is_scored_on_its_few_frames_without_a_tra_folder(tmp_path: Path) -> None:
    truth = tmp_path / "01_GT"
    write_folder(truth / "SEG", {4: square((1, 0, 0)), 9: square((3, 0, 2))}, prefix="man_seg", digits=4)
    result = write_folder(tmp_path / "01_RES", {n: square((8, 0, 0)) for n in range(12)})
    found = ctc_scores(truth, result)
    assert found.scores == {"SEG": 0.5}  # the second lies on half of its cell only
    assert found.cells["frame"].tolist() == [4, 9]


@pytest.mark.parametrize("first", [0, 7])
def test_the_first_number_and_the_digits_are_free(tmp_path: Path, first: int) -> None:
    frames = {150 + number: frame for number, frame in STILL.items()}
    tracks = [[label, 150 + start, 150 + end, parent] for label, start, end, parent in STILL_TRACKS]
    truth = write_truth(tmp_path / "01_GT", frames, tracks)
    (truth / "SEG" / "man_seg150.tif").unlink()
    result = write_folder(
        tmp_path / "01_RES",
        {first + number: frame for number, frame in STILL.items()},
        [[label, first + start, first + end, parent] for label, start, end, parent in STILL_TRACKS],
        digits=6,
    )
    found = ctc_scores(truth, result)
    assert (found.scores["SEG"], found.scores["TRA"]) == (1, 1)
    assert found.cells["frame"].unique().tolist() == [151]


def test_frames_that_only_the_result_has_are_left_out(tmp_path: Path) -> None:
    truth = write_truth(tmp_path / "01_GT", {n: STILL[n - 3] for n in (3, 4)}, [[1, 3, 4, 0], [2, 3, 4, 0]])
    frames = {n: STILL[n % 2] for n in range(8)}
    result = write_folder(tmp_path / "01_RES", frames, [[1, 0, 7, 0], [2, 0, 4, 0], [3, 5, 7, 2]])
    told = "has 6 frames that .* does not have .the first: 0.. They are not scored"
    # 2 is there in frame 5 as well
    with pytest.warns(UserWarning, match=told), pytest.raises(InvalidInputError):
        ctc_scores(truth, write_folder(tmp_path / "bad", frames, [[1, 0, 7, 0], [2, 5, 7, 0]]))
    with pytest.warns(UserWarning, match=told):
        assert ctc_scores(truth, result).scores["CT"] == 1


def test_tracks_listed_after_the_last_mask_are_told(tmp_path: Path) -> None:
    frames, tracks = {n: STILL[n] for n in (0, 1)}, [[1, 0, 1, 0], [2, 0, 1, 0]]
    truth = write_truth(tmp_path / "01_GT", frames, tracks)
    result = write_folder(tmp_path / "01_RES", frames, [[1, 0, 9, 0], [2, 0, 1, 0]])
    with pytest.warns(UserWarning, match=r"lists tracks up to frame 9, but the last mask is frame 1"):
        ctc_scores(truth, result)


def test_frames_missing_from_the_truth_break_no_track(tmp_path: Path) -> None:
    truth = write_truth(tmp_path / "01_GT", dict.fromkeys((0, 1, 5), STILL[0]), [[1, 0, 5, 0], [2, 0, 5, 0]])
    result = write_folder(tmp_path / "r", dict.fromkeys(range(6), STILL[0]), [[1, 0, 5, 0], [2, 0, 5, 0]])
    found = ctc_scores(truth, result)
    assert found.scores["TRA"] == 1
    assert found.operations["num_edges"] == 4


def test_frames_of_podia_labels_can_be_numbered(tmp_path: Path) -> None:
    truth = write_truth(
        tmp_path / "01_GT", {n: STILL[n - 150] for n in (150, 151)}, [[1, 150, 151, 0], [2, 150, 151, 0]]
    )
    labels = LabelMovie.from_array(np.stack([square(), *STILL.values()]))
    nodes = [(frame, label, label, 0.0, 0.0) for frame in (1, 2) for label in (1, 2)]
    lineage = Lineage(_table(nodes))
    with pytest.warns(UserWarning, match="has 1 frames that"):
        assert ctc_scores(truth, TrackedMovie(labels, lineage, (98, 150, 151))).scores["TRA"] == 1
    with pytest.raises(InvalidInputError, match=r"'the result' lacks 2 of the 2 frames .* numbered 0 to 2"):
        ctc_scores(truth, TrackedMovie(labels, lineage))


def _table(rows: list[tuple[int, int, int, float, float]]) -> object:
    import pandas as pd

    return pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])


def test_an_empty_result_scores_0_and_not_an_error() -> None:
    truth = TrackedMovie(division().labels, division().lineage)
    nothing = TrackedMovie(
        LabelMovie.from_array(np.zeros(division().labels.shape, np.int32)), Lineage.empty()
    )
    found = ctc_scores(truth, nothing)
    assert {value for value in found.scores.values() if not math.isnan(value)} == {0.0}
    assert found.operations["FN"] == found.operations["num_vertices"] == 9
    assert found.operations["EA"] == found.operations["num_edges"] == 8
    assert found.events["event"].value_counts().to_dict() == {"FN": 9, "EA": 8}


def test_one_frame_has_no_links_to_score(tmp_path: Path) -> None:
    truth = write_truth(tmp_path / "01_GT", {0: STILL[0]}, [[1, 0, 0, 0], [2, 0, 0, 0]])
    found = ctc_scores(truth, write_folder(tmp_path / "r", {0: STILL[0]}, [[1, 0, 0, 0], [2, 0, 0, 0]]))
    assert math.isnan(found.scores["LNK"])
    assert found.scores["TRA"] == 1


def test_every_frame_is_read_once() -> None:
    situation = division()
    source = CountingSource(situation.labels.to_array())
    truth = TrackedMovie(situation.labels, situation.lineage)
    ctc_scores(truth, TrackedMovie(LabelMovie(source), situation.lineage))
    assert source.reads == list(range(6))


@pytest.mark.parametrize(
    ("truth_tracks", "result_tracks", "message"),
    [
        (STILL_TRACKS, [[1, 0, 1, 0]], r"Frame 0 of '.*r' has the label 2, but none of its tracks"),
        (STILL_TRACKS, [*STILL_TRACKS, [3, 1, 1, 0]], r"tracks of '.*r' have 3 in frame 1, but its mask"),
        ([[1, 0, 1, 0]], STILL_TRACKS, r"Frame 0 of '.*TRA' has the label 2"),
    ],
)
def test_tracks_that_contradict_the_masks_are_refused(
    tmp_path: Path,
    truth_tracks: list[list[int]],
    result_tracks: list[list[int]],
    message: str,
) -> None:
    truth = write_truth(tmp_path / "01_GT", STILL, truth_tracks)
    result = write_folder(tmp_path / "r", STILL, result_tracks)
    with pytest.raises(InvalidInputError, match=message):
        ctc_scores(truth, result)
    assert ctc_scores(truth, result, measures=["SEG", "DET"]).scores == {"SEG": 1.0, "DET": 1.0}


def test_bad_input_is_one_clear_line(tmp_path: Path) -> None:
    truth = write_truth(tmp_path / "01_GT", STILL, STILL_TRACKS)
    result = write_folder(tmp_path / "r", STILL)

    def refused(error: type[Exception], message: str, *sides: object, **options: object) -> None:
        with pytest.raises(error, match=message) as caught:
            ctc_scores(*sides, **options)
        assert "\n" not in str(caught.value)

    refused(MovieReadError, "is not a folder", truth, tmp_path / "no")
    refused(MovieReadError, "has no masks", truth, tmp_path)
    refused(
        InvalidInputError, r"Unknown measure 'SGE'. Did you mean 'SEG'\?", truth, result, measures=["SGE"]
    )
    refused(
        InvalidInputError, r"TRA cannot be measured: the result .* no tracks", truth, result, measures=["TRA"]
    )
    seg_only = tmp_path / "02_GT"
    write_folder(seg_only / "SEG", STILL, prefix="man_seg")
    refused(InvalidInputError, "the truth has no TRA folder", seg_only, result, measures=["DET"])
    refused(InvalidInputError, "the truth has no SEG folder", truth / "TRA", result, measures=["SEG"])
    short = write_folder(tmp_path / "short", {0: STILL[0]})
    refused(InvalidInputError, r"lacks 1 of the 2 frames .* \(the first: 1\)", truth, short)
    small = write_folder(tmp_path / "small", dict.fromkeys((0, 1), STILL[0][:10]))
    refused(InvalidInputError, "Frame 0: the truth .* is 12 x 20 px, the result 10 x 20 px", truth, small)
    floats = write_folder(tmp_path / "floats", {n: STILL[0].astype(np.float32) for n in (0, 1)})
    refused(InvalidInputError, "has type float32; labels must be integers", truth, floats)
    negative = write_folder(tmp_path / "negative", {n: -STILL[0].astype(np.int16) for n in (0, 1)})
    refused(InvalidInputError, "has the label -2", truth, negative)
    empty = write_truth(tmp_path / "03_GT", {n: square() for n in (0, 1)}, [])
    refused(InvalidInputError, "has no cells", empty, result)
    volume = write_folder(tmp_path / "volume", {0: STILL[0]}, prefix="man_seg_000_")
    refused(MovieReadError, "is a slice of a volume", volume, result)
    twice = write_folder(tmp_path / "twice", {0: STILL[0]})
    tifffile.imwrite(twice / "mask0.tif", STILL[0])
    refused(MovieReadError, "are both frame 0", truth, twice)
    (short / "mask001.tif").write_bytes(b"II*\0broken")
    refused(MovieReadError, r"mask001.tif. .*", truth, short)


@st.composite
def pairs_of_movies(draw: st.DrawFn) -> tuple[TrackedMovie, TrackedMovie]:
    """Random blocks of labels on a small field with random links, unlike on both sides."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_frames = draw(st.integers(1, 5))

    def side(first_cell: bool) -> TrackedMovie:
        array = rng.integers(0, 4, (n_frames, 4, 4)).repeat(3, axis=1).repeat(3, axis=2).astype(np.int32)
        if first_cell:
            array[0, :3, :3] = 1
        rows, parents, born = [], {}, {}
        for frame in range(n_frames):
            for label in np.unique(array[frame][array[frame] > 0]):
                old = frame * 10 + int(label)
                track_id = born.get((frame - 1, int(label))) if rng.random() < 0.7 else None
                if track_id is None and frame and rng.random() < 0.4:
                    ended = [i for (f, _), i in born.items() if f == frame - 1 and i not in parents.values()]
                    ended = [i for i in ended if not any(r[2] == i and r[0] >= frame for r in rows)]
                    if ended:
                        parents[old] = ended[0]
                track_id = old if track_id is None or track_id in parents.values() else track_id
                born[frame, int(label)] = track_id
                rows.append((frame, int(label), track_id, 0.0, 0.0))
        last = {row[2]: row[0] for row in rows}
        parents = {
            child: parent
            for child, parent in parents.items()
            if child in last and last[parent] < min(row[0] for row in rows if row[2] == child)
        }
        return TrackedMovie(LabelMovie.from_array(array), Lineage(_table(rows), parents))

    return side(True), side(False)


@given(pair=pairs_of_movies())
@settings(max_examples=40, deadline=None)
def test_listed_events_are_as_many_as_py_ctcmetrics_counts(pair: tuple[TrackedMovie, TrackedMovie]) -> None:
    found = ctc_scores(*pair)
    listed = found.events["event"].value_counts().to_dict()
    assert listed == {name: found.operations[name] for name in OPERATIONS if found.operations[name]}
    assert all(math.isnan(value) or 0 <= value <= 1 + 1e-9 for value in found.scores.values())


@given(pair=pairs_of_movies(), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_other_label_values_and_a_shift_of_both_change_nothing(
    pair: tuple[TrackedMovie, TrackedMovie], seed: int
) -> None:
    truth, found = pair
    names = np.append(0, 1 + np.random.default_rng(seed).permutation(9)).astype(np.int32)

    def moved(movie: TrackedMovie) -> TrackedMovie:
        assert movie.lineage is not None
        array = names[np.pad(movie.labels.to_array(), ((0, 0), (4, 0), (0, 2)))]
        nodes = movie.lineage.nodes.assign(label=names[movie.lineage.nodes["label"]])
        return TrackedMovie(LabelMovie.from_array(array), Lineage(nodes, movie.lineage.parents))

    before, after = ctc_scores(truth, found), ctc_scores(moved(truth), moved(found))
    assert after.scores == pytest.approx(before.scores, nan_ok=True)
    assert after.operations == before.operations
