"""Persistent random walks, exact for any frame interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def step_persistent_walk(
    velocity: Array, rms_speed: Array, persistence: float, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Return the displacement over one frame and the new velocity of walkers.

    Velocities follow an Ornstein-Uhlenbeck process (Fuerth's formula: ``MSD(t) = 2 S^2 P (t - P (1 - exp(-t/P)))``).
    Displacement and velocity are drawn jointly from their exact normal distribution over a time step
    (Gillespie, Phys. Rev. E 54, 2084, 1996), so that the statistics do not depend on the frame interval.

    Parameters
    ----------
    velocity
        ``(N, 2)`` px per frame.
    rms_speed
        ``(N,)`` root mean square speed in px per frame.
    persistence
        Persistence time in frames.
    generator
        Source of randomness.
    """
    h = 1.0 / persistence
    kept = np.exp(-h)
    per_axis = (rms_speed / np.sqrt(2.0))[:, None]
    of_velocity = 1.0 - kept**2
    of_both = persistence * (1.0 - kept) ** 2
    of_place = persistence**2 * (2.0 * h - 3.0 + 4.0 * kept - kept**2)
    first, second = generator.standard_normal((2, *velocity.shape))
    push = np.sqrt(of_velocity) * first
    shared = of_both / np.sqrt(of_velocity)
    rest = np.sqrt(max(of_place - shared**2, 0.0))
    displacement = velocity * persistence * (1.0 - kept) + per_axis * (shared * first + rest * second)
    return displacement, velocity * kept + per_axis * push
