"""Evaluation report: an HTML page, JSON and CSV tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from podia.data.movie import Movie
from podia.evaluation.inputs import Source, open_input
from podia.evaluation.pictures import FOUND_COLOUR, TRUE_COLOUR, CellPicture, worst_cells
from podia.evaluation.precision_recall_plot import precision_recall_plot
from podia.evaluation.result import Evaluation
from podia.evaluation.scores import OF_THE_CURVE, SCORES, Score
from podia.files.atomic import atomic_path
from podia.io.analysis_folder import require_no_analysis

_GROUP_TITLES = {
    "ctc": "Cell Tracking Challenge",
    "overlap": "Foreground overlap",
    "instances": "Instance segmentation",
    "boundary": "Outlines",
    "thin": "Thin structures",
    "localisation": "Positions",
    "tips": "Protrusion tips",
    "stability": "Temporal stability",
}


_THRESHOLDS_SHOWN = 8


@dataclass(frozen=True)
class ScoreRow:
    """A score for the page."""

    score: Score
    value: str
    interval: str


def write_evaluation(
    evaluation: Evaluation,
    folder: str | Path,
    *,
    sources: tuple[Source, Source] | None = None,
    movie: Movie | None = None,
    comparison: pd.DataFrame | None = None,
) -> Path:
    """Write ``scores.json``, ``cells.csv``, ``frames.csv``, ``events.csv`` and ``evaluation.html``; return the last.

    If detections have scores, ``precision_recall.csv`` is written as well, and the page plots it.

    Parameters
    ----------
    folder
        Created if it is missing. Each file is written atomically.
    sources
        Truth and result, to draw the worst cells; without them, or without masks, the page has no images.
    movie
        Grey values beneath the outlines.
    comparison
        From :func:`podia.evaluation.comparison.compare_results`; also written as ``comparison.csv``.

    Raises
    ------
    OutputError
        If `folder` is an analysis folder, or there is no space or no permission to write.
    InvalidInputError
        If the movie does not match the labels.
    """
    folder = Path(folder)
    require_no_analysis(folder)
    tables = {"cells": evaluation.cells, "frames": evaluation.frames, "events": evaluation.events}
    if comparison is not None:
        tables["comparison"] = comparison
    curve = evaluation.precision_recall
    if len(curve):
        tables["precision_recall"] = curve
    pictures = _pictures(evaluation, sources, movie)
    page = (
        _environment()
        .get_template("evaluation.html.j2")
        .render(
            evaluation=evaluation,
            groups=score_rows(evaluation),
            pictures=pictures,
            curve=precision_recall_plot(curve, evaluation.scores["best_threshold"]) if len(curve) else None,
            thresholds=_shown_thresholds(evaluation),
            comparison=[] if comparison is None else comparison.to_dict("records"),
            true_colour="rgb({}, {}, {})".format(*TRUE_COLOUR),
            found_colour="rgb({}, {}, {})".format(*FOUND_COLOUR),
            files=[f"{name}.csv" for name in tables],
        )
    )
    for name, table in tables.items():
        with atomic_path(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
    for name, text in (("scores.json", json_text(evaluation)), ("evaluation.html", page)):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder / "evaluation.html"


def json_text(evaluation: Evaluation) -> str:
    """Return an evaluation as JSON with fixed keys; scores that are not computed or undefined are null."""
    return json.dumps(evaluation.as_dict(), indent=2, allow_nan=False) + "\n"


def score_rows(evaluation: Evaluation) -> dict[str, list[ScoreRow]]:
    """Return the computed scores as text, by the title of their group."""
    rows: dict[str, list[ScoreRow]] = {}
    for score in SCORES:
        value = evaluation.scores[score.name]
        if score.group not in evaluation.measures:
            continue
        if pd.isna(value) and (score.group == "ctc" or score.name in OF_THE_CURVE):
            continue
        interval = evaluation.intervals.get(score.name)
        shown = "" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"
        text = "undefined" if pd.isna(value) else f"{value:.6f}"
        rows.setdefault(_GROUP_TITLES[score.group], []).append(ScoreRow(score, text, shown))
    return rows


def _shown_thresholds(evaluation: Evaluation) -> list[dict[str, float]]:
    """Return evenly spaced rows of the curve for the page, including the one with the best F."""
    curve = evaluation.precision_recall
    if curve.empty:
        return []
    spread = np.linspace(0, len(curve) - 1, min(len(curve), _THRESHOLDS_SHOWN)).round().astype(int)
    best = np.flatnonzero(curve["threshold"] == evaluation.scores["best_threshold"])
    rows = curve.iloc[np.unique(np.concatenate([spread, best]))]
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _pictures(
    evaluation: Evaluation, sources: tuple[Source, Source] | None, movie: Movie | None
) -> list[CellPicture]:
    if sources is None or evaluation.cells.empty:
        return []
    truth, result = open_input(sources[0], "truth"), open_input(sources[1], "result")
    if truth.outlines is None or result.outlines is None:
        return []
    return worst_cells(truth, result, evaluation.cells, movie=movie)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("podia.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
