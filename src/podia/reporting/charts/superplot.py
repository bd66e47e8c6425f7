"""SuperPlots: cells, replicates and conditions (Lord et al., Journal of Cell Biology 219, e202001064, 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot
from podia.reporting.wording import count, number

N_COLOURS = 6
"""Colours of replicates in the style sheet; further ones begin anew."""

_MAX_DOTS = 150
"""Cells of a replicate that are drawn, evenly over their ranks."""

_WIDEST = 0.34
"""Half width of the cloud of a condition's cells, in distances of conditions."""


@dataclass(frozen=True)
class ConditionAxis(Axis):
    """An axis with a place for each condition, from 0, and names in place of numbers."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: tuple[str, ...]) -> ConditionAxis:
        """Return the axis for `names`."""
        places = tuple(float(place) for place in range(len(names)))
        return cls("", -0.5, len(names) - 0.5, places, names=names)

    def tick_text(self, value: float) -> str:
        """Return the condition at `value`."""
        return self.names[round(value)]


def superplot(
    cells: Mapping[str, Mapping[str, NDArray[np.float64]]],
    replicates: Mapping[str, Mapping[str, float]],
    *,
    label: str,
    unit: str,
) -> Markup | None:
    """Return small dots for cells, large ones for replicates, a bar for the mean of these; None without any.

    Parameters
    ----------
    cells
        Condition -> replicate -> values of its cells. A replicate has one colour in all conditions.
    replicates
        Condition -> replicate -> its value, such as the mean of its cells; for all replicates with a cell.
    label, unit
        What is measured, and its unit.
    """
    known = {
        condition: {name: v[np.isfinite(v)] for name, v in of_condition.items() if np.isfinite(v).any()}
        for condition, of_condition in cells.items()
    }
    every = [v for of_condition in known.values() for v in of_condition.values()]
    if not every:
        return None
    together = np.concatenate(every)
    low, high = (float(end) for end in np.percentile(together, [0.5, 99.5]))
    large = [
        replicates[condition][name] for condition, of_condition in known.items() for name in of_condition
    ]
    y = Axis.linear(f"{label} ({unit})" if unit else label, min(low, *large), max(high, *large))
    colours = {
        name: i % N_COLOURS + 1 for i, name in enumerate(dict.fromkeys(n for r in known.values() for n in r))
    }
    legend = [("replicates:", "")] + [(name, f"replicate-{colour}") for name, colour in colours.items()]
    plot = Plot(
        ConditionAxis.of(tuple(known)), y, description=f"{label}: cells and replicates", legend=legend
    )
    beyond = 0
    for place, of_condition in enumerate(known.values()):
        for name, values in of_condition.items():
            shown = _sample(np.sort(values))
            inside = shown[(shown >= y.low) & (shown <= y.high)]
            beyond += int(((values < y.low) | (values > y.high)).sum())
            for x, value in zip(place + _spread(inside, y, len(of_condition)), inside, strict=True):
                plot.dot(float(x), float(value), 2.0, f"cell replicate-{colours[name]}")
    for place, (condition, of_condition) in enumerate(known.items()):
        large_dots = {name: (replicates[condition][name], len(v)) for name, v in of_condition.items()}
        _replicates(plot, place, condition, large_dots, colours, unit)
    if beyond:
        plot.footnote(f"{count(beyond, 'cell')} beyond the axis")
    return plot.svg()


def _replicates(
    plot: Plot,
    place: int,
    condition: str,
    replicates: Mapping[str, tuple[float, int]],
    colours: Mapping[str, int],
    unit: str,
) -> None:
    """Draw replicates, each given as its value and its number of cells, and the bar."""
    if replicates:
        middle = float(np.mean([value for value, _ in replicates.values()]))
        plot.line(
            [place - 0.25, place + 0.25],
            [middle, middle],
            "mean",
            title=f"{condition}: {number(middle, unit)}",
        )
    n = len(replicates)
    offsets = (np.arange(n) - (n - 1) / 2) * min(0.14, 0.45 / max(n, 1))
    for offset, (name, (value, n_cells)) in zip(offsets, replicates.items(), strict=True):
        title = f"{condition}, replicate {name}: {number(value, unit)} of {n_cells}"
        plot.dot(place + float(offset), value, 5.5, f"replicate replicate-{colours[name]}", title=title)


def _sample(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(values) <= _MAX_DOTS:
        return values
    chosen = np.linspace(0, len(values) - 1, _MAX_DOTS).round().astype(int)
    return np.asarray(values[chosen], dtype=np.float64)


def _spread(values: NDArray[np.float64], y: Axis, n_replicates: int) -> NDArray[np.float64]:
    """Return how far aside each dot stands: the wider, the more dots are at its height; always the same way."""
    if not len(values):
        return np.zeros(0)
    counts, edges = np.histogram(values, bins=24, range=(y.low, y.high))
    which = np.clip(np.digitize(values, edges) - 1, 0, len(counts) - 1)
    share = counts[which] / max(int(counts.max()), 1)
    # Steps of the golden ratio fill a range evenly from any number of dots on.
    aside = (np.arange(len(values)) * 0.618034 + 1 / (n_replicates + 1)) % 1 * 2 - 1
    return np.asarray(_WIDEST * np.sqrt(share) * aside, dtype=np.float64)
