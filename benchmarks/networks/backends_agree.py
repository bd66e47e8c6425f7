"""Differences between torch, OpenVINO and ONNX Runtime in predictions and labels of the included model.

python -m benchmarks.networks.backends_agree
"""

from __future__ import annotations

import numpy as np

from podia.data.movie import Movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resolve import choose_model
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate


def main() -> None:
    movie = simulate(SimulationConfig(n_frames=6, size_px=384, n_cells=12, seed=3)).movie
    predictions, labels = _run(movie, "torch")
    for backend in ("openvino", "onnx"):
        others, other_labels = _run(movie, backend)
        print(
            f"{backend}: predictions within {np.abs(others - predictions).max():.1e}, labels of "
            f"{np.count_nonzero(other_labels != labels)} of {labels.size} pixels differ"
        )


def _run(movie: Movie, backend: str) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions ``(T, K, Y, X)`` and labels ``(T, Y, X)``."""
    network = {"backend": backend, "threads": 1}
    config = InferenceConfig.parse(network)
    predictor = MoviePredictor(movie, choose_model(config), config)
    predictions = np.stack([predictor.predict(frame) for frame in range(movie.n_frames)])
    return predictions, segment(movie, SegmentationConfig.parse({"network": network})).to_array()


if __name__ == "__main__":
    main()
