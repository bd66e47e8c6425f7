"""Linking of the cells of a movie into a lineage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.tracking.assignment import link_one_to_one
from podia.tracking.cells import Cells, Integers, Overlaps
from podia.tracking.config import TrackingConfig
from podia.tracking.forest import Forest, drop_short_tracks, to_lineage
from podia.tracking.likely_links import link_by_likelihood
from podia.tracking.linking_constants import LINKING, LinkingConstants
from podia.tracking.links import frame_candidates
from podia.tracking.positions import as_equal_discs
from podia.tracking.scale import max_distance_px
from podia.tracking.segments import find_late_divisions, find_merges, join_segments

KnownLinks = Sequence[tuple[tuple[int, int], tuple[int, int]]]
"""Links as pairs of cells, each given by frame and label."""


def require_same_length(labels: LabelMovie, drift: Drift) -> None:
    """Raise InvalidInputError unless `drift` has as many frames as `labels`."""
    if drift.n_frames != labels.n_frames:
        raise InvalidInputError(
            f"The drift has {drift.n_frames} frames, the labels '{labels.name}' have {labels.n_frames}. "
            f"Both must come from the same movie."
        )


def link_cells(
    labels: LabelMovie,
    cells: Cells,
    overlaps: Overlaps,
    config: TrackingConfig,
    known: KnownLinks = (),
    constants: LinkingConstants = LINKING,
) -> Lineage:
    """Link the `cells` of `labels` into a lineage; `known` links are kept with every method.

    Raises
    ------
    ConfigurationError
        If a distance is set in micrometres and the pixel size is unknown.
    """
    if len(cells) == 0:
        return Lineage.empty()
    if labels.positions_only:
        cells, overlaps = as_equal_discs(cells, labels.calibration, config), Overlaps.none()
        config = config.model_copy(update={"overlap_weight": 0.0})
    max_distance = max_distance_px(cells, labels.calibration, config)
    certain = _certain(cells, known)
    forest = _nearest_links(cells, overlaps, certain, max_distance, config)
    if config.method == "distance":
        join_segments(forest, cells, max_distance, config)
    else:
        forest = link_by_likelihood(
            forest, cells, overlaps, certain, max_distance, labels.frame_shape, config, constants
        )
        if config.divisions:
            find_late_divisions(forest, cells, max_distance, config)
        if config.merges:
            find_merges(forest, cells, max_distance, config)
    rows = drop_short_tracks(forest, cells, min(config.min_track_frames, labels.n_frames))
    return to_lineage(forest, cells, rows)


def _certain(cells: Cells, known: KnownLinks) -> Forest:
    forest = Forest.of(len(cells))
    if known:
        ends = np.array(known, dtype=np.int64)  # (K, 2, 2): end, frame and label
        earlier, later = (_rows(cells, ends[:, side]) for side in (0, 1))
        forest.link(earlier, later)
    return forest


def _rows(cells: Cells, names: Integers) -> Integers:
    """Return the rows of the cells with frames and labels `names` ``(K, 2)``."""
    step = int(cells.label.max()) + 1
    keys = cells.frame * step + cells.label  # ascending: rows are ordered by frame and label
    rows: Integers = np.searchsorted(keys, names[:, 0] * step + names[:, 1])
    return rows


def _nearest_links(
    cells: Cells, overlaps: Overlaps, certain: Forest, max_distance: float, config: TrackingConfig
) -> Forest:
    forest = certain.copy()
    for frame in range(cells.n_frames - 1):
        candidates = frame_candidates(cells, overlaps, frame, max_distance, config)
        free = (certain.successor[candidates.first] < 0) & (certain.predecessor[candidates.second] < 0)
        forest.link(*link_one_to_one(candidates.only(free)))
    return forest
