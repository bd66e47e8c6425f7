from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from podia.data.errors import InvalidInputError, MovieReadError, PodiaError
from podia.evaluation.evaluate import evaluate
from podia.evaluation.inputs import open_input
from podia.testing.small_movies import crawling_discs

LABELS = crawling_discs(4)


def write_ctc(folder: Path, labels: np.ndarray, name: str = "mask", *, first: int = 0) -> Path:
    folder.mkdir(parents=True)
    for frame, image in enumerate(labels):
        tifffile.imwrite(folder / f"{name}{first + frame:03}.tif", image.astype(np.uint16))
    return folder


def write_tracks(folder: Path, text: str, name: str = "res_track.txt") -> Path:
    (folder / name).write_text(text)
    return folder


def write_stack(path: Path, labels: np.ndarray) -> Path:
    tifffile.imwrite(path, labels, metadata={"axes": "TYX"}, photometric="minisblack")
    return path


@pytest.mark.parametrize(
    ("parts", "role", "outlines", "markers"),
    [
        (["SEG"], "truth", "SEG", "SEG"),
        (["TRA"], "truth", None, "TRA"),
        (["SEG", "TRA"], "truth", "SEG", "TRA"),
        (["SEG", "TRA"], "result", "SEG", "SEG"),
    ],
)
def test_challenge_folders_are_known_by_what_is_in_them(
    parts: list[str], role: str, outlines: str | None, markers: str, tmp_path: Path
) -> None:
    for part in parts:
        write_ctc(tmp_path / "01_GT" / part, LABELS, f"man_{part.lower()}")
    found = open_input(tmp_path / "01_GT", role)
    assert found.kind == "ctc folder"
    assert (found.outlines and Path(found.outlines.name).name) == outlines
    assert found.markers is not None
    assert Path(found.markers.name).name == markers


def test_a_result_folder_with_a_track_file_has_tracks(tmp_path: Path) -> None:
    folder = write_ctc(tmp_path / "01_RES", LABELS)
    assert not open_input(folder, "result").has_tracks
    write_tracks(folder, "1 0 3 0\n2 0 3 0\n3 0 3 0\n4 2 3 0\n")
    assert open_input(folder, "result").has_tracks


def test_label_files_are_known(tmp_path: Path) -> None:
    found = open_input(write_stack(tmp_path / "labels.tif", LABELS), "result")
    assert (found.kind, found.has_tracks) == ("labels", False)


