"""Ground truth of a scene: visible cells, lineage and protrusion tips."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.progress import Progress, silent
from podia.simulation.masks import cell_mask
from podia.simulation.scene import Scene
from podia.simulation.tips import cell_tips

TIP_COLUMNS = (
    "frame",
    "track_id",
    "protrusion_id",
    "tip_y",
    "tip_x",
    "base_y",
    "base_x",
    "length",
    "length_beyond_body",
    "width_px",
    "touches_border",
)
_WHOLE_COLUMNS = ("frame", "track_id", "protrusion_id")

_ENTERS_AT_PX = 60
_LEAVES_AT_PX = 20
"""Area at which a cell at the frame edge becomes visible (60 px) and invisible (20 px); hysteresis avoids flicker."""


@dataclass(frozen=True)
class Truth:
    """Ground truth; `track_ids` is the track of each row of the bodies of the scene, 0 if it is out of view."""

    track_ids: NDArray[np.int32]
    lineage: Lineage
    tips: pd.DataFrame
    stubs: pd.DataFrame


class _Roll:
    """Visibility of cells: assigns a new track id whenever a cell enters the field."""

    def __init__(self) -> None:
        self._tracks: dict[int, int] = {}
        self._last_seen: dict[int, int] = {}
        self._next_track = 1
        self.parents: dict[int, int] = {}

    def track_of(self, cell_id: int, area: int, frame: int, mother: int | None) -> int:
        """Return the track of a cell with `area` px in view, 0 if it is too small."""
        was_seen = self._last_seen.get(cell_id) == frame - 1
        if area < (_LEAVES_AT_PX if was_seen else _ENTERS_AT_PX):
            return 0
        if not was_seen:
            self._tracks[cell_id] = self._next_track
            if mother is not None and self._last_seen.get(mother) == frame - 1:
                self.parents[self._next_track] = self._tracks[mother]
            self._next_track += 1
        self._last_seen[cell_id] = frame
        return self._tracks[cell_id]


def find_truth(scene: Scene, *, progress: Progress = silent) -> Truth:
    """Return the ground truth of a scene, from the masks of all its frames, one frame at a time.

    A cell that leaves the field of view and comes back is a new track. A daughter has a parent if the mother
    was in view in the frame before.
    """
    roll = _Roll()
    track_ids = np.zeros(len(scene.bodies), np.int32)
    nodes: list[tuple[float, ...]] = []
    tips: list[dict[str, float]] = []
    for frame in range(scene.config.n_frames):
        for row, shape in zip(scene.rows(frame), scene.shapes(frame), strict=True):
            mask = cell_mask(shape, scene.frame_shape)
            area = 0 if mask is None else mask.area
            track_id = roll.track_of(shape.cell_id, area, frame, scene.parents.get(shape.cell_id))
            if mask is None or track_id == 0:
                continue
            track_ids[row] = track_id
            nodes.append((frame, track_id, track_id, *mask.centroid()))
            common = {"frame": frame, "track_id": track_id, "touches_border": mask.is_cut}
            tips.extend(common | asdict(tip) for tip in cell_tips(shape, mask))
        progress("ground truth", frame + 1, scene.config.n_frames)
    lineage = Lineage(pd.DataFrame(nodes, columns=list(NODE_COLUMNS)), roll.parents)
    counting = [tip for tip in tips if tip["counts"]]
    return Truth(track_ids, lineage, _tip_table(counting), _tip_table([t for t in tips if not t["counts"]]))


def _tip_table(tips: list[dict[str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(tips, columns=list(TIP_COLUMNS)).sort_values(list(_WHOLE_COLUMNS), ignore_index=True)
    types = {name: "int64" if name in _WHOLE_COLUMNS else "float64" for name in TIP_COLUMNS}
    return table.astype(types | {"touches_border": "bool"})
