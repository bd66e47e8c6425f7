"""Labels and lineage during correction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from podia.corrections.operations import CellAt
from podia.corrections.regions import centroid, label_at
from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.movie import Image, LabelImage, LabelMovie

Node = tuple[int, int]
"""``(frame, label)``."""


class DoesNotFit(Exception):  # noqa: N818 - an outcome, never shown as an error
    """Error for a correction of something that does not exist; the message says what."""


@dataclass
class Draft:
    """Labels and lineage under correction; frames are read when an operation needs them.

    Parameters
    ----------
    base
        The labels before any correction.
    frames
        Frames that differ from `base`.
    tracks
        ``track id -> {frame: label}``.
    parents, names
        By track id.
    """

    base: LabelMovie
    tracks: dict[int, dict[int, int]]
    parents: dict[int, int]
    merged_into: dict[int, int]
    positions: dict[Node, tuple[float, float]]
    names: dict[int, str] = field(default_factory=dict)
    frames: dict[int, LabelImage] = field(default_factory=dict)
    next_id: int = 1
    _owner: dict[Node, int] = field(default_factory=dict)

    @classmethod
    def of(cls, labels: LabelMovie, lineage: Lineage) -> Draft:
        """Return the draft of `labels` and `lineage` before any correction."""
        tracks: dict[int, dict[int, int]] = {}
        positions: dict[Node, tuple[float, float]] = {}
        for frame, label, track, y, x in lineage.nodes[list(NODE_COLUMNS)].itertuples(index=False):
            tracks.setdefault(int(track), {})[int(frame)] = int(label)
            positions[int(frame), int(label)] = (float(y), float(x))
        draft = cls(
            labels,
            tracks,
            dict(lineage.parents),
            dict(lineage.merged_into),
            positions,
            next_id=max(tracks, default=0) + 1,
        )
        draft._owner = {(f, label): t for t, cells in tracks.items() for f, label in cells.items()}
        return draft

    def copy(self) -> Draft:
        """Return an independent copy; frames are shared, because they are never changed in place."""
        return replace(
            self,
            tracks={track: dict(cells) for track, cells in self.tracks.items()},
            parents=dict(self.parents),
            merged_into=dict(self.merged_into),
            positions=dict(self.positions),
            names=dict(self.names),
            frames=dict(self.frames),
            _owner=dict(self._owner),
        )

    def frame(self, index: int) -> LabelImage:
        """Return the current labels of a frame; do not change them in place."""
        return self.frames[index] if index in self.frames else self.base.frame(index)

    def find(self, cell: CellAt) -> tuple[int, int]:
        """Return the label and track of `cell`.

        Raises
        ------
        DoesNotFit
            If there is no such frame, or no tracked cell at that position.
        """
        if cell.frame >= self.base.n_frames:
            raise DoesNotFit(f"there is no frame {cell.frame}")
        label = label_at(self.frame(cell.frame), (cell.y, cell.x))
        track = self._owner.get((cell.frame, label))
        if not label or track is None:
            raise DoesNotFit(f"there is no cell at y {cell.y:g}, x {cell.x:g} in frame {cell.frame}")
        return label, track

    def track_of(self, frame: int, label: int) -> int | None:
        """Return the track of a cell, or None."""
        return self._owner.get((frame, label))

    def new_track(self) -> int:
        """Return an unused track id."""
        self.next_id += 1
        return self.next_id - 1

    def put(self, frame: int, label: int, track: int) -> None:
        """Move a cell to a track."""
        self.take(frame, label)
        self.tracks.setdefault(track, {})[frame] = label
        self._owner[frame, label] = track

    def take(self, frame: int, label: int) -> None:
        """Remove a cell from its track; an empty track is removed, with its parents and daughters."""
        track = self._owner.pop((frame, label), None)
        if track is not None:
            del self.tracks[track][frame]
            if not self.tracks[track]:
                self._forget(track)

    def paint(self, frame: int, image: LabelImage) -> None:
        """Replace a frame; cells that vanish leave their tracks, positions follow."""
        before = self.frame(frame)
        changed = before != image
        self.frames[frame] = image
        for label in np.unique(np.concatenate([before[changed], image[changed]])):
            label = int(label)
            if not label:
                continue
            if (image == label).any():
                self.positions[frame, label] = centroid(image, label)
            else:
                self.take(frame, label)
                self.positions.pop((frame, label), None)

    def next_label(self, frame: int) -> int:
        """Return an unused label of the frame."""
        return int(self.frame(frame).max(initial=0)) + 1

    def split_track(self, track: int, frame: int) -> int:
        """Split `track` at `frame`, and return the id of the later part, which keeps the daughters.

        Return `track` itself if it starts in `frame` or later, or ends before.
        """
        cells = self.tracks[track]
        later = sorted(f for f in cells if f >= frame)
        if len(later) in (0, len(cells)):
            return track
        new = self.new_track()
        for f in later:
            self.put(f, cells[f], new)
        self.move_fate(track, new)
        return new

    def move_fate(self, source: int, target: int) -> None:
        """Move the daughters of `source`, and the track it merged into, to `target`."""
        for daughter, mother in list(self.parents.items()):
            if mother == source:
                self.parents[daughter] = target
        if source in self.merged_into:
            self.merged_into[target] = self.merged_into.pop(source)

    def tidy(self) -> None:
        """Remove parents that corrections made impossible: a parent must end before its daughter begins."""
        for daughter, mother in list(self.parents.items()):
            if max(self.tracks[mother]) >= min(self.tracks[daughter]):
                del self.parents[daughter]

    def _forget(self, track: int) -> None:
        del self.tracks[track]
        self.names.pop(track, None)
        self.parents.pop(track, None)
        self.merged_into.pop(track, None)
        for kin in (self.parents, self.merged_into):
            for one in [key for key, value in kin.items() if value == track]:
                del kin[one]

    def labels(self) -> LabelMovie:
        """Return the current labels."""
        return self.base.map_frames(_Overlay(dict(self.frames)), dtype=np.int32)

    def lineage(self) -> Lineage:
        """Return the current lineage."""
        rows = [
            (frame, label, track, *self.positions[frame, label])
            for track, cells in sorted(self.tracks.items())
            for frame, label in sorted(cells.items())
        ]
        return Lineage(pd.DataFrame(_columns(rows)), self.parents, self.merged_into)


def _columns(rows: Iterable[tuple[int, int, int, float, float]]) -> dict[str, list[float]]:
    rows = list(rows)
    return {name: [row[index] for row in rows] for index, name in enumerate(NODE_COLUMNS)}


@dataclass(frozen=True)
class _Overlay:
    """Frames replaced by corrected ones; a class, so that the movie can be pickled."""

    frames: dict[int, LabelImage]

    def __call__(self, frame: int, image: Image) -> LabelImage:
        """Return the corrected frame, or `image` where nothing was corrected."""
        return self.frames.get(frame, image)
