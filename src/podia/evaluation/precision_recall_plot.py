"""Precision-recall curve as SVG."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

_SIZE, _LEFT, _TOP, _MARGIN = 300, 44, 14, 40
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def precision_recall_plot(curve: pd.DataFrame, best_threshold: float) -> Markup:
    """Return the curve as an ``svg`` element with one point per threshold; the one with the best F is filled.

    Parameters
    ----------
    curve
        From :func:`podia.evaluation.precision_recall.precision_recall`, with a defined precision and recall somewhere.
    best_threshold
        Threshold of the filled point.
    """
    known = curve.dropna(subset=["localisation_precision", "localisation_recall"])
    x, y = (
        (_LEFT + _SIZE * known["localisation_recall"]),
        _TOP + _SIZE * (1 - known["localisation_precision"]),
    )
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    dots = [
        f'<circle class="{"best" if row.threshold == best_threshold else "dot"}" cx="{a:.1f}" cy="{b:.1f}" '
        f'r="{5 if row.threshold == best_threshold else 2.5}"><title>score from {row.threshold:.4g}: precision '
        f"{row.localisation_precision:.3f}, recall {row.localisation_recall:.3f}, F {row.F:.3f}</title></circle>"
        for a, b, row in zip(x, y, known.itertuples(), strict=True)
    ]
    width, height = _LEFT + _SIZE + 16, _TOP + _SIZE + _MARGIN
    return Markup(
        f'<svg class="curve" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="Precision against recall">{_axes()}<polyline points="{line}"/>{"".join(dots)}</svg>'
    )


def _axes() -> str:
    bottom = _TOP + _SIZE
    parts = []
    for tick in _TICKS:
        at = float(np.round(_SIZE * tick, 1))
        parts.append(f'<line x1="{_LEFT}" y1="{bottom - at}" x2="{_LEFT + _SIZE}" y2="{bottom - at}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{bottom - at + 4}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<line x1="{_LEFT + at}" y1="{_TOP}" x2="{_LEFT + at}" y2="{bottom}"/>')
        parts.append(f'<text x="{_LEFT + at}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{_LEFT + _SIZE / 2}" y="{bottom + 34}" text-anchor="middle">recall</text>')
    parts.append(
        f'<text x="12" y="{_TOP + _SIZE / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {_TOP + _SIZE / 2})">precision</text>'
    )
    return "".join(parts)
