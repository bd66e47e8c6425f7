"""Relabelling of label images by track, so that a cell keeps its value over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.data.lineage import Lineage
from podia.data.movie import Image, LabelImage, LabelMovie


@dataclass(frozen=True)
class _TrackColours:
    """Maps a frame's labels to track ids; a class, so that the movie can be pickled."""

    track_ids: dict[int, dict[int, int]]

    def __call__(self, frame: int, labels: Image) -> LabelImage:
        """Return `labels` with each value replaced by its track id, 0 if it has none."""
        mapping = self.track_ids.get(frame, {})
        table = np.zeros(max(int(labels.max(initial=0)), max(mapping, default=0)) + 1, np.int32)
        if mapping:
            table[list(mapping)] = list(mapping.values())
        return np.asarray(table[labels])


def label_by_track(labels: LabelMovie, lineage: Lineage) -> LabelMovie:
    """Return `labels` with the value of each cell replaced by its ``track_id``; untracked cells are removed."""
    per_frame = {
        int(frame): dict(zip(rows["label"].astype(int), rows["track_id"].astype(int), strict=True))
        for frame, rows in lineage.nodes.groupby("frame")
    }
    return labels.map_frames(_TrackColours(per_frame), dtype=np.int32)
