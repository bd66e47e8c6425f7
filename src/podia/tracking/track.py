"""From labels to a lineage: who is who through time, and who came from whom."""

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
    """Return the lineage of the cells in `labels`.

    Links and divisions between two frames are chosen together, by how likely each is given the movie's own motion,
    sizes, divisions, and comings and goings (:mod:`podia.tracking.likelihood`); then gaps are closed. With the method
    ``distance`` they go by distance and overlap, as linear assignment problems (Jaqaman et al., Nature Methods 2008;
    :mod:`podia.tracking.assignment`). Frames are read one at a time; two are in memory. Where labels mark positions
    only, overlap and size count for nothing. Labels stay as they are; to keep touching
    cells apart, use :func:`podia.tracking.follow.follow`.

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
    require_same_length(labels, drift)
    cells, overlaps = gather_cells(labels, drift, progress)
    return link_cells(labels, cells, overlaps, config)
