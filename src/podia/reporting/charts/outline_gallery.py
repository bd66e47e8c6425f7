"""Rows of small cell outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

_WIDTH, _LABEL, _ROW = 380, 92, 62


@dataclass(frozen=True)
class OutlineRow:
    """A row of outlines ``(N, 2)`` as ``(y, x)``, y down, with its words and the words under each."""

    name: str
    detail: str
    outlines: tuple[NDArray[np.float64], ...]
    captions: tuple[str, ...]


def outline_rows(rows: Sequence[OutlineRow], *, description: str) -> Markup | None:
    """Return the rows under each other, all outlines to one scale; None without an outline."""
    if not any(np.isfinite(outline).any() for row in rows for outline in row.outlines):
        return None
    most = max(len(row.outlines) for row in rows)
    reach = max(float(np.abs(outline).max()) for row in rows for outline in row.outlines)
    column = (_WIDTH - _LABEL) / most
    scale = 0.44 * min(column, _ROW - 14) / reach
    parts = []
    for index, row in enumerate(rows):
        middle = index * _ROW + 0.5 * (_ROW - 10)
        parts.append(f'<text class="category" x="0" y="{middle:.1f}">{escape(row.name)}</text>')
        parts.append(f'<text class="tick" x="0" y="{middle + 15:.1f}">{escape(row.detail)}</text>')
        for place, (outline, caption) in enumerate(zip(row.outlines, row.captions, strict=True)):
            centre = _LABEL + (place + 0.5) * column
            points = [f"{centre + scale * x:.1f},{middle + scale * y:.1f}" for y, x in outline.tolist()]
            parts.append(f'<path class="shape" d="M{"L".join(points)}Z"/>')
            parts.append(
                f'<text class="tick" x="{centre:.1f}" y="{(index + 1) * _ROW - 3}" text-anchor="middle">'
                f"{escape(caption)}</text>"
            )
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {len(rows) * _ROW + 4}" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )
