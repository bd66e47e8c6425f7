"""The plugin as napari finds it: manifest, reader, sample, and the segmentation widget in a real viewer."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_viewer import open_viewer, wait_until

pytest.importorskip("napari_track_edit", reason='needs napari: pip install "podia[review]"')

from podia.io.tiff.write_movie import write_movie_tiff
from podia.results.results import open_results
from podia.simulation.simulate import simulate


@pytest.fixture
def viewer() -> Iterator[Any]:
    yield from open_viewer()


def test_the_manifest_is_valid_and_found() -> None:
    from npe2 import PluginManifest

    manifest = PluginManifest.from_distribution("podia")
    assert (manifest.name, len(manifest.contributions.commands)) == ("podia", 7)
    for command in manifest.contributions.commands:
        module, name = command.python_name.split(":")
        assert callable(getattr(import_module(module), name))


def test_a_movie_is_opened_previewed_and_analysed(viewer: Any, tmp_path: Path) -> None:
    movie = tmp_path / "cells.tif"
    write_movie_tiff(simulate(n_frames=3, size_px=192, n_cells=2, seed=1).movie, movie)
    viewer.open(str(movie), plugin="podia")
    layer = viewer.layers["cells"]
    assert (layer.scale[-1], str(layer.units[-1])) == (pytest.approx(0.8708), "micrometer")
    _, widget = viewer.window.add_plugin_dock_widget("podia", "Segment and analyse a movie")
    dock = widget.native.dock
    assert (dock.pixel_size_um.value, dock.frame_interval_s.value) == ("0.8708", "300.0")
    dock.method.value = "egt"
    calibration = "--pixel-size-um 0.8708 --frame-interval-s 300.0"
    assert (
        dock.command.value == f"podia run {movie} -o {tmp_path / 'podia-results'} --method egt {calibration}"
    )
    viewer.dims.set_current_step(0, 1)
    dock.preview.changed.emit(True)
    wait_until(lambda: "Frame 1" in dock.status.value)
    preview = viewer.layers["preview of podia"]
    assert preview.data.max() > 0
    assert tuple(preview.translate) == (1, 0, 0)
    dock.run.changed.emit(True)
    wait_until(lambda: "Report" in dock.status.value)
    results = open_results(tmp_path / "podia-results" / "cells")
    assert results.calibration.pixel_size_um == 0.8708
    np.testing.assert_array_equal(viewer.layers["cells of cells"].data, results.labels.to_array())


def test_the_sample_is_a_simulated_movie(viewer: Any) -> None:
    viewer.open_sample("podia", "simulated")
    assert [type(one).__name__ for one in viewer.layers] == ["Image", "Labels", "Tracks"]
