"""Horizontal bars of fractions."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from markupsafe import Markup

from podia.reporting.wording import share

_WIDTH, _ROW, _LABEL, _NUMBER = 380, 36, 118, 88


def shares(counts: Mapping[str, int], *, description: str) -> Markup | None:
    """Return a bar for each of `counts` with its number and share, in the order given; None where all are zero."""
    total = sum(counts.values())
    if not total:
        return None
    most = max(counts.values())
    parts = []
    for row, (name, n) in enumerate(counts.items()):
        middle = 20 + row * _ROW
        length = (_WIDTH - _LABEL - _NUMBER) * n / most
        parts.append(f'<text class="category" x="0" y="{middle + 4}">{escape(name)}</text>')
        parts.append(
            f'<rect class="bar" x="{_LABEL}" y="{middle - 9}" width="{max(length, 1):.1f}" height="18" rx="2"/>'
            f'<text class="note" x="{_LABEL + length + 7:.1f}" y="{middle + 4}">{n:,} ({share(n / total)})</text>'
        )
    height = len(counts) * _ROW + 4
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(description)}">'
        f"{''.join(parts)}</svg>"
    )
