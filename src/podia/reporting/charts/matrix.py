"""Heat map of a square matrix."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.wording import share

_WIDTH, _LEFT, _TOP, _CELL = 380, 70, 34, 40


def share_matrix(
    values: NDArray[np.float64],
    names: Sequence[str],
    *,
    rows: str,
    columns: str,
    titles: Sequence[Sequence[str]],
) -> Markup | None:
    """Return the shares `values` ``(N, N)``, from 0 to 1, as coloured squares; None where none is defined.

    Parameters
    ----------
    names
        Of the N rows and columns.
    rows, columns
        What they are, in words.
    titles
        What each square says to the reader who points at it.
    """
    if not np.isfinite(values).any():
        return None
    size = min(_CELL, (_WIDTH - _LEFT) // len(names))
    parts = [
        f'<text class="label" x="{_LEFT}" y="12">{escape(columns)}</text>',
        f'<text class="label" x="0" y="{_TOP - 6}">{escape(rows)}</text>',
    ]
    for i, name in enumerate(names):
        parts.append(
            f'<text class="tick" x="{_LEFT + (i + 0.5) * size}" y="{_TOP - 6}" text-anchor="middle">'
            f"{escape(name)}</text>"
        )
        parts.append(
            f'<text class="tick" x="{_LEFT - 8}" y="{_TOP + (i + 0.5) * size + 4}" text-anchor="end">'
            f"{escape(name)}</text>"
        )
        for j, value in enumerate(values[i].tolist()):
            if not np.isfinite(value):
                continue
            x, y = _LEFT + j * size, _TOP + i * size
            parts.append(
                f'<g><rect class="heat" x="{x}" y="{y}" width="{size - 2}" height="{size - 2}" rx="3" '
                f'fill-opacity="{0.06 + 0.8 * value:.3f}"/><text class="note" x="{x + size / 2 - 1}" '
                f'y="{y + size / 2 + 3}" text-anchor="middle">{share(value)}</text>'
                f"<title>{escape(titles[i][j])}</title></g>"
            )
    height = _TOP + len(names) * size + 6
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(rows)} {escape(columns)}">'
        f"{''.join(parts)}</svg>"
    )
