"""Stage drift of simulated movies: slow oscillation and a small random displacement per frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from podia.simulation.config import SimulationConfig
from podia.simulation.streams import generator_of

_LOG_PERIODS = (math.log(60.0), math.log(400.0))
"""Logarithms of the shortest and the longest period, in frames."""
_N_WAVES = 3


def stage_shifts(config: SimulationConfig) -> NDArray[np.float64]:
    """Return the displacement of static objects since frame 0, ``(T, 2)`` as ``(y, x)`` px, zero in frame 0.

    The slow part is a sum of three sine waves, which stays within ``drift_px`` for any number of frames and is smooth.
    An independent normal error is added to each frame.
    """
    generator = generator_of(config, "drift")
    periods = np.exp(generator.uniform(*_LOG_PERIODS, (_N_WAVES, 1, 2)))
    phases = generator.uniform(0.0, 2 * np.pi, (_N_WAVES, 1, 2))
    frames = np.arange(config.n_frames)[None, :, None]
    waves = np.sin(2 * np.pi * frames / periods + phases).mean(axis=0)
    shifts = 0.5 * config.drift_px * (waves - waves[:1])
    jitter = generator.normal(0.0, config.jitter_px, shifts.shape)
    jitter[0] = 0.0
    return np.asarray(shifts + jitter)
