"""``podia evaluate``: scores of results against ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options
from podia.data.errors import InvalidInputError


def evaluate_results(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="GT RES",
            help=(
                "Ground truth and result: Cell Tracking Challenge folder, label file or folder, CSV of "
                "centroids (frame,y,x in px), analysis folder, or simulation folder. Give more pairs for "
                "more movies. A result without ground truth is scored for stability over time."
            ),
        ),
    ],
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures",
            help=(
                "Scores, separated by commas: ctc, overlap, instances, boundary, thin, localisation, "
                "tips, stability, or individual ones such as SEG. Default: all that apply."
            ),
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the report and tables.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against", help="Second result, compared with RES on the same ground truth. One per pair."
        ),
    ] = None,
    movie: Annotated[
        Path | None, typer.Option("--movie", help="Movie, for images of the worst cells in the report (-o).")
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
    from podia.evaluation.config import EvaluationConfig
    from podia.evaluation.many import evaluate_pairs, page_folders, pair_up, write_pages
    from podia.evaluation.score_text import as_json_text, as_text
    from podia.io.read import read_labels

    pairs = pair_up(paths, against or ())
    if movie is not None and (output is None or len(pairs) > 1):
        raise InvalidInputError(
            "--movie requires -o and a single pair, because cells of that movie are shown in the report."
        )
    folders = () if output is None else page_folders(output, len(pairs))
    config = EvaluationConfig.parse(
        {
            "tolerance": tolerance,
            "cut_off": cut_off,
            "tip_cut_off": tip_cut_off,
            "pixel_size_um": pixel_size_um,
            "seed": seed,
        }
    )
    with progress_bars(quiet=quiet or json) as bars:
        found = evaluate_pairs(
            pairs,
            config,
            measures=options.parse_names(measures),
            unlabelled=None if unlabelled is None else read_labels(unlabelled),
            progress=bars.of_movie,
        )
    if output is not None:
        write_pages(found, folders, movie)
    as_words = as_json_text if json else as_text
    typer.echo(as_words(found.evaluations, found.pooled, found.comparison))
    if output is not None and not json:
        typer.echo(f"Page and tables: {output}")
