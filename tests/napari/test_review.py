"""A review in a real viewer: a suspect is chosen, mended, saved, measured, and everything follows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_viewer import open_viewer, wait_until

pytest.importorskip("napari_track_edit", reason='needs napari: pip install "podia[review]"')

import podia
from podia.corrections.operations import CellAt
from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.napari.review import open_review
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.results.results import Results, open_results
from podia.testing.small_movies import crawling_discs, write_small_movie


@pytest.fixture
def halved(tmp_path: Path) -> Results:
    """A run on labels in which the standing disc is in two pieces in frames 1 and 2."""
    labels = crawling_discs()
    labels[1:3, :, 34:][labels[1:3, :, 34:] == 2] = 9
    movie = write_small_movie(tmp_path)
    tifffile.imwrite(tmp_path / "labels.tif", labels, imagej=True, metadata={"axes": "TYX"})
    config = override(RunConfig(), ["preprocessing.drift.enabled=false"])
    return run(movie, tmp_path / "results" / "movie", config, labels=tmp_path / "labels.tif")


@pytest.fixture
def viewer() -> Iterator[Any]:
    yield from open_viewer()


def _area_in_px(results: Results, frame: int) -> int:
    labels = results.labels.frame(frame)
    return int((labels == labels[95, 30]).sum())


def test_a_suspect_is_mended_and_measured(halved: Results, viewer: Any) -> None:
    n_cells = len(halved.tables.cells.query("frame == 1"))  # read now: measuring writes the table anew
    dock = open_review(viewer, halved)
    layers = {layer.name: layer for layer in viewer.layers}
    assert list(layers) == ["movie", "movie_tracks", "movie_points", "movie_seg"]
    assert all(str(layer.units[-1]) == "micrometer" for layer in viewer.layers)
    assert layers["movie"].scale[-1] == layers["movie_seg"].scale[-1] == 0.5
    split = next(n for n, one in enumerate(dock._listed) if one.kind == "split_cell")
    dock.suspects.setCurrentRow(split)
    suspect = dock.chosen
    assert viewer.dims.current_step[0] == suspect.frame
    assert np.allclose(viewer.camera.center[1:], (suspect.y * 0.5, suspect.x * 0.5))
    assert "Suggested: merge" in dock.reason.text()

    whole = int((crawling_discs()[1] == 2).sum())
    assert _area_in_px(halved, 1) < whole
    dock.as_suggested.click()
    wait_until(lambda: "Z undoes it" in dock.status.text())
    assert len(dock.review.session.remaining) == len(halved.suspects) - 1
    dock.save.click()
    wait_until(lambda: "saved" in dock.status.text())
    assert dock.status.text() == "1 correction saved, not applied yet."
    assert [one.op for one in open_results(halved.path).corrections] == ["merge"]
    dock.apply.click()
    wait_until(lambda: "Measured" in dock.status.text())
    assert "1 of 1 corrections applied" in dock.status.text()

    measured = open_results(halved.path)
    assert _area_in_px(measured, 1) == whole
    assert len(measured.tables.cells.query("frame == 1")) == n_cells - 1
    shown = np.asarray(next(one for one in viewer.layers if one.name == "movie_seg").data[1])
    assert len(np.unique(shown)) - 1 == len(measured.tables.cells.query("frame == 1"))
    assert dock.review.save_on_closing() == "There are no unsaved corrections."


def test_what_was_not_saved_is_saved_on_closing_and_undone_edits_are_not(
    halved: Results, viewer: Any
) -> None:
    from funtracks.user_actions import UserDeleteNodes

    dock = open_review(viewer, halved)
    tracks = dock.review.editable.tracks
    node = dock.review.editable.node_at(CellAt(frame=0, y=95, x=30))
    UserDeleteNodes(tracks, [node])
    assert "not applied yet: 1" in dock.review.save_on_closing()
    assert [one.op for one in open_results(halved.path).corrections] == ["delete"]
    tracks.undo()
    assert dock.review.save_on_closing() == "There are no unsaved corrections."
    assert open_results(halved.path).corrections == ()


def test_corrections_of_another_program_are_not_overwritten(halved: Results, viewer: Any) -> None:
    dock = open_review(viewer, halved)
    podia.correct(halved, "delete", [int(halved.labels.frame(0)[95, 30])], 0)
    with pytest.raises(InvalidInputError, match="changed by another program"):
        dock.review.save()
    assert len(open_results(halved.path).corrections) == 1


def test_the_training_command_is_copied(halved: Results, viewer: Any) -> None:
    from qtpy.QtGui import QGuiApplication

    dock = open_review(viewer, halved)
    dock.train.click()
    wait_until(lambda: "Copied" in dock.status.text())
    assert QGuiApplication.clipboard().text().startswith("podia train podia ")
    assert str(halved.path) in dock.status.text()


@pytest.fixture
def confused(tmp_path: Path) -> Results:
    """Tracks as given: two are exchanged from frame 3 on, and a division was missed."""
    labels = crawling_discs()
    labels[3:] = np.array([0, 2, 1, 3, 4], np.uint8)[labels[3:]]
    movie = write_small_movie(tmp_path)
    tifffile.imwrite(tmp_path / "labels.tif", labels, imagej=True, metadata={"axes": "TYX"})
    config = override(RunConfig(), ["preprocessing.drift.enabled=false"])
    return run(
        movie,
        tmp_path / "results" / "movie",
        config,
        labels=tmp_path / "labels.tif",
        labels_are_tracks=True,
    )


def _picture(viewer: Any, name: str) -> None:
    """Save a picture of the window, to be looked at, where PODIA_PICTURES names a folder."""
    folder = os.environ.get("PODIA_PICTURES")
    if folder:
        ended = time.monotonic() + 1
        wait_until(lambda: time.monotonic() > ended)
        viewer.window._qt_window.grab().save(f"{folder}/{name}.png")


def test_a_swap_and_a_missed_division_are_mended_and_the_tables_follow(
    confused: Results, viewer: Any
) -> None:
    from funtracks.user_actions import UserSetDivision, UserSwapPredecessors

    assert confused.lineage.n_divisions == 0
    jumped = confused.tables.tracks.set_index("track_id")["displacement_um"]
    assert jumped.loc[[1, 2]].min() > 30  # from one row of cells to the other
    dock = open_review(viewer, confused)
    _picture(viewer, "swap_1_opened")
    editable = dock.review.editable

    def node(frame: int, y: float, x: float) -> int:
        return editable.node_at(CellAt(frame=frame, y=y, x=x))

    UserSwapPredecessors(editable.tracks, (node(3, 30, 34), node(3, 95, 30)))
    UserSetDivision(editable.tracks, (node(2, 80, 90), node(3, 71, 90), node(3, 89, 90)))
    viewer.dims.set_current_step(0, 3)
    _picture(viewer, "swap_2_mended")
    dock.save.click()
    wait_until(lambda: "saved" in dock.status.text())
    assert {one.op for one in open_results(confused.path).corrections} == {"swap", "set_division"}
    dock.apply.click()
    wait_until(lambda: "Measured" in dock.status.text())
    assert "2 of 2 corrections applied" in dock.status.text()
    _picture(viewer, "swap_3_applied")

    measured = open_results(confused.path)
    assert measured.lineage.n_divisions == 1
    moved = measured.tables.tracks.set_index("track_id")["displacement_um"]
    assert moved[int(measured.labels.frame(0)[95, 30])] == pytest.approx(0, abs=0.1)
    crawling = int(measured.labels.frame(0)[30, 25])
    assert moved[crawling] == pytest.approx(15 * 0.5, abs=0.1)
    assert int(measured.labels.frame(5)[30, 40]) == crawling
