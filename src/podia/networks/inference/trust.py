"""Trust in the cells found by a network, estimated from its own predictions."""

from __future__ import annotations

from dataclasses import dataclass

TRUST_LIMIT = 0.3
"""Trust below which podia warns."""

TRAINING_HINT = (
    "Look at the masks first. If they are wrong, check --cell-diameter, then train the network on your "
    "cells: 'podia annotate MOVIE -o my_data', draw cells on a few frames, and 'podia train podia "
    "my_data -o my_model'."
)


@dataclass(frozen=True)
class Trust:
    """How well a network seems to know the cells in a movie.

    Parameters
    ----------
    value
        0 to 1: about the probability that SEG is 0.5 or more.
    frames
        Frames that were checked, the least trusted first.
    """

    value: float
    frames: tuple[int, ...]

    @property
    def knows(self) -> bool:
        """Whether the network seems to know these cells."""
        return self.value >= TRUST_LIMIT
