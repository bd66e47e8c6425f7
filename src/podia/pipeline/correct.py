"""Corrections of a finished analysis: they are recorded, applied, and dependent results are updated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from podia.corrections.by_ids import IdOperation, correction_of_ids
from podia.corrections.operations import Correction, Point
from podia.corrections.record import parse_correction, read_corrections, write_corrections
from podia.data.config import FrozenConfig
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.data.progress import Progress, silent
from podia.files.folder_lock import locked_folder
from podia.io.layout import CORRECTIONS
from podia.io.step_marks import Step
from podia.pipeline.again import run_again
from podia.pipeline.run import Ran
from podia.results.results import Results, open_results


def correct(
    results: Results | str | Path,
    correction: str | Path | Mapping[str, object] | Iterable[object],
    ids: Sequence[int] = (),
    frames: range | int | None = None,
    *,
    points: Sequence[Point] = (),
    name: str = "",
    author: str | None = None,
    time: str | None = None,
    progress: Progress = silent,
) -> Results:
    """Correct cells, links or divisions of an analysis; masks, tracks, tables and report are updated.

    Corrections are added to ``corrections.jsonl`` in the folder, and applied again after every later segmentation and
    tracking, wherever they still fit.

    Parameters
    ----------
    results
        An analysis: its folder, or the result of :func:`podia.open` or :func:`podia.run`.
    correction
        The name of an operation on `ids`, with the other arguments: merge, split, delete, redraw, link, unlink, swap,
        set_division, remove_division or name. Alternatively, a file of corrections, or one or several corrections as
        mappings with the keys of a line of that file.
    ids
        Track ids: pieces to merge, the one to keep first; the earlier and the later track (link); the mother and her
        daughters (set_division); two tracks (swap).
    frames
        Frames to correct: a range or one frame. Default: all frames that the tracks share.
    points
        ``(y, x)`` in px: a seed in each part of a cell to split, or the corners of an outline to redraw.
    name
        The new name of a track.
    author, time
        Author and time (ISO 8601) of the correction, for the record.

    Returns
    -------
    Results
        The results after the correction.

    Raises
    ------
    InvalidInputError
        If the operation is unknown or does not fit these tracks and frames, or a file cannot be read.

    Examples
    --------
    >>> import podia
    >>> results = podia.open("results/movie")  # doctest: +SKIP
    >>> results = podia.correct(results, "merge", [6, 7], range(0, 6))  # doctest: +SKIP
    """
    results = results if isinstance(results, Results) else open_results(results)
    added = _added(results, correction, ids, frames, points, name, author, time)
    with locked_folder(results.folder.work, results.path):
        # Read the folder again: corrections may have been added since it was opened.
        write_corrections([*Results(results.folder).corrections, *added], results / CORRECTIONS)
    return run_again(results.path, progress=progress).results


def undo_corrections(
    path: Path, count: int = 1, *, until: Step = "report", progress: Progress = silent
) -> Ran:
    """Remove the last `count` corrections of an analysis, and update it.

    Raises
    ------
    InvalidInputError
        If there are fewer corrections.
    """
    folder = open_results(path).folder
    with locked_folder(folder.work, folder.path):
        corrections = Results(folder).corrections
        if not 0 < count <= len(corrections):
            raise InvalidInputError(f"'{path}' has {len(corrections)} corrections; {count} cannot be undone.")
        kept = corrections[: len(corrections) - count]
        if kept:
            write_corrections(kept, folder / CORRECTIONS)
        else:
            folder.discard(CORRECTIONS)
    return run_again(path, until=until, progress=progress)


def suggested_correction(path: Path, number: int) -> Mapping[str, object]:
    """Return the suggested correction of suspect `number` (from 1) of an analysis, as a mapping.

    Raises
    ------
    InvalidInputError
        If there are fewer suspects, or this one has no suggestion.
    """
    suspects = open_results(path).suspects
    if not 0 < number <= len(suspects):
        raise InvalidInputError(f"'{path}' has {len(suspects)} suspects; number {number} does not exist.")
    correction = suspects[number - 1].correction
    if correction is None:
        raise InvalidInputError(f"Suspect {number} has no suggestion: look at it, and correct it manually.")
    return correction.model_dump()


def _added(
    results: Results,
    correction: str | Path | Mapping[str, object] | Iterable[object],
    ids: Sequence[int],
    frames: range | int | None,
    points: Sequence[Point],
    name: str,
    author: str | None,
    time: str | None,
) -> tuple[Correction, ...]:
    if not isinstance(correction, str | Path):
        several = (correction,) if isinstance(correction, Mapping | FrozenConfig) else tuple(correction)
        return tuple(parse_correction(one) for one in several)
    operations = get_args(IdOperation)
    if str(correction) in operations:
        where = range(frames, frames + 1) if isinstance(frames, int) else frames
        operation: IdOperation = str(correction)  # type: ignore[assignment]  # checked above
        return (
            correction_of_ids(
                results.labels,
                results.lineage,
                operation,
                ids,
                where,
                points=points,
                name=name,
                author=author,
                time=time,
            ),
        )
    if not Path(correction).exists():
        raise InvalidInputError(
            f"'{correction}' is neither an operation nor a file of corrections."
            f"{nearest_name_hint(str(correction), operations)} Operations: {', '.join(operations)}."
        )
    return read_corrections(Path(correction))
