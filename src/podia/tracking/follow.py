"""From segmented frames to cells with a lineage: contacts resolved first, and cells linked then."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.tracking.cells import gather_cells
from podia.tracking.config import TrackingConfig
from podia.tracking.contact.resolve import ContactEvent, FrameNotes, resolve_contacts
from podia.tracking.linking import link_cells, require_same_length


@dataclass(frozen=True)
class Followed:
    """Cells through time.

    Parameters
    ----------
    labels
        The labels with contacts resolved.
    lineage
        Their lineage.
    contacts
        What was done about contacts, by first frame; cells by frame and label in `labels`.
    changed_frames
        Frames in which `labels` are not those that were given.
    """

    labels: LabelMovie
    lineage: Lineage
    contacts: tuple[ContactEvent, ...] = ()
    changed_frames: tuple[int, ...] = ()


def follow(
    labels: LabelMovie,
    config: TrackingConfig | None = None,
    *,
    movie: Movie | None = None,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> Followed:
    """Return the cells of `labels` through time, kept apart while they touch.

    Where cells that were apart lie in one region for a while, the region is cut and each cell carried through; where
    one cell is in pieces for a while, they are joined (:mod:`podia.tracking.contact`). Then cells are linked as
    :func:`podia.tracking.track.track` does.

    Parameters
    ----------
    labels
        ``(T, Y, X)``.
    movie
        The images: without them, shapes alone say how cells move in a region that they share.
    drift
        How the field moved. Default: it stood still.

    Raises
    ------
    InvalidInputError, ConfigurationError
        As :func:`podia.tracking.track.track`.
    """
    config = TrackingConfig() if config is None else config
    drift = Drift.none(labels.n_frames) if drift is None else drift
    require_same_length(labels, drift)
    notes = FrameNotes()
    resolves = config.contact.enabled and not labels.positions_only and labels.n_frames > 1
    cells, overlaps = gather_cells(labels, drift, progress, notes if resolves else None)
    if not resolves or len(cells) == 0:
        return Followed(labels, link_cells(labels, cells, overlaps, config))
    contacts = resolve_contacts(labels, movie, drift, cells, overlaps, notes, config.contact)
    if contacts.changed_frames:
        cells, overlaps = gather_cells(contacts.labels, drift, progress)
    lineage = link_cells(contacts.labels, cells, overlaps, config, known=contacts.links)
    return Followed(contacts.labels, lineage, contacts.events, contacts.changed_frames)
