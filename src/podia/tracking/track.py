"""From labels to a lineage: who is who through time, and who came from whom."""

from __future__ import annotations

from typing import overload

from podia.data.arguments import require_kind, settle_config
from podia.data.config import Settings
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.tracking.assignment import link_one_to_one
from podia.tracking.cells import Cells, Overlaps, gather_cells
from podia.tracking.config import TrackingConfig
from podia.tracking.forest import Forest, drop_short_tracks, to_lineage
from podia.tracking.links import frame_candidates
from podia.tracking.positions import as_equal_discs
from podia.tracking.scale import max_distance_px
from podia.tracking.segments import join_segments


@overload
def track(
    labels: LabelMovie,
    config: TrackingConfig | None = None,
    *,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> Lineage: ...


@overload
def track(
    labels: LabelMovie,
    *,
    settings: Settings,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> Lineage: ...


def track(
    labels: LabelMovie,
    config: TrackingConfig | None = None,
    *,
    settings: Settings | None = None,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> Lineage:
    """Return the lineage of the cells in `labels`.

    Cells are linked from frame to frame by distance and overlap, as one linear assignment problem a frame;
    then gaps, divisions and (as a setting) merges are chosen jointly over the movie (Jaqaman et al., Nature
    Methods 2008; :mod:`podia.tracking.assignment`). A division needs two daughters of plausible size on either
    side of the parent (:mod:`podia.tracking.divisions`). Frames are read one at a time; two are in memory. Where
    labels mark positions only, links go by distance alone.

    Parameters
    ----------
    labels
        ``(T, Y, X)``; a value means a cell in its own frame only, so any numbering will do.
    config
        Settings; defaults where None.
    settings
        In place of `config`: single settings with the keys of the command line, such as
        ``{"tracking.divisions": False}``; the leading ``tracking.`` may be left out.
    drift
        How the field moved; distances and overlaps are taken with it undone. Default: it stood still.

    Returns
    -------
    Lineage
        Tracks numbered from 1 by first frame and label; empty for a movie without cells. With one frame, every
        cell is a track.

    Raises
    ------
    InvalidInputError
        If `drift` has another number of frames, or an argument is of the wrong type.
    ConfigurationError
        If a distance is set in micrometres and the pixel size is unknown, or a setting is unknown or out of bounds.

    Examples
    --------
    A cell that moves by a pixel:

    >>> import numpy as np
    >>> movie = np.zeros((2, 8, 8), np.uint16)
    >>> movie[0, 2:5, 2:5] = 1
    >>> movie[1, 2:5, 3:6] = 7
    >>> track(LabelMovie.from_array(movie)).nodes[["frame", "label", "track_id"]].to_numpy().tolist()
    [[0, 1, 1], [1, 7, 1]]
    """
    require_kind(labels, LabelMovie, "labels", "podia.segment and podia.read_labels return them.")
    config = settle_config(TrackingConfig, config, settings, section="tracking")
    drift = Drift.none(labels.n_frames) if drift is None else drift
    if drift.n_frames != labels.n_frames:
        raise InvalidInputError(
            f"The drift has {drift.n_frames} frames, the labels '{labels.name}' have {labels.n_frames}. "
            f"Both must come from the same movie."
        )
    cells, overlaps = gather_cells(labels, drift, progress)
    if len(cells) == 0:
        return Lineage.empty()
    if labels.positions_only:
        cells, overlaps = as_equal_discs(cells, labels.calibration, config), Overlaps.none()
        config = config.model_copy(update={"overlap_weight": 0.0})
    max_distance = max_distance_px(cells, labels.calibration, config)
    forest = Forest.of(len(cells))
    _link_frames(forest, cells, overlaps, max_distance, config)
    join_segments(forest, cells, max_distance, config)
    rows = drop_short_tracks(forest, cells, min(config.min_track_frames, labels.n_frames))
    return to_lineage(forest, cells, rows)


def _link_frames(
    forest: Forest, cells: Cells, overlaps: Overlaps, max_distance: float, config: TrackingConfig
) -> None:
    for frame in range(cells.n_frames - 1):
        candidates = frame_candidates(cells, overlaps, frame, max_distance, config)
        forest.link(*link_one_to_one(candidates))