@pytest.mark.parametrize("header", ["frame,y,x", "frame,y_px,x_px", "frame,track_id,y_px,x_px"])
def test_centroid_tables_are_known_by_their_columns(header: str, tmp_path: Path) -> None:
    path = tmp_path / "centroids.csv"
    path.write_text(f"{header}\n" + ",".join("1" for _ in header.split(",")) + "\n")
    found = open_input(path, "truth")
    assert found.kind == "centroids"
    assert found.positions is not None
    assert found.positions.to_dict("records") == [{"frame": 1, "y": 1.0, "x": 1.0}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame,row,column\n0,1,2\n", "lacks the columns"),
        ("frame,y,x\n", "no rows"),
        ("frame,y,x\n0,1,2\n0.5,1,2\n", "Row 2 of .* has frame '0.5'"),
        ("frame,y,x\n0,here,2\n", "Row 1 of .* has y 'here'"),
        ("frame,y,x\n0,,2\n", "Row 1 of .* has y"),
        ("frame,y_um,x_um\n0,1,2\n", "positions in um"),
        ("frame,tip_y,tip_x\n0,1,2\n", "lack the columns"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(MovieReadError, match=message):
        open_input(path, "truth")


def test_a_path_that_is_nothing_known_says_what_podia_takes(tmp_path: Path) -> None:
    write_ctc(tmp_path / "set" / "01_RES", LABELS)
    (tmp_path / "empty").mkdir()
    (tmp_path / "run" / ".podia").mkdir(parents=True)
    (tmp_path / "notes.doc").write_text("cells")
    for name, message in [
        ("01_GTT", "no file or folder"),
        ("set", "contains several label folders"),
        ("empty", "Supported inputs: a Cell Tracking Challenge folder"),
        ("run", "its run has not finished"),
        ("notes.doc", "does not read as labels"),
    ]:
        with pytest.raises(MovieReadError, match=message) as raised:
            open_input(tmp_path / name, "truth")
        assert "\n" not in str(raised.value)


def shorter(folder: Path) -> tuple[Path, Path]:
    return write_stack(folder / "a.tif", LABELS), write_stack(folder / "b.tif", LABELS[:3])


def longer(folder: Path) -> tuple[Path, Path]:
    return write_stack(folder / "a.tif", LABELS[:3]), write_stack(folder / "b.tif", LABELS)


def smaller(folder: Path) -> tuple[Path, Path]:
    return write_stack(folder / "a.tif", LABELS), write_stack(folder / "b.tif", LABELS[:, :-1])


def fractions(folder: Path) -> tuple[Path, Path]:
    return write_stack(folder / "a.tif", LABELS), write_stack(
        folder / "b.tif", (LABELS / 2).astype(np.float32)
    )


def empty_truth(folder: Path) -> tuple[Path, Path]:
    return write_stack(folder / "a.tif", LABELS * 0), write_stack(folder / "b.tif", LABELS)


def missing_frame(folder: Path) -> tuple[Path, Path]:
    result = write_ctc(folder / "01_RES", LABELS)
    (result / "mask002.tif").unlink()
    return write_ctc(folder / "01_GT" / "SEG", LABELS, "man_seg").parent, result


def contradicting_tracks(folder: Path) -> tuple[Path, Path]:
    truth = write_tracks(write_ctc(folder / "GT", LABELS), "1 0 3 0\n2 0 3 0\n3 0 3 0\n4 2 3 0\n")
    return truth, write_tracks(write_ctc(folder / "RES", LABELS), "1 0 3 0\n2 0 3 0\n3 0 3 0\n")


def other_frames(folder: Path) -> tuple[Path, Path]:
    (folder / "a.csv").write_text("frame,y,x\n0,1,1\n")
    (folder / "b.csv").write_text("frame,y,x\n7,1,1\n")
    return folder / "a.csv", folder / "b.csv"


@pytest.mark.parametrize(
    ("situation", "message"),
    [
        (shorter, "has 4 frames, the result .* 3"),
        (longer, "has 3 frames, the result .* 4"),
        (smaller, "Frame 0: the truth .* 128 x 128 px, the result .*127 x 128 px"),
        (fractions, "non-integer values"),
        (empty_truth, "no cells in any frame"),
        (missing_frame, "lacks 1 of the 4 frames"),
        (contradicting_tracks, "has the label 4"),
        (other_frames, "none in common"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line_and_never_a_number(
    situation: Callable[[Path], tuple[Path, Path]], message: str, tmp_path: Path
) -> None:
    truth, result = situation(tmp_path)
    for measures in [None] if situation in (contradicting_tracks, other_frames) else [None, ["overlap"]]:
        with pytest.raises(PodiaError, match=message) as raised:
            evaluate(truth, result, measures=measures)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["segg"], "Unknown measure 'segg'"),
        (["SEG"], "has no masks"),
        (["boundary_F"], "has no masks of whole cells"),
        (["tips"], "has no protrusion tips"),
        (["stability"], "has no masks"),
        ([], "No measure is requested"),
    ],
)
def test_a_measure_that_cannot_be_had_says_why(measures: list[str], message: str) -> None:
    positions = pd.DataFrame({"frame": [0], "y": [1.0], "x": [1.0]})
    with pytest.raises(InvalidInputError, match=message):
        evaluate(positions, positions, measures=measures)
