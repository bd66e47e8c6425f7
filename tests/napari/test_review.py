"""A review in a real viewer: a suspect is chosen, mended, saved, measured, and everything follows."""

from __future__ import annotations

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
