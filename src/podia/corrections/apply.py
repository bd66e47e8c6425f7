"""Apply corrections to labels and lineage, each if it still fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from podia.corrections import regions
from podia.corrections.draft import DoesNotFit, Draft
from podia.corrections.operations import (
    Add,
    CellAt,
    Correction,
    Delete,
    Link,
    Merge,
    Name,
    Paint,
    PaintedCell,
    Redraw,
    RemoveDivision,
    SetDivision,
    Split,
    SplitFrame,
    Swap,
    Unlink,
)
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie


@dataclass(frozen=True)
class Outcome:
    """Outcome of a correction; `problem` is empty if it was applied."""

    correction: Correction
    problem: str = ""

    @property
    def applied(self) -> bool:
        """Whether it was applied."""
        return not self.problem


@dataclass(frozen=True)
class Corrected:
    """Corrected labels and lineage, names of tracks, and the outcome of each correction.

    Parameters
    ----------
    changed_frames
        Frames whose labels differ from those before.
    """

    labels: LabelMovie
    lineage: Lineage
    names: Mapping[int, str]
    outcomes: tuple[Outcome, ...]
    changed_frames: tuple[int, ...]


def apply_corrections(labels: LabelMovie, lineage: Lineage, corrections: Iterable[Correction]) -> Corrected:
    """Return `labels` and `lineage` with `corrections` applied in order.

    A correction is applied completely or not at all. A correction of a missing cell, or an impossible one, changes
    nothing, and its outcome gives the reason. Only frames with corrections are read.

    Examples
    --------
    >>> import pandas as pd
    >>> frames = np.zeros((2, 8, 8), np.int32)
    >>> frames[0, 2:6, 2:4], frames[0, 2:6, 4:6], frames[1, 2:6, 2:6] = 1, 2, 1  # one cell, in two pieces at first
    >>> nodes = pd.DataFrame({"frame": [0, 0, 1], "label": [1, 2, 1], "track_id": [1, 2, 1], "y": 3.5, "x": 3.5})
    >>> pieces = CellAt(frame=0, y=3, x=2), CellAt(frame=0, y=3, x=5)
    >>> corrected = apply_corrections(
    ...     LabelMovie.from_array(frames), Lineage(nodes), [Merge(pieces=(pieces,))]
    ... )
    >>> corrected.lineage.track_ids, int((corrected.labels.frame(0) == 1).sum())
    ([1], 16)
    """
    draft = Draft.of(labels, lineage)
    outcomes = []
    for correction in corrections:
        # Work on a copy, so that a failed correction changes nothing.
        trial = draft.copy()
        try:
            _OPERATIONS[correction.op](trial, correction)
        except DoesNotFit as problem:
            outcomes.append(Outcome(correction, str(problem)))
            continue
        trial.tidy()
        draft = trial
        outcomes.append(Outcome(correction))
    changed = tuple(
        frame
        for frame, image in sorted(draft.frames.items())
        if not np.array_equal(image, labels.frame(frame))
    )
    return Corrected(draft.labels(), draft.lineage(), dict(draft.names), tuple(outcomes), changed)


def _merge(draft: Draft, correction: Merge) -> None:
    for pieces in correction.pieces:
        if len({piece.frame for piece in pieces}) != 1 or len(pieces) < 2:
            raise DoesNotFit("a merge needs two or more pieces in the same frame")
        frame = pieces[0].frame
        labels = [draft.find(piece)[0] for piece in pieces]
        others = [label for label in labels[1:] if label != labels[0]]
        merged = regions.merge(draft.frame(frame), labels[0], others)
        if merged is None:
            raise DoesNotFit(f"the pieces are too far apart in frame {frame}")
        draft.paint(frame, merged)


def _split(draft: Draft, correction: Split) -> None:
    tracks: list[int] = []
    previous: list[tuple[float, float]] = []
    for cut in sorted(correction.frames, key=lambda one: one.cell.frame):
        frame = cut.cell.frame
        label, track = draft.find(cut.cell)
        image = draft.frame(frame).copy()
        parts = _parts(image == label, cut)
        numbers = list(range(1, int(parts.max()) + 1))
        if not cut.seeds and previous:
            numbers = _in_the_order_of(previous, parts, numbers)
        tracks = tracks or [track]
        tracks += [draft.new_track() for _ in numbers[len(tracks) :]]
        new = draft.next_label(frame)
        painted = [label, *range(new, new + len(numbers) - 1)]
        for value, number in zip(painted, numbers, strict=True):
            image[parts == number] = value
        draft.paint(frame, image)
        for value, owner in zip(painted[1:], tracks[1:], strict=False):
            draft.put(frame, value, owner)
        previous = [draft.positions[frame, value] for value in painted]


def _parts(mask: Any, cut: SplitFrame) -> Any:
    if len(cut.seeds) >= 2:
        parts = regions.cut_by_seeds(mask, cut.seeds)
        wanted = len(cut.seeds)
    elif len(cut.line) >= 2:
        parts, wanted = regions.cut_by_line(mask, cut.line), 2
    else:
        raise DoesNotFit("a split needs two seeds, or a line of two points")
    if len(np.unique(parts)) - 1 < wanted:
        raise DoesNotFit(f"the seeds or the line do not split the cell in frame {cut.cell.frame}")
    return parts


def _in_the_order_of(previous: list[tuple[float, float]], parts: Any, numbers: list[int]) -> list[int]:
    """Return `numbers` ordered so that each part continues the nearest one of the previous frame."""
    places = {number: regions.centroid(parts, number) for number in numbers}
    ordered = []
    for y, x in previous[: len(numbers)]:
        nearest = min(places, key=lambda number: np.hypot(places[number][0] - y, places[number][1] - x))
        ordered.append(nearest)
        del places[nearest]
    return ordered + list(places)


def _delete(draft: Draft, correction: Delete) -> None:
    for cell in correction.cells:
        label, _ = draft.find(cell)
        image = draft.frame(cell.frame)
        draft.paint(cell.frame, np.where(image == label, 0, image))


def _redraw(draft: Draft, correction: Redraw) -> None:
    frame = correction.cell.frame
    label, _ = draft.find(correction.cell)
    image = draft.frame(frame)
    inside = regions.draw(draft.base.frame_shape, correction.polygon) & ((image == 0) | (image == label))
    if not inside.any():
        raise DoesNotFit(f"the outline lies on other cells, or outside frame {frame}")
    image = np.where(image == label, 0, image)
    image[inside] = label
    draft.paint(frame, image)


def _add(draft: Draft, correction: Add) -> None:
    frame = correction.frame
    if frame >= draft.base.n_frames:
        raise DoesNotFit(f"there is no frame {frame}")
    image = draft.frame(frame).copy()
    inside = regions.draw(draft.base.frame_shape, correction.polygon) & (image == 0)
    if not inside.any():
        raise DoesNotFit(f"the outline lies on other cells, or outside frame {frame}")
    track = draft.new_track() if correction.continues is None else draft.find(correction.continues)[1]
    if frame in draft.tracks.get(track, {}):
        raise DoesNotFit(f"the track already has a cell in frame {frame}")
    label = draft.next_label(frame)
    image[inside] = label
    draft.paint(frame, image)
    draft.put(frame, label, track)


def _paint(draft: Draft, correction: Paint) -> None:
    new_tracks: dict[int, int] = {}
    for painted in correction.frames:
        frame = painted.frame
        if frame >= draft.base.n_frames:
            raise DoesNotFit(f"there is no frame {frame}")
        image = draft.frame(frame).copy()
        labels = [0 if cell.at is None else draft.find(cell.at)[0] for cell in painted.cells]
        image[np.isin(image, [label for label in labels if label])] = 0
        fresh: dict[int, PaintedCell] = {}
        for cell, label in zip(painted.cells, labels, strict=True):
            if not label:
                label = max(draft.next_label(frame), *fresh, 0) + len(fresh)
                fresh[label] = cell
            image[regions.decode_mask(cell.mask, draft.base.frame_shape)] = label
        draft.paint(frame, image)
        for label, cell in fresh.items():
            if (image == label).any():
                draft.put(frame, label, _track_of_painted(draft, frame, cell, new_tracks))


def _track_of_painted(draft: Draft, frame: int, cell: PaintedCell, new_tracks: dict[int, int]) -> int:
    if cell.of is not None:
        track = draft.find(cell.of)[1]
        if frame not in draft.tracks[track]:
            return track
    if cell.of is not None or cell.new not in new_tracks:
        new_tracks[cell.new] = draft.new_track()
    return new_tracks[cell.new]


def _link(draft: Draft, correction: Link) -> None:
    earlier, later = correction.earlier, correction.later
    if earlier.frame >= later.frame:
        raise DoesNotFit("a link must point forward in time")
    source, target = draft.find(earlier)[1], draft.find(later)[1]
    if source == target:
        _close_between(draft, source, earlier, later)
        return
    draft.split_track(source, earlier.frame + 1)
    target = draft.split_track(target, later.frame)
    draft.parents.pop(target, None)
    draft.move_fate(target, source)
    for frame, label in sorted(draft.tracks[target].items()):
        draft.put(frame, label, source)


def _close_between(draft: Draft, track: int, earlier: CellAt, later: CellAt) -> None:
    """Link two cells of one track; cells between them in time become a separate track."""
    between = [frame for frame in draft.tracks[track] if earlier.frame < frame < later.frame]
    if between:
        new = draft.new_track()
        for frame in sorted(between):
            draft.put(frame, draft.tracks[track][frame], new)


def _unlink(draft: Draft, correction: Unlink) -> None:
    frame, track = correction.cell.frame, draft.find(correction.cell)[1]
    begins_here = draft.split_track(track, frame) == track
    if begins_here and draft.parents.pop(track, None) is None:
        raise DoesNotFit(f"the track starts in frame {frame}, so there is no link to remove")


def _swap(draft: Draft, correction: Swap) -> None:
    first, second = correction.cells
    if first.frame != second.frame:
        raise DoesNotFit("cells to swap must be in the same frame")
    one, other = draft.find(first)[1], draft.find(second)[1]
    if one == other:
        raise DoesNotFit("both points lie in the same cell")
    tails = [draft.split_track(track, first.frame) for track in (one, other)]
    if tails[0] == one or tails[1] == other:
        raise DoesNotFit(f"one of the tracks starts in frame {first.frame}, so there is nothing to swap")
    for track, tail in ((one, tails[1]), (other, tails[0])):
        draft.move_fate(tail, track)
        for frame, label in sorted(draft.tracks[tail].items()):
            draft.put(frame, label, track)


def _set_division(draft: Draft, correction: SetDivision) -> None:
    mother = draft.find(correction.mother)[1]
    frames = {daughter.frame for daughter in correction.daughters}
    if min(frames) <= correction.mother.frame:
        raise DoesNotFit("daughters must be in a later frame than their mother")
    cells = [draft.find(daughter) for daughter in correction.daughters]
    if len(set(cells)) < len(cells):
        raise DoesNotFit("both daughters are the same cell")
    daughters = []
    for daughter, (label, _) in zip(correction.daughters, cells, strict=True):
        track = draft.track_of(daughter.frame, label)
        assert track is not None
        daughters.append(draft.split_track(track, daughter.frame))
    draft.split_track(mother, correction.mother.frame + 1)
    for former in [key for key, value in draft.parents.items() if value == mother]:
        del draft.parents[former]
    draft.merged_into.pop(mother, None)
    for track in daughters:
        draft.parents[track] = mother


def _remove_division(draft: Draft, correction: RemoveDivision) -> None:
    mother = draft.find(correction.mother)[1]
    daughters = [key for key, value in draft.parents.items() if value == mother]
    if not daughters:
        raise DoesNotFit("the track does not divide")
    for daughter in daughters:
        del draft.parents[daughter]


def _name(draft: Draft, correction: Name) -> None:
    track = draft.find(correction.cell)[1]
    draft.names.pop(track, None)
    if correction.name:
        draft.names[track] = correction.name


_OPERATIONS: Mapping[str, Callable[[Draft, Any], None]] = {
    "merge": _merge,
    "split": _split,
    "delete": _delete,
    "redraw": _redraw,
    "add": _add,
    "paint": _paint,
    "link": _link,
    "unlink": _unlink,
    "swap": _swap,
    "set_division": _set_division,
    "remove_division": _remove_division,
    "name": _name,
}
