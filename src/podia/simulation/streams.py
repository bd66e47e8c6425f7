"""Independent sources of randomness for the parts of a simulation."""

from __future__ import annotations

import zlib

import numpy as np

from podia.simulation.config import SimulationConfig


def generator_of(config: SimulationConfig, part: str, index: int = 0) -> np.random.Generator:
    """Return the generator of one part, such as a frame's noise.

    It depends only on the seed, the name of the part and `index`, so frames are the same in any order, and a change in
    one part does not affect the others.
    """
    return np.random.default_rng([config.seed, zlib.crc32(part.encode()), index])
