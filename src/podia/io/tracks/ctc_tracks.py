"""Track table of the Cell Tracking Challenge, ``L B E P`` per line, with gaps as separate segments.

Format: celltrackingchallenge.net, "Naming and file content conventions" (2023): label, first and last frame, label of
the parent or 0. A track exists in each of its frames, so a gap ends a track and starts a daughter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podia.data.errors import MovieReadError
from podia.data.lineage import Lineage


@dataclass(frozen=True)
class Segment:
    """A line of the table: a track without gaps; `parent` is 0 if there is none."""

    label: int
    first: int
    last: int
    parent: int


def split_at_gaps(lineage: Lineage) -> tuple[list[Segment], dict[tuple[int, int], int]]:
    """Return the segments of a lineage, by label, and ``(frame, track_id) -> label``.

    The first segment keeps the id of the track; segments after a gap get new ids above the highest one. The
    daughters of a track belong to its last segment.
    """
    new_label = max(lineage.track_ids, default=0)
    segments: list[Segment] = []
    labels: dict[tuple[int, int], int] = {}
    last_label: dict[int, int] = {}
    for track_id, rows in lineage.nodes.groupby("track_id"):
        label, parent = int(track_id), 0
        run: list[int] = []
        for frame in rows["frame"].astype(int):
            if run and frame > run[-1] + 1:
                segments.append(Segment(label, run[0], run[-1], parent))
                new_label += 1
                label, parent, run = new_label, label, []
            run.append(frame)
            labels[frame, int(track_id)] = label
        segments.append(Segment(label, run[0], run[-1], parent))
        last_label[int(track_id)] = label
    with_parents = [
        Segment(s.label, s.first, s.last, last_label[lineage.parents[s.label]])
        if s.label in lineage.parents
        else s
        for s in segments
    ]
    return sorted(with_parents, key=lambda segment: segment.label), labels


def join_over_gaps(segments: list[Segment]) -> dict[int, int]:
    """Return ``label -> track_id``, with segments joined over gaps.

    A segment that starts after a gap as the only daughter of its parent continues it. A single daughter directly after
    its parent (without a gap) remains a separate track.
    """
    by_label = {segment.label: segment for segment in segments}
    children: dict[int, int] = {}
    for segment in segments:
        children[segment.parent] = children.get(segment.parent, 0) + 1
    track_of: dict[int, int] = {}
    for segment in sorted(segments, key=lambda s: s.first):
        parent = by_label.get(segment.parent)
        continues = parent and children[parent.label] == 1 and segment.first > parent.last + 1
        track_of[segment.label] = track_of[segment.parent] if continues else segment.label
    return track_of


def read_segments(path: Path) -> list[Segment]:
    """Return the lines of a track table.

    Raises
    ------
    MovieReadError
        If a line does not contain four integers, a label is repeated, or a parent is missing or ends too late.
    """
    segments: list[Segment] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            segments.append(Segment(*(int(word) for word in line.split())))
        except (TypeError, ValueError):
            raise MovieReadError(
                f"Line {number} of '{path}' is '{line.strip()}', not four integers (label, first frame, "
                f"last frame, parent)."
            ) from None
    _require_forward(segments, path)
    return segments


def _require_forward(segments: list[Segment], path: Path) -> None:
    by_label = {segment.label: segment for segment in segments}
    if len(by_label) < len(segments):
        raise MovieReadError(f"'{path}' lists a label more than once.")
    for segment in segments:
        if segment.last < segment.first or segment.label < 1:
            raise MovieReadError(
                f"Track {segment.label} in '{path}' ends before it begins, or its label is not positive."
            )
        if segment.parent and segment.parent not in by_label:
            raise MovieReadError(
                f"Track {segment.label} in '{path}' has the parent {segment.parent}, which is not listed."
            )
        if segment.parent and by_label[segment.parent].last >= segment.first:
            raise MovieReadError(
                f"Track {segment.label} in '{path}' begins before its parent {segment.parent} has ended."
            )


def write_segments(segments: list[Segment], path: Path) -> None:
    """Write the table, one line per segment."""
    lines = (f"{s.label} {s.first} {s.last} {s.parent}\n" for s in segments)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
