"""``tracks.geff`` as it is, in funtracks and in the import dialog of napari-track-edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_viewer import open_viewer

pytest.importorskip("napari_track_edit", reason='needs napari: pip install "podia[review]"')

from podia.data.config import override
from podia.io.layout import LINEAGE
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.results.results import Results
from podia.testing.small_movies import write_small_movie


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run of the discs, one of which divides, on their own masks."""
    folder = tmp_path_factory.mktemp("discs")
    config = override(RunConfig(), ["preprocessing.drift.enabled=false"])
    movie = write_small_movie(folder)
    return run(movie, folder / "results", config, labels=folder / "labels.tif")


@pytest.fixture
def viewer() -> Iterator[Any]:
    yield from open_viewer()


def _require_same(tracks: Any, results: Results) -> None:
    """Require one node per cell with its pixels, links and divisions, and the calibration."""
    nodes = results.lineage.nodes
    assert len(tracks.nodes()) == len(nodes)
    assert tracks.scale[1:] == [0.5, 0.5]
    daughters = [node for node in tracks.nodes() if len(tracks.successors(int(node))) == 2]
    assert len(daughters) == results.lineage.n_divisions > 0
    for frame in range(results.labels.n_frames):
        segmentation, labels = np.asarray(tracks.segmentation[frame]), results.labels.frame(frame)
        pairs = np.unique(np.stack([segmentation.ravel(), labels.ravel()]), axis=1).T
        assert len(pairs) == len(np.unique(labels)) == len(np.unique(segmentation))


def test_funtracks_opens_tracks_and_label_image(results: Results) -> None:
    from funtracks.import_export import import_from_geff
    from geff_spec import GeffMetadata

    path = results / LINEAGE
    (related,) = GeffMetadata.read(path).related_objects or ()
    _require_same(import_from_geff(path, segmentation_path=(path / related.path).resolve()), results)


def test_the_import_dialog_opens_tracks_and_label_image(
    results: Results, viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_track_edit.application_menus.main_app import MENU_WIDGETS, MenuManager
    from napari_track_edit.data_views.views_coordinator.tracks_viewer import TracksViewer
    from napari_track_edit.import_export.menus.import_dialog import ImportDialog
    from qtpy.QtWidgets import QMessageBox

    said: list[str] = []
    for kind in ("critical", "warning"):
        monkeypatch.setattr(QMessageBox, kind, lambda _, title, text: said.append(f"{title}: {text}"))
    dialog = ImportDialog("geff")
    dialog.import_widget._load_geff(Path(results / LINEAGE))
    assert (
        dialog.segmentation_widget.get_segmentation_path() == (results / "masks/labels.ome.zarr/0").resolve()
    )
    assert dialog.finish_button.isEnabled()
    dialog._finish()
    assert said == []
    _require_same(dialog.tracks, results)
    tracks_viewer = TracksViewer.get_instance(viewer)
    tracks_viewer.tracks_list.add_tracks(dialog.tracks, "as it is")
    menus = MenuManager(viewer)
    for name in ("Groups", "Editing && Selection"):
        menus.initialize_menu({name: MENU_WIDGETS[name]})
    assert "as it is_seg" in viewer.layers
