"""Sample data of the napari plugin."""

from __future__ import annotations

from podia.napari.layers import LayerData, labels_layer, movie_layer, tracks_layer
from podia.simulation.simulate import simulate


def simulated_movie() -> list[LayerData]:
    """Return a small simulated movie in phase contrast with its true cells and tracks."""
    simulated = simulate(n_frames=12, size_px=256, n_cells=5, seed=1)
    return [
        movie_layer(simulated.movie),
        labels_layer(simulated.labels, "true cells"),
        tracks_layer(simulated.lineage, simulated.movie.calibration, "true tracks"),
    ]
