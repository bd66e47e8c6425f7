"""Tracks that are given to a run are those of its tables, whatever their format; nothing is linked anew."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

import podia
from podia.data.calibration import Calibration
from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.io.layout import CTC, LINEAGE, TRACKMATE
from podia.io.read import read
from podia.io.tracks.ctc import write_ctc
from podia.io.tracks.geff import write_geff
from podia.io.tracks.trackmate import write_trackmate
from podia.pipeline.again import run_again
from podia.pipeline.config import RunConfig
from podia.pipeline.repeat import sources_of
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.testing.small_movies import crawling_discs, write_small_movie
from podia.tracking.given import tracks_of_values

PLAIN = override(RunConfig(), ["preprocessing.drift.enabled=false"])


def swapped() -> np.ndarray:
    """The discs with numbers of their own: the crawling and the standing one (41, 7) are exchanged from frame 3 on.

    Nothing that links cells would ever make these tracks.
    """
    discs = crawling_discs().astype(np.int32)
    number = np.array([0, 41, 7, 12, 13])
    labels = number[discs]
    labels[3:] = np.select([labels[3:] == 41, labels[3:] == 7], [7, 41], labels[3:])
    return labels


def exchanged() -> tuple[LabelMovie, Lineage]:
    """These labels as tracks, of which 12 divides into 13 and 14."""
    labels = swapped()
    labels[3:] = np.where(labels[3:] == 12, 14, labels[3:])
    movie = LabelMovie.from_array(labels, Calibration(0.5, 300.0))
    tracks = tracks_of_values(movie).lineage
    return movie, Lineage(tracks.nodes, {13: 12, 14: 12})


def write_tracks(name: str, folder: Path) -> Path:
    """Write the tracks in the format of `name`, and return the file."""
    labels, lineage = exchanged()
    path = folder / name
    if name == "TRA":
        write_ctc(labels, lineage, path)
        (path / "res_track.txt").rename(path / "man_track.txt")
        return path / "man_track.txt"
    if name == "tracks.geff":
        write_geff(lineage, path, labels.calibration)
    elif name.endswith(".xml"):
        outlines = labels if name == "outlines.xml" else None
        write_trackmate(
            lineage,
            path,
            labels.calibration,
            movie_name="movie.tif",
            frame_shape=labels.frame_shape,
            n_frames=labels.n_frames,
            labels=outlines,
        )
    else:
        nodes = lineage.nodes
        table = pd.DataFrame({"ID": nodes["track_id"], "t": nodes["frame"], "x": nodes["x"], "y": nodes["y"]})
        table["parent"] = [lineage.parents.get(track, track) for track in nodes["track_id"]]
        table.to_csv(path, index=False)
    return path


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = write_small_movie(tmp_path)
    tifffile.imwrite(
        tmp_path / "labels.tif", exchanged()[0].to_array().astype(np.uint16), metadata={"axes": "TYX"}
    )
    return path


@pytest.mark.parametrize(
    ("name", "with_labels"),
    [
        ("TRA", False),
        ("outlines.xml", False),
        ("tracks.geff", True),
        ("spots.xml", True),
        ("btrack.csv", True),
    ],
)
def test_tracks_of_every_format_are_taken_with_their_ids_and_divisions(
    movie: Path, tmp_path: Path, name: str, with_labels: bool
) -> None:
    labels, lineage = exchanged()
    given = tmp_path / "labels.tif" if with_labels else None
    results = run(
        movie, tmp_path / "out", PLAIN, labels=given, tracks=write_tracks(name, tmp_path), until="track"
    )
    keys = ["frame", "track_id", "label"]
    pd.testing.assert_frame_equal(results.lineage.nodes[keys], lineage.nodes[keys])
    assert results.lineage.parents == lineage.parents
    np.testing.assert_array_equal(results.labels.to_array(), labels.to_array())
    assert results.tracking.given
    assert results.segmentation.source == ("labels file" if with_labels else "tracks file")


def test_tracks_without_masks_are_positions(movie: Path, tmp_path: Path) -> None:
    results = run(movie, tmp_path / "out", PLAIN, tracks=write_tracks("spots.xml", tmp_path), until="measure")
    _, lineage = exchanged()
    cells = results.tables.cells
    assert cells["track_id"].tolist() == lineage.nodes["track_id"].tolist()
    np.testing.assert_allclose(cells["y_px"], lineage.nodes["y"])
    assert cells["area_um2"].isna().all()


def test_values_of_labels_are_tracks_where_that_is_said(movie: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.tif"
    results = run(movie, tmp_path / "out", PLAIN, labels=labels, labels_are_tracks=True)
    expected = exchanged()[0].to_array()
    np.testing.assert_array_equal(results.labels.to_array(), expected)
    assert results.lineage.track_ids == np.unique(expected)[1:].tolist()
    assert results.tracking.n_divisions == 0
    # All that runs the folder again takes the same tracks; a run.json repeats it.
    assert run_again(results.path).done == ()
    (source,) = sources_of([], results / "run.json")
    assert source == Source(movie, labels, labels_are_tracks=True)
    tracked = run(movie, tmp_path / "tracked", PLAIN, labels=labels, until="correct")
    assert (tracked.labels.to_array() != expected).any()


def test_podias_own_tables_and_exports_come_back(movie: Path, tmp_path: Path) -> None:
    config = PLAIN.model_copy(update={"exports": ("trackmate", "ctc")})
    first = run(movie, tmp_path / "first", config, tracks=write_tracks("TRA", tmp_path))
    tracks = first.tables.tracks.set_index("track_id")
    assert tracks["parent_track_id"].dropna().to_dict() == {13: 12, 14: 12}
    labels = first / "masks/labels.ome.zarr"
    for number, (name, masks) in enumerate(
        [("tables/cells.csv", labels), (LINEAGE, labels), (TRACKMATE, None), (CTC, None)]
    ):
        out = tmp_path / f"again{number}"
        again = run(movie, out, PLAIN, tracks=first / name, labels=masks, until="track")
        pd.testing.assert_frame_equal(again.lineage.nodes, first.lineage.nodes)
        assert again.lineage.parents == first.lineage.parents
        np.testing.assert_array_equal(again.labels.to_array(), first.labels.to_array())


def _lacks_frames(folder: Path) -> dict[str, Path]:
    labels, lineage = exchanged()
    write_geff(
        Lineage(lineage.nodes.assign(frame=lineage.nodes["frame"] + 3)), folder / "t.geff", labels.calibration
    )
    return {"tracks": folder / "t.geff"}


def _outside(folder: Path) -> dict[str, Path]:
    labels, lineage = exchanged()
    write_geff(
        Lineage(lineage.nodes.assign(x=lineage.nodes["x"] + 99)), folder / "t.geff", labels.calibration
    )
    return {"tracks": folder / "t.geff"}


def _other_size(folder: Path) -> dict[str, Path]:
    labels, lineage = exchanged()
    write_ctc(LabelMovie.from_array(labels.to_array()[:, :120]), lineage, folder / "ctc")
    return {"tracks": folder / "ctc"}


def _other_cells(folder: Path) -> dict[str, Path]:
    labels, _ = exchanged()
    moved = np.roll(labels.to_array(), 40, axis=1).astype(np.uint16)
    tifffile.imwrite(folder / "moved.tif", moved, metadata={"axes": "TYX"})
    return {"tracks": write_tracks("tracks.geff", folder), "labels": folder / "moved.tif"}


def _no_ids(folder: Path) -> dict[str, Path]:
    (folder / "t.csv").write_text("frame,y,x\n0,30,25\n")
    return {"tracks": folder / "t.csv"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            _lacks_frames,
            r"Track 7 of '.*t\.geff' is at y 30, x 34 in frame 6\. .* has frames 0 to 5 of 128 x 128 px",
        ),
        (
            _outside,
            r"Track 7 of .* is at y 95, x 129 in frame 0\. .*Check that the tracks are of this movie",
        ),
        (
            _other_size,
            r"masks of the tracks in '.*ctc' have shape \(T, Y, X\) \(6, 120, 128\).*\(6, 128, 128\)",
        ),
        (_other_cells, r"No track of '.*tracks\.geff' lies in a cell of '.*moved\.tif' in frame 0"),
        (
            _no_ids,
            r"has no column with the id of the track \(it has frame, y, x\)\. Name it track_id, or .*--points",
        ),
    ],
)
def test_tracks_that_do_not_fit_are_refused_before_any_work(
    movie: Path, tmp_path: Path, files, message: str
) -> None:
    with pytest.raises(podia.PodiaError, match=message):
        run(movie, tmp_path / "out", PLAIN, **files(tmp_path))
    assert not (tmp_path / "out").exists()


def test_what_excludes_each_other_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for given, message in (
        ({"tracks": file, "points": file}, "Tracks and points cannot be combined"),
        ({"labels_are_tracks": True}, "--labels-are-tracks requires labels"),
        ({"labels": file, "tracks": file, "labels_are_tracks": True}, "Tracks are given twice"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            Source(file, **given)


def test_settings_of_tracking_are_said_to_have_no_effect(movie: Path, tmp_path: Path) -> None:
    config = override(PLAIN, ["tracking.divisions=false"])
    with pytest.warns(UserWarning, match="settings of tracking have no effect"):
        run(movie, tmp_path / "out", config, tracks=write_tracks("TRA", tmp_path), until="segment")


def test_frames_of_a_run_pick_those_of_the_tracks(movie: Path, tmp_path: Path) -> None:
    config = PLAIN.model_copy(update={"frames": "2:5"})
    results = run(
        movie, tmp_path / "out", config, tracks=write_tracks("outlines.xml", tmp_path), until="correct"
    )
    np.testing.assert_array_equal(results.labels.to_array(), exchanged()[0].to_array()[2:5])
    assert read(movie, frames="2:5").n_frames == results.labels.n_frames


def test_what_lies_in_no_cell_is_said(movie: Path, tmp_path: Path) -> None:
    labels, lineage = exchanged()
    nodes = lineage.nodes.copy()
    nodes.loc[nodes["track_id"] == 13, ["y", "x"]] = 2.0
    write_geff(Lineage(nodes), tmp_path / "t.geff", labels.calibration)
    with pytest.warns(
        UserWarning, match=r"left out: 3 positions lie outside all cells; 3 cells have no track"
    ):
        results = run(
            movie,
            tmp_path / "out",
            PLAIN,
            labels=tmp_path / "labels.tif",
            tracks=tmp_path / "t.geff",
            until="correct",
        )
    assert 13 not in results.lineage.track_ids
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_again(results.path, until="correct").done == ()
