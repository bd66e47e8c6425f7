"""Plain numbers of linking by likelihood that no user needs to set, in one place.

``benchmarks/tracking/linking_left_out.py`` chooses them, with the settings ``overlap_gain``, ``division_gain`` and
``division_spread``, on all data sets but one, and scores them on that one; scores hardly change around them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LinkingConstants:
    """What a movie cannot tell of itself.

    Parameters
    ----------
    displacement_tail
        Degrees of freedom of the t distribution of displacements.
    prior_step
        Prior scale of a step over the farthest one; 0.05 to 0.1 in true tracks of five cell types.
    rate_inside, rate_at_edge
        Prior share of cells that come, and that go, from one frame to the next: inside the field, and at its edge.
    plain_step_penalty
        What it costs to explain a step without the last one: cells turn.
    round_slope
        Gain of a division per unit of the mother's solidity beyond ``division_min_solidity``.
    middle_tail
        Degrees of freedom of where the middle between sisters lies.
    seen_once
        What it costs that the movie ends with a division: whatever else comes in beside a cell looks the same.
    """

    displacement_tail: float = 3.0
    prior_step: float = 0.07
    rate_inside: float = 0.003
    rate_at_edge: float = 0.03
    plain_step_penalty: float = 0.5
    round_slope: float = 150.0
    middle_tail: float = 5.0
    seen_once: float = 2.0


LINKING = LinkingConstants()
"""The constants that podia uses."""
