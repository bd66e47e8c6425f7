"""Trust in the cells that a network finds, estimated from its own predictions."""

from __future__ import annotations

from dataclasses import dataclass

TRUST_LIMIT = 0.3
"""Trust below which a warning is given."""

HOW_TO_TEACH = (
    "Look at the masks first. If they are wrong, check --cell-diameter, then teach the network: "
    "'podia annotate MOVIE -o my_data', draw cells on a few frames, and 'podia train podia my_data -o my_model'."
)


@dataclass(frozen=True)
class Trust:
    """How well a network seems to know the cells of a movie.

    Parameters
    ----------
    value
        0 to 1: about the chance that cells found overlap true ones by half or more, on average.
    frames
        The frames looked at, the least trusted first.
    """

    value: float
    frames: tuple[int, ...]

    @property
    def knows(self) -> bool:
        """Whether the network seems to know the cells."""
        return self.value >= TRUST_LIMIT
