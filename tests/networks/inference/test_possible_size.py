"""A pixel size that cannot be right is refused before memory is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError
from podia.data.movie import Movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resolve import choose_model
from trained_model import write_trained_model


@pytest.mark.parametrize(
    ("pixel", "why"), [(650.0, r"take [\d,]+ GiB of memory"), (0.00065, "show no cells")]
)
def test_frames_are_not_brought_to_an_impossible_size(pixel: float, why: str, tmp_path: Path) -> None:
    config = InferenceConfig(model=str(write_trained_model(tmp_path, pixel_size_um=0.65)))
    model = choose_model(config)
    movie = Movie.from_array(np.zeros((1, 256, 256), np.uint8), Calibration(pixel_size_um=pixel))
    with pytest.raises(ConfigurationError, match=rf"cannot be right: .*{why}.*--pixel-size-um"):
        model.require_whole_frames(movie, config)
