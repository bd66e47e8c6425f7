"""``podia evaluate``: scores of results against ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options
from podia.data.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas as pd

    from podia.evaluation.bootstrap import Interval
    from podia.evaluation.result import Evaluation


def evaluate_results(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="GT RES",
            help=(
                "Ground truth and result: Cell Tracking Challenge folder, label file or folder, CSV of centroids "
                "(frame,y,x in px), analysis folder, or simulation folder. Give more pairs for more movies. "
                "A result without truth is scored for its stability in time."
            ),
        ),
    ],
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures",
            help=(
                "Scores, separated by commas: ctc, overlap, instances, boundary, thin, localisation, tips, stability, "
                "or single ones such as SEG. Default: all that apply."
            ),
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the page and tables.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", help="Second result, compared with RES on the same truth. One per pair."),
    ] = None,
    movie: Annotated[
        Path | None, typer.Option("--movie", help="Movie, for pictures of the worst cells on the page (-o).")
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            "--unlabelled",
            help="Label image, non-zero in unannotated regions. Detections there are not counted as false positives.",
        ),
    ] = None,
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="LENGTH", help="Boundary F-score: tolerance, in px or um.")
    ] = "2 px",
    cut_off: Annotated[
        str,
        typer.Option(
            "--cut-off", metavar="LENGTH", help="Positions: maximum distance to the true cell, in px or um."
        ),
    ] = "70 px",
    tip_cut_off: Annotated[
        str,
        typer.Option(
            "--tip-cut-off", metavar="LENGTH", help="Tips: maximum distance to the true tip, in px or um."
        ),
    ] = "3 px",
    pixel_size_um: options.PixelSize = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed of the bootstrap.")] = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Score results against ground truth: segmentation, tracking, detection, outlines, protrusions.

    The type of each path is detected automatically. Exit code 2: truth and result cannot be compared.
    """
    from podia.cli.progress import progress_bars
    from podia.evaluation.comparison import compare_results
    from podia.evaluation.config import EvaluationConfig
    from podia.evaluation.evaluate import evaluate
    from podia.io.analysis_folder import require_no_analysis
    from podia.io.read import read_labels

    pairs = _pairs(paths)
    _check_options(pairs, against, movie, output)
    folders = [] if output is None else _folders(output, len(pairs))
    for folder in folders:
        require_no_analysis(folder)
    config = EvaluationConfig.parse(
        {
            "tolerance": tolerance,
            "cut_off": cut_off,
            "tip_cut_off": tip_cut_off,
            "pixel_size_um": pixel_size_um,
            "seed": seed,
        }
    )
    names = None if measures is None else [name.strip() for name in measures.split(",") if name.strip()]
    regions = None if unlabelled is None else read_labels(unlabelled)
    with progress_bars(quiet=quiet or json) as bars:

        def score(truth: Path | None, result: Path) -> Evaluation:
            bar = bars.of_movie(result.name)
            return evaluate(truth, result, config, measures=names, unlabelled=regions, progress=bar)

        found = [score(truth, result) for truth, result in pairs]
        others = [score(truth, other) for (truth, _), other in zip(pairs, against or [], strict=False)]
    comparison = compare_results(found, others, seed=seed) if others else None
    if output is not None:
        _write(folders, pairs, found, movie, comparison)
    _tell(found, comparison, output, as_json=json)


def _pairs(paths: list[Path]) -> list[tuple[Path | None, Path]]:
    if len(paths) == 1:
        return [(None, paths[0])]
    if len(paths) % 2:
        raise InvalidInputError(
            f"Give pairs of truth and result: GT RES [GT RES ...]. {len(paths)} paths are not pairs."
        )
    return list(zip(paths[::2], paths[1::2], strict=True))


def _check_options(
    pairs: list[tuple[Path | None, Path]],
    against: list[Path] | None,
    movie: Path | None,
    output: Path | None,
) -> None:
    if against and len(against) != len(pairs):
        raise InvalidInputError(
            f"--against is needed once per pair: {len(against)} given for {len(pairs)} pairs."
        )
    if movie is not None and (output is None or len(pairs) > 1):
        raise InvalidInputError(
            "--movie needs -o and a single pair: its cells are drawn on the page of that movie."
        )


def _folders(output: Path, n_movies: int) -> list[Path]:
    """Return where each movie's page goes."""
    return [output] if n_movies == 1 else [output / f"{number:02d}" for number in range(1, n_movies + 1)]


def _write(
    folders: list[Path],
    pairs: list[tuple[Path | None, Path]],
    found: list[Evaluation],
    movie: Path | None,
    comparison: pd.DataFrame | None,
) -> None:
    from podia.evaluation.report import write_evaluation
    from podia.io.read import read

    images = None if movie is None else read(movie)
    for folder, (truth, result), evaluation in zip(folders, pairs, found, strict=True):
        sources = None if truth is None else (truth, result)
        write_evaluation(evaluation, folder, sources=sources, movie=images, comparison=comparison)


def _tell(
    found: list[Evaluation], comparison: pd.DataFrame | None, output: Path | None, *, as_json: bool
) -> None:
    from podia.evaluation.intervals import pool_movies
    from podia.evaluation.score_text import as_json_text, as_text

    pooled: dict[str, Interval] | None = None
    if len(found) > 1:
        pooled = pool_movies(found)
    if as_json:
        typer.echo(as_json_text(found, pooled, comparison))
        return
    typer.echo(as_text(found, pooled, comparison))
    if output is not None:
        typer.echo(f"Page and tables: {output}")
