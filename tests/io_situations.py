"""Small movies, labels and lineages for the tests of files: what to write, and to get back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

ROW_HEIGHT = 2
"""Each track keeps to rows of its own, so that cells never touch."""


@dataclass(frozen=True)
class Tracked:
    """Labels, and the lineage that was drawn with them."""

    labels: LabelMovie
    lineage: Lineage

    @property
    def calibration(self) -> Calibration:
        return self.labels.calibration


@dataclass
class CountingSource:
    """Frames of an array that notes which were read, in order."""

    array: NDArray[Any]
    reads: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int]:
        t, y, x = self.array.shape
        return t, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def read(self, frame: int) -> NDArray[Any]:
        self.reads.append(frame)
        return np.asarray(self.array[frame])


def calibrations() -> st.SearchStrategy[Calibration]:
    """Unknown, or any size from a virus to a dish and any interval from a millisecond to a day."""
    size = st.none() | st.sampled_from([0.65, 0.8708, 1 / 3]) | st.floats(1e-3, 1e3)
    interval = st.none() | st.sampled_from([600.0, 0.1]) | st.floats(1e-3, 86400.0)
    return st.builds(Calibration, size, interval)


@st.composite
def tracked_movies(draw: st.DrawFn, *, lone_daughters_after_gaps: bool = True) -> Tracked:
    """Tracks with gaps, divisions and merges, frames without cells, and labels that differ from track ids."""
    n_frames = draw(st.integers(1, 6))
    n_tracks = draw(st.integers(0, 5))
    frames_of = [sorted(draw(st.sets(st.integers(0, n_frames - 1), min_size=1))) for _ in range(n_tracks)]
    ids = draw(st.lists(st.integers(1, 60_000), min_size=n_tracks, max_size=n_tracks, unique=True))
    array = np.zeros((n_frames, ROW_HEIGHT * 5 + 1, 9), np.int32)
    rows = []
    for frame in range(n_frames):
        present = [k for k in range(n_tracks) if frame in frames_of[k]]
        values = draw(
            st.lists(st.integers(1, 400), min_size=len(present), max_size=len(present), unique=True)
        )
        for k, label in zip(present, values, strict=True):
            width = draw(st.integers(1, 9))
            array[frame, ROW_HEIGHT * k, :width] = label
            rows.append((frame, label, ids[k], float(ROW_HEIGHT * k), (width - 1) / 2))
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    parents = _draw_parents(draw, frames_of, ids)
    if not lone_daughters_after_gaps:
        parents = _without_lone_daughters_after_gaps(parents, frames_of, ids)
    merged = _draw_merges(draw, frames_of, ids, parents)
    labels = LabelMovie.from_array(array, draw(calibrations()), name="cells")
    return Tracked(labels, Lineage(nodes, parents, merged))


def _draw_parents(draw: st.DrawFn, frames_of: list[list[int]], ids: list[int]) -> dict[int, int]:
    parents = {}
    for child, frames in enumerate(frames_of):
        earlier = [ids[k] for k, other in enumerate(frames_of) if other[-1] < frames[0]]
        parent = draw(st.none() | st.sampled_from(earlier)) if earlier else None
        if parent is not None:
            parents[ids[child]] = parent
    return parents


def _without_lone_daughters_after_gaps(
    parents: dict[int, int], frames_of: list[list[int]], ids: list[int]
) -> dict[int, int]:
    span = {track_id: (frames[0], frames[-1]) for track_id, frames in zip(ids, frames_of, strict=True)}
    families = list(parents.values())
    return {
        child: parent
        for child, parent in parents.items()
        if families.count(parent) > 1 or span[child][0] == span[parent][1] + 1
    }


def _draw_merges(
    draw: st.DrawFn, frames_of: list[list[int]], ids: list[int], parents: dict[int, int]
) -> dict[int, int]:
    merged = {}
    for track, frames in enumerate(frames_of):
        later = [
            ids[k]
            for k, other in enumerate(frames_of)
            if other[-1] > frames[-1] and parents.get(ids[k]) != ids[track]
        ]
        survivor = draw(st.none() | st.sampled_from(later)) if later else None
        if survivor is not None:
            merged[ids[track]] = survivor
    return merged


def assert_same_lineage(found: Lineage, expected: Lineage, *, rtol: float = 0.0) -> None:
    """Everything equal; positions within `rtol`, relative."""
    pd.testing.assert_frame_equal(
        found.nodes, expected.nodes, check_exact=not rtol, rtol=rtol or 1e-5, atol=0
    )
    assert dict(found.parents) == dict(expected.parents)
    assert dict(found.merged_into) == dict(expected.merged_into)


def assert_same_labels(found: LabelMovie, expected: LabelMovie) -> None:
    """Frames and calibration equal."""
    np.testing.assert_array_equal(found.to_array(), expected.to_array())
    assert found.calibration == expected.calibration
