"""Constants of linking by likelihood that users need not set.

``benchmarks/tracking/linking_left_out.py`` chooses them, with the settings ``overlap_gain``, ``division_gain`` and
``division_spread``, on all data sets except one, and scores them on that one; scores are insensitive to small changes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LinkingConstants:
    """Constants that cannot be estimated from a movie.

    Parameters
    ----------
    displacement_tail
        Degrees of freedom of the t distribution of displacements.
    prior_step
        Prior scale of a step relative to the maximum distance; 0.05 to 0.1 in true tracks of five cell types.
    rate_inside, rate_at_edge
        Prior share of cells that appear, and that disappear, per frame: inside the field, and at its edge.
    plain_step_penalty
        Cost of predicting a step without the previous step, because cells turn.
    round_slope
        Gain of a division per unit of the mother's solidity beyond ``division_min_solidity``.
    middle_tail
        Degrees of freedom of the position of the midpoint between sisters.
    seen_once
        Cost of a division at the end of the movie, where any cell that appears beside another looks the same.
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
"""The default constants."""
