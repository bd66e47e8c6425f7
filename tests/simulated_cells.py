"""Single simulated cells of known geometry."""

from __future__ import annotations

from typing import Any

import numpy as np

from podia.simulation.shape import MODES, Arm, CellShape


def arm(**changes: Any) -> Arm:
    """A straight protrusion of constant width, 4 px wide, pointing to +x, its half disc at 50 px."""
    plain: dict[str, Any] = {
        "protrusion_id": 1,
        "angle": 0.0,
        "reach": 50.0,
        "bend": 0.0,
        "twist": 0.0,
        "width": 4.0,
        "taper": 1.0,
        "flare": 0.0,
        "rim": 15.0,
    }
    return Arm(**(plain | changes))


def cell(*arms: Arm, **changes: Any) -> CellShape:
    """A disc of radius 15 px around (60, 60) with these protrusions."""
    plain: dict[str, Any] = {
        "cell_id": 1,
        "y": 60.0,
        "x": 60.0,
        "radius": 15.0,
        "modes": np.zeros(len(MODES), complex),
        "rotation": 0.0,
        "roundness": 0.0,
        "height": 0.0,
        "arms": arms,
    }
    return CellShape(**(plain | changes))
