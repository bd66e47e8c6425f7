"""Cells and movies of an experiment, with their conditions, replicates and measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.tables import TRACKS
from podia.experiment.assignment import Assignment
from podia.experiment.curves import CurveKind, replicate_curves
from podia.experiment.measures import Measure
from podia.experiment.movie_measures import MovieMeasure, gather_movies
from podia.results.results import Results, open_results

KEYS = ("condition", "replicate", "movie", "track_id")
"""Columns of the table of cells other than measures."""

_MAX_RELATIVE_DIFFERENCE = 0.01
"""Calibrations with a smaller relative difference are equal."""

_AS_LONG = 0.2
"""Conditions with a smaller relative difference in median track duration count as equally long."""


@dataclass(frozen=True)
class ExperimentCells:
    """The cells of all movies, the units of their measures, and notes on differences between movies.

    Parameters
    ----------
    cells
        :data:`KEYS`, the ``duration`` of the track and the columns of each measure, under names with units.
    calibration
        Defines the units; its values are those of the first movie.
    notes
        Sentences on differences between movies.
    movies
        One row per movie: condition, replicate, movie and the measures of cultures.
    curves
        The curve of each replicate, as :func:`~podia.experiment.curves.replicate_curves` returns them.
    """

    cells: pd.DataFrame
    calibration: Calibration
    notes: tuple[str, ...]
    movies: pd.DataFrame
    curves: pd.DataFrame


def gather_cells(
    assignments: Sequence[Assignment],
    measures: Sequence[Measure],
    movie_measures: Sequence[MovieMeasure] = (),
    curves: Sequence[CurveKind] = (),
    *,
    min_frames: int,
) -> ExperimentCells:
    """Return the cells of all folders, without tracks of fewer than `min_frames` frames, and the movies.

    Raises
    ------
    InvalidInputError
        If a folder does not contain a finished analysis, movies have different units, or no cell is left.
    """
    analyses = [open_results(row.folder) for row in assignments]
    for results in analyses:
        results.require("measure")
    calibrations = [results.calibration for results in analyses]
    _require_one_unit(assignments, calibrations)
    names = _movie_names(assignments)
    tables = [
        _cells_of(row, name, results, measures, min_frames)
        for row, name, results in zip(assignments, names, analyses, strict=True)
    ]
    cells = pd.concat(tables, ignore_index=True)
    for condition, rows in cells.groupby("condition"):
        if rows["replicate"].nunique() < 2:
            raise InvalidInputError(
                f"Condition '{condition}' has cells in only one replicate, without tracks of fewer than {min_frames} "
                f"frames. Allow shorter tracks with --min-frames, or check its reports."
            )
    missing = {row.condition for row in assignments} - set(cells["condition"])
    if missing:
        raise InvalidInputError(
            f"Condition '{min(missing)}' has no track of at least {min_frames} frames. "
            f"Allow shorter tracks with --min-frames, or check its reports."
        )
    notes = [*_notes(calibrations), *_duration_notes(cells, measures, calibrations[0])]
    movies = gather_movies(assignments, names, analyses, movie_measures)
    return ExperimentCells(
        cells, calibrations[0], tuple(notes), movies, replicate_curves(assignments, analyses, curves)
    )


def _movie_names(assignments: Sequence[Assignment]) -> list[str]:
    """Return a name for each folder: its own, or its path in the table if several folders have the same name."""
    times = Counter(row.folder.name for row in assignments)
    return [row.folder.name if times[row.folder.name] == 1 else row.name for row in assignments]


def _cells_of(
    row: Assignment, name: str, results: Results, measures: Sequence[Measure], min_frames: int
) -> pd.DataFrame:
    tables, calibration = results.tables, results.calibration
    tracks = tables[TRACKS.name]
    tracks = tracks[tracks["n_frames"] >= min_frames]
    kept = tracks["track_id"].to_numpy()
    duration = TRACKS.name_of("duration", calibration)
    found = pd.DataFrame(
        {
            "condition": row.condition,
            "replicate": row.replicate,
            "movie": name,
            "track_id": kept,
            duration: tracks[duration].to_numpy(),
        }
    )
    for measure in measures:
        values = measure.of_each_cell(tables[measure.table.name], calibration)
        for column in values:
            found[column] = values[column].reindex(kept).to_numpy(float)
    return found


def _require_one_unit(assignments: Sequence[Assignment], calibrations: Sequence[Calibration]) -> None:
    first = calibrations[0]
    for row, other in zip(assignments, calibrations, strict=True):
        for what, one, two, option in (
            ("lengths", first.length_unit, other.length_unit, "--pixel-size-um"),
            ("times", first.time_unit, other.time_unit, "--frame-interval-s"),
        ):
            if one != two:
                raise InvalidInputError(
                    f"Units are mixed: {what} are in {one} in '{assignments[0].folder}' and in {two} in "
                    f"'{row.folder}'. Run the uncalibrated movie again with {option}."
                )


def _notes(calibrations: Sequence[Calibration]) -> list[str]:
    notes = []
    intervals = [c.frame_interval_s for c in calibrations if c.frame_interval_s is not None]
    pixels = [c.pixel_size_um for c in calibrations if c.pixel_size_um is not None]
    if intervals and max(intervals) > min(intervals) * (1 + _MAX_RELATIVE_DIFFERENCE):
        notes.append(
            f"Frame intervals differ, from {min(intervals):g} to {max(intervals):g} s. Speeds, turning angles and "
            f"lifetimes depend on the interval. Compare persistent speed and persistence instead, which do not."
        )
    if pixels and max(pixels) > min(pixels) * (1 + _MAX_RELATIVE_DIFFERENCE):
        notes.append(
            f"Pixel sizes differ, from {min(pixels):g} to {max(pixels):g} um. Outlines and protrusions are "
            f"resolved in more detail in some movies than in others."
        )
    return notes


def _duration_notes(cells: pd.DataFrame, measures: Sequence[Measure], calibration: Calibration) -> list[str]:
    """Return a note if track durations differ between conditions and a measure depends on them."""
    medians = cells.groupby("condition")[TRACKS.name_of("duration", calibration)].median()
    following = [measure.words for measure in measures if measure.follows_duration]
    if not following or not medians.max() > medians.min() * (1 + _AS_LONG):
        return []
    return [
        f"Track durations differ between conditions: the median is {medians.min():.3g} "
        f"{calibration.time_unit} in {medians.idxmin()} and {medians.max():.3g} in {medians.idxmax()}. These measures "
        f"depend on the duration and differ even for equal cells: {', '.join(following)}."
    ]
