"""Where background is known if only some cells were annotated: near those that were."""

from __future__ import annotations

from podia.labels.foreground import Mask


def known_surroundings(near: Mask, spacing_px: int | None) -> Mask:
    """Return which pixels ``(Y, X)`` are `near` annotated cells, or on a sparse grid.

    Who annotates a cell has looked at its surroundings, and would have annotated the next cell there too. Farther away
    nobody may have looked. The grid holds one pixel in each block of `spacing_px`; patches are cut from anywhere, so
    that over a training every pixel counts as background now and then; None is no grid.
    """
    known = near.copy()
    if spacing_px is not None:
        known[spacing_px // 2 :: spacing_px, spacing_px // 2 :: spacing_px] = True
    return known
