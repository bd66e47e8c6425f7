"""Lineage trees: time runs to the right, each track is a line, a division is a fork."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from markupsafe import Markup

from podia.reporting.charts.axis import Axis

WIDTH = 900
"""Width in SVG units; the figure takes the width of the page."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 30, 8, 34
_ROW = 17


def lineage_tree(
    tracks: Mapping[int, tuple[float, float]],
    daughters: Mapping[int, Sequence[int]],
    roots: Sequence[int],
    *,
    time: tuple[float, float],
    time_label: str,
    whole: bool = False,
) -> Markup:
    """Return the trees of `roots` under each other.

    Parameters
    ----------
    tracks
        Time of the first and of the last frame of each track.
    daughters
        By mother; tracks without are left out.
    time
        Of the first and of the last frame of the movie.
    whole
        Whether times are whole numbers.
    """
    rows = _rows(daughters, roots)
    height = _TOP + _ROW * (1 + int(max(rows.values(), default=0))) + _BOTTOM
    x = Axis.exact(time_label, *time, whole=whole)

    def at(when: float) -> float:
        return _LEFT + float(x.place(when)) * (WIDTH - _LEFT - _RIGHT)

    def down(track: int) -> float:
        return _TOP + _ROW * (rows[track] + 0.5)

    floor = height - _BOTTOM
    parts = [
        f'<line class="grid" x1="{at(tick):.1f}" y1="{_TOP}" x2="{at(tick):.1f}" y2="{floor}"/>'
        f'<text class="tick" x="{at(tick):.1f}" y="{floor + 14}" text-anchor="middle">'
        f"{escape(x.tick_text(tick))}</text>"
        for tick in x.ticks
    ]
    for track in rows:
        begin, end = (at(when) for when in tracks[track])
        forks = "".join(
            f"M{end:.1f},{down(track):.1f}L{at(tracks[one][0]):.1f},{down(one):.1f}"
            for one in daughters.get(track, ())
        )
        parts.append(
            f'<g class="track" data-track="{track}"><title>track {track}</title>'
            f'<path d="M{begin:.1f},{down(track):.1f}H{max(end, begin + 1):.1f}{forks}"/>'
            f'<text class="aside" x="{begin + 3:.1f}" y="{down(track) - 3:.1f}">{track}</text></g>'
        )
    parts.append(
        f'<text class="label" x="{WIDTH - _RIGHT}" y="{height - 4}" text-anchor="end">{escape(x.label)}</text>'
    )
    return Markup(
        f'<svg class="plot tree" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Lineage trees of {len(roots)} '
        f'cells that divide">{"".join(parts)}</svg>'
    )


def _rows(daughters: Mapping[int, Sequence[int]], roots: Sequence[int]) -> dict[int, float]:
    """Return the row of each track: leaves one under the other, a mother in the middle of her daughters."""
    rows: dict[int, float] = {}
    n_leaves = 0
    # Depth first without recursion: a long lineage is deeper than Python's stack.
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        track, seen = stack.pop()
        below = daughters.get(track, ())
        if seen:
            rows[track] = sum(rows[one] for one in below) / len(below)
        elif not below:
            rows[track] = float(n_leaves)
            n_leaves += 1
        else:
            stack.append((track, True))
            stack.extend((one, False) for one in reversed(below))
    return rows
