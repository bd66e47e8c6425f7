"""Tracking: from labels to a lineage."""

from __future__ import annotations

from typing import overload

from podia.data.arguments import require_kind, settle_config
from podia.data.config import Settings
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.tracking.cells import gather_cells
from podia.tracking.config import TrackingConfig
from podia.tracking.linking import link_cells, require_same_length


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
    """Track the cells in `labels`.

    Links and divisions between two frames are selected jointly, by their likelihood given the motion, sizes, divisions,
    appearances and disappearances in the movie (:mod:`podia.tracking.likelihood`); then gaps are closed. With the
    method ``distance``, they depend on distance and overlap, as linear assignment problems (Jaqaman et al., Nature
    Methods 2008; :mod:`podia.tracking.assignment`). Frames are read one at a time; two are in memory. If labels mark
    positions only, overlap and size are ignored. Labels are not changed; to separate touching cells, use
    :func:`podia.tracking.follow.follow`.

    Parameters
    ----------
    labels
        ``(T, Y, X)``; a label identifies a cell only within its frame, so any numbering is allowed.
    config
        Settings. Default: the default settings.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as
        ``{"tracking.divisions": False}``; the leading ``tracking.`` may be left out.
    drift
        Drift of the field, which is subtracted before distances and overlaps are computed. Default: none.

    Returns
    -------
    Lineage
        Tracks numbered from 1 by first frame and label; empty for a movie without cells. With one frame, every
        cell is a track.

    Raises
    ------
    InvalidInputError
        If `drift` has another number of frames, or an argument has the wrong type.
    ConfigurationError
        If a distance is set in micrometres and the pixel size is unknown, or a setting is unknown or out of bounds.

    Examples
    --------
    A cell that moves by one pixel:

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
    require_same_length(labels, drift)
    cells, overlaps = gather_cells(labels, drift, progress)
    return link_cells(labels, cells, overlaps, config)
