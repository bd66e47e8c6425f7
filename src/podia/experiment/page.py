"""HTML page of a comparison, with every figure as SVG and its data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from podia.data.calibration import Calibration
from podia.experiment.compared import Compared
from podia.experiment.config import CompareConfig
from podia.experiment.curve_figures import curve_figures
from podia.experiment.curves import CURVES
from podia.experiment.dose_figures import dose_figures
from podia.experiment.measures import MEASURES, Measure
from podia.experiment.movie_measures import MOVIE_MEASURES, MovieMeasure
from podia.experiment.power import MAX_REPLICATES
from podia.files.atomic import atomic_path
from podia.reporting.charts.forest import ForestRow, forest
from podia.reporting.charts.superplot import superplot
from podia.reporting.page import write_page
from podia.reporting.standalone import write_svg
from podia.reporting.wording import NOT_DEFINED, count, number, pretty_unit, share
from podia.version import __version__

_FOUND = 0.05

_EFFECTS = "effects"
"""Name of the figure of all measures."""

_CORRECTIONS = {
    "benjamini-hochberg": "Benjamini-Hochberg (one significant result in twenty is false on average)",
    "holm": "Holm (the probability of any false result in the table is at most 5 %)",
    "none": "none (one comparison in twenty of equal conditions is significant by chance)",
}


@dataclass(frozen=True)
class ComparedFigure:
    """A SuperPlot with its title and its rows of the comparison, as text."""

    name: str
    title: str
    plot: Markup | None
    rows: tuple[dict[str, str], ...]


def write_comparison(compared: Compared, config: CompareConfig, folder: Path) -> Path:
    """Write ``compare.html`` and ``figures`` to `folder`, and return the path of the page.

    Figures of an earlier comparison are removed first; other files are kept.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    gathered, comparison, replicates = compared.gathered, compared.comparison, compared.replicates
    calibration = gathered.calibration
    measures: list[tuple[pd.DataFrame, Measure | MovieMeasure]] = [
        *((gathered.movies, measure) for measure in compared.movie_measures),
        *((gathered.cells, measure) for measure in compared.measures),
    ]
    figures = [_figure(rows, calibration, measure, comparison, replicates) for rows, measure in measures]
    words = {measure.column_name(calibration): measure.words for _, measure in measures}
    units = {
        measure.column_name(calibration): pretty_unit(measure.unit(calibration)) for _, measure in measures
    }
    curves, doses = curve_figures(compared), dose_figures(compared, words, units)
    effects = _effects(comparison, words)
    _remove_figures(folder / "figures")
    for drawn in (*curves, *doses):
        if drawn.plot is not None:
            _write_figure(drawn.plot, drawn.data, folder / "figures" / drawn.name)
    for figure, (rows, measure) in zip(figures, measures, strict=True):
        if figure.plot is not None:
            column = measure.column_name(calibration)
            keys = [name for name in ("condition", "replicate", "movie", "track_id") if name in rows]
            data = rows[[*keys, column]]
            _write_figure(figure.plot, data[data[column].notna()], folder / "figures" / figure.name)
    if effects is not None:
        columns = ["measure", "condition", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted"]
        _write_figure(effects, comparison[columns], folder / "figures" / _EFFECTS)
    return write_page(
        "compare.html.j2",
        folder / "compare.html",
        package="podia.experiment",
        version=__version__,
        title=" · ".join(dict.fromkeys(gathered.cells["condition"])),
        facts=_facts(gathered.cells),
        found=_found(comparison, words),
        notes=gathered.notes,
        effects=effects,
        figures=figures,
        curves=curves,
        doses=doses,
        replicates=_replicate_rows(replicates, words),
        control=comparison["control"].iloc[0],
        paired=config.paired,
        correction=_CORRECTIONS[config.correction],
        min_frames=config.min_frames,
        units=_unit_words(calibration),
    )


def _figure(
    table: pd.DataFrame,
    calibration: Calibration,
    measure: Measure | MovieMeasure,
    comparison: pd.DataFrame,
    replicates: pd.DataFrame,
) -> ComparedFigure:
    column = measure.column_name(calibration)
    unit = pretty_unit(measure.unit(calibration))
    cells = {
        str(condition): {
            str(name): v.to_numpy(np.float64) for name, v in rows.groupby("replicate", sort=True)[column]
        }
        for condition, rows in table.groupby("condition", sort=False)
    }
    values: dict[str, dict[str, float]] = {}
    for row in replicates[replicates["measure"] == column].itertuples():
        values.setdefault(str(row.condition), {})[str(row.replicate)] = float(row.value)
    rows = comparison[comparison["measure"] == column].to_dict("records")
    plot = superplot(cells, values, label=measure.words.lower(), unit=unit)
    return ComparedFigure(
        measure.name,
        measure.words,
        plot,
        tuple(_row_words({str(k): v for k, v in row.items()}, unit) for row in rows),
    )


def _row_words(row: dict[str, Any], unit: str) -> dict[str, str]:
    return {
        "condition": row["condition"],
        "difference": number(row["difference"], unit),
        "interval": _range(row["difference_low"], row["difference_high"]),
        "ratio": number(row["ratio"]),
        "ratio_interval": _range(row["ratio_low"], row["ratio_high"]),
        "g": f"{number(row['hedges_g'], digits=2)} ({_range(row['hedges_g_low'], row['hedges_g_high'], digits=2)})",
        "p": _p(row["p_value"]),
        "adjusted": _p(row["p_adjusted"]),
        "cells": _p(row["p_cells"]),
        "between": share(row["variance_of_replicates"]),
        "detectable": number(row["detectable_ratio"]),
        "needed": _needed(row),
        "tone": "found" if row["p_adjusted"] < _FOUND else "",
    }


def _needed(row: dict[str, Any]) -> str:
    if not math.isfinite(row["detectable_ratio"]):
        return NOT_DEFINED
    needed = row["replicates_for_20_percent"]
    return f"over {MAX_REPLICATES:,}" if pd.isna(needed) else str(needed)


def _effects(comparison: pd.DataFrame, words: dict[str, str]) -> Markup | None:
    several = len(set(comparison["condition"])) > 1
    rows = [
        ForestRow(
            f"{words[row.measure]}, {row.condition}" if several else words[row.measure],
            row.ratio,
            row.ratio_low,
            row.ratio_high,
            bool(row.p_adjusted < _FOUND),
        )
        for row in comparison.itertuples()
    ]
    return forest(rows, label=f"ratio to {comparison['control'].iloc[0]}, 95 % interval over replicates")


def _found(comparison: pd.DataFrame, words: dict[str, str]) -> list[str]:
    return [
        f"{words[row.measure]} of {row.condition}: {number(row.ratio if math.isfinite(row.ratio) else row.difference)} "
        f"{'times' if math.isfinite(row.ratio) else 'more than'} {row.control} (adjusted p = {_p(row.p_adjusted)})"
        for row in comparison[comparison["p_adjusted"] < _FOUND].itertuples()
    ]


def _facts(cells: pd.DataFrame) -> list[str]:
    facts = []
    for condition, rows in cells.groupby("condition", sort=False):
        n = rows["replicate"].nunique()
        facts.append(f"{condition}: {count(n, 'replicate')}, {count(len(rows), 'cell')}")
    return facts


def _replicate_rows(replicates: pd.DataFrame, words: dict[str, str]) -> list[dict[str, str]]:
    return [
        {
            "measure": words[row.measure],
            "condition": row.condition,
            "replicate": row.replicate,
            "n": f"{row.n_cells:,}",
            "value": number(row.value),
            "mean": number(row.mean),
            "median": number(row.median),
            "deviation": number(row.deviation),
        }
        for row in replicates.itertuples()
    ]


def _remove_figures(folder: Path) -> None:
    """Remove all figures of an earlier comparison."""
    names = [*(measure.name for measure in MEASURES), *(measure.name for measure in MOVIE_MEASURES)]
    curves = [f"curve_{curve.name}" for curve in CURVES]
    doses = [path.stem for path in folder.glob("dose_response_*.svg")]
    for name in (_EFFECTS, *names, *curves, *doses):
        for suffix in (".svg", ".csv"):
            (folder / (name + suffix)).unlink(missing_ok=True)


def _write_figure(plot: Markup, data: pd.DataFrame, base: Path) -> None:
    write_svg(plot, base.with_name(base.name + ".svg"))
    with atomic_path(base.with_name(base.name + ".csv")) as temporary:
        data.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def _unit_words(calibration: Calibration) -> str:
    return f"lengths in {pretty_unit(calibration.length_unit)}, times in {calibration.time_unit}"


def _range(low: float, high: float, *, digits: int = 3) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(math.nan)
    return f"{number(low, digits=digits)} to {number(high, digits=digits)}"


def _p(value: float) -> str:
    if not math.isfinite(value):
        return number(value)
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"
