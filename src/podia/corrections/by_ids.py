"""Corrections named by track ids and frames, as shown in the report and in the masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from podia.corrections.draft import Draft
from podia.corrections.operations import (
    CellAt,
    Correction,
    Delete,
    Link,
    Merge,
    Name,
    Point,
    Redraw,
    RemoveDivision,
    SetDivision,
    Split,
    SplitFrame,
    Swap,
    Unlink,
)
from podia.corrections.regions import innermost_point
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

IdOperation = Literal[
    "merge", "split", "delete", "redraw", "link", "unlink", "swap", "set_division", "remove_division", "name"
]
"""Operations that can be named by track ids."""


def correction_of_ids(
    labels: LabelMovie,
    lineage: Lineage,
    operation: IdOperation,
    ids: Sequence[int],
    frames: range | None = None,
    *,
    points: Sequence[Point] = (),
    name: str = "",
    author: str | None = None,
    time: str | None = None,
) -> Correction:
    """Return the correction that applies `operation` to tracks `ids`, with cells identified by position.

    Parameters
    ----------
    ids
        Track ids: pieces to merge, the one to keep first; the earlier and the later track (link); the mother and her
        daughters (set_division); two tracks (swap); otherwise one or several tracks (delete).
    frames
        Frames to correct. Default: all frames that the tracks share. Operations on links use the first frame only.
    points
        Seeds of a split, or the corners of an outline to redraw; one frame only.

    Raises
    ------
    InvalidInputError
        If a track does not exist, is not in these frames, or the number of ids does not fit the operation.
    """
    cells = _Cells(Draft.of(labels, lineage))
    who = {"author": author, "time": time}
    _require_count(operation, ids)
    if operation == "merge":
        shared = cells.frames_of(ids, frames)
        return Merge(pieces=tuple(tuple(cells.at(f, i) for i in ids) for f in shared), **who)
    if operation == "delete":
        return Delete(cells=tuple(cells.at(f, i) for i in ids for f in cells.frames_of([i], frames)), **who)
    if operation == "link":
        earlier, later = ids
        return Link(
            earlier=cells.at(cells.last(earlier), earlier), later=cells.at(cells.first(later), later), **who
        )
    if operation == "set_division":
        mother, *daughters = ids
        firsts = tuple(cells.at(cells.first(i), i) for i in daughters)
        before = max((f for f in cells.of(mother) if f < min(one.frame for one in firsts)), default=None)
        if before is None:
            raise InvalidInputError(
                f"Track {mother} does not exist before its daughters. Give another mother."
            )
        return SetDivision(mother=cells.at(before, mother), daughters=firsts, **who)
    frame = cells.frames_of(ids, frames)[0] if frames is not None else None
    if operation == "swap":
        start = cells.frames_of(ids, frames)[0]
        return Swap(cells=(cells.at(start, ids[0]), cells.at(start, ids[1])), **who)
    if operation == "unlink":
        if frame is None:
            raise InvalidInputError("unlink needs the first frame of the new track: --frames 12.")
        return Unlink(cell=cells.at(frame, ids[0]), **who)
    if operation == "remove_division":
        return RemoveDivision(mother=cells.at(cells.last(ids[0]), ids[0]), **who)
    if operation == "name":
        return Name(cell=cells.at(cells.first(ids[0]), ids[0]), name=name, **who)
    if frame is None or not points:
        raise InvalidInputError(
            f"{operation} needs one frame and its points: --frames 12 --points 10,20 30,40."
        )
    cell = cells.at(frame, ids[0])
    if operation == "redraw":
        return Redraw(cell=cell, polygon=tuple(points), **who)
    return Split(frames=(SplitFrame(cell=cell, seeds=tuple(points)),), **who)


_COUNTS: dict[str, tuple[int, int | None]] = {
    "merge": (2, None),
    "delete": (1, None),
    "link": (2, 2),
    "swap": (2, 2),
    "set_division": (2, 4),
}


def _require_count(operation: str, ids: Sequence[int]) -> None:
    least, most = _COUNTS.get(operation, (1, 1))
    if len(ids) < least or (most is not None and len(ids) > most) or len(set(ids)) < len(ids):
        wanted = f"{least}" if most == least else f"{least} or more" if most is None else f"{least} to {most}"
        raise InvalidInputError(f"{operation} needs {wanted} different track ids; given: {list(ids)}.")


class _Cells:
    """Tracks of a draft by id, and a point in each of their cells."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def of(self, track: int) -> dict[int, int]:
        """Return ``{frame: label}`` of a track."""
        if track not in self._draft.tracks:
            raise InvalidInputError(f"There is no track {track}.")
        return self._draft.tracks[track]

    def first(self, track: int) -> int:
        """Return the first frame of a track."""
        return min(self.of(track))

    def last(self, track: int) -> int:
        """Return the last frame of a track."""
        return max(self.of(track))

    def frames_of(self, tracks: Sequence[int], frames: range | None) -> list[int]:
        """Return the frames among `frames` in which all `tracks` exist, ascending; at least one."""
        shared = sorted(set.intersection(*(set(self.of(track)) for track in tracks)))
        shared = [frame for frame in shared if frames is None or frame in frames]
        if not shared:
            together = "together " if len(tracks) > 1 else ""
            raise InvalidInputError(
                f"Tracks {', '.join(map(str, tracks))} are not seen {together}in "
                f"{'any frame' if frames is None else f'frames {frames.start} to {frames.stop - 1}'}."
            )
        return shared

    def at(self, frame: int, track: int) -> CellAt:
        """Return the cell of `track` in `frame` by a point in it."""
        label = self.of(track).get(frame)
        point = None if label is None else innermost_point(self._draft.frame(frame), label)
        if point is None:
            raise InvalidInputError(f"Track {track} does not exist in frame {frame}.")
        return CellAt(frame=frame, y=point[0], x=point[1], track=track)
