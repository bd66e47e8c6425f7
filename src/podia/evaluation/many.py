"""Evaluation of several movies, each a pair of truth and result, with an optional second result to compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie
from podia.data.progress import Progress
from podia.evaluation.bootstrap import Interval
from podia.evaluation.comparison import compare_results
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.evaluate import evaluate
from podia.evaluation.intervals import pool_movies
from podia.evaluation.report import write_evaluation
from podia.evaluation.result import Evaluation
from podia.io.analysis_folder import require_no_analysis
from podia.io.read import read


@dataclass(frozen=True)
class Pair:
    """Truth and result of a movie, and a second result on the same truth; None where there is none."""

    truth: Path | None
    result: Path
    other: Path | None = None


@dataclass(frozen=True)
class EvaluatedMovies:
    """Scores of each movie, scores over all of them, and the comparison with the second results."""

    pairs: tuple[Pair, ...]
    evaluations: tuple[Evaluation, ...]
    pooled: dict[str, Interval] | None
    """None for a single movie."""
    comparison: pd.DataFrame | None
    """None without second results."""


def pair_up(paths: Sequence[Path], against: Sequence[Path] = ()) -> tuple[Pair, ...]:
    """Return the pairs in `paths`: truth, result, truth, result ...; a single path is a result without truth.

    Raises
    ------
    InvalidInputError
        If a path has no partner, or `against` does not have one path per pair.
    """
    if len(paths) > 1 and len(paths) % 2:
        raise InvalidInputError(
            f"Give pairs of truth and result: GT RES [GT RES ...]. {len(paths)} paths are not pairs."
        )
    truths: Sequence[Path | None] = [None] if len(paths) == 1 else paths[::2]
    both = list(zip(truths, paths[-1:] if len(paths) == 1 else paths[1::2], strict=True))
    if against and len(against) != len(both):
        raise InvalidInputError(
            f"--against is needed once per pair: {len(against)} given for {len(both)} pairs."
        )
    others: Sequence[Path | None] = against or [None] * len(both)
    return tuple(Pair(truth, result, other) for (truth, result), other in zip(both, others, strict=True))


def page_folders(output: Path, n_movies: int) -> tuple[Path, ...]:
    """Return the folder of each movie's page: `output` itself for one movie, ``output/01`` ... for more.

    Raises
    ------
    OutputError
        If one of them is an analysis folder.
    """
    numbers = range(1, n_movies + 1)
    folders = (output,) if n_movies == 1 else tuple(output / f"{number:02d}" for number in numbers)
    for folder in folders:
        require_no_analysis(folder)
    return folders


def evaluate_pairs(
    pairs: Sequence[Pair],
    config: EvaluationConfig,
    *,
    measures: Sequence[str] | None,
    unlabelled: LabelMovie | None,
    progress: Callable[[str], Progress],
) -> EvaluatedMovies:
    """Return the scores of `pairs`; `progress` gives the callback for the result of that name."""

    def score(truth: Path | None, result: Path) -> Evaluation:
        return evaluate(
            truth,
            result,
            config,
            measures=measures,
            unlabelled=unlabelled,
            progress=progress(result.name),
        )

    found = [score(pair.truth, pair.result) for pair in pairs]
    others = [score(pair.truth, pair.other) for pair in pairs if pair.other is not None]
    return EvaluatedMovies(
        tuple(pairs),
        tuple(found),
        pool_movies(found) if len(found) > 1 else None,
        compare_results(found, others, seed=config.seed) if others else None,
    )


def write_pages(evaluated: EvaluatedMovies, folders: Sequence[Path], movie: Path | None = None) -> None:
    """Write the page and the tables of each movie; `movie` gives grey values for its pictures."""
    images = None if movie is None else read(movie)
    for folder, pair, evaluation in zip(folders, evaluated.pairs, evaluated.evaluations, strict=True):
        sources = None if pair.truth is None else (pair.truth, pair.result)
        write_evaluation(evaluation, folder, sources=sources, movie=images, comparison=evaluated.comparison)
