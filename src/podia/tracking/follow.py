"""Contact resolution followed by tracking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from podia.data.arguments import require_kind, settle_config
from podia.data.config import Settings
from podia.data.contacts import ContactRecord
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.tracking.cells import gather_cells, gather_changed
from podia.tracking.config import TrackingConfig
from podia.tracking.contact.resolve import ContactEvent, FrameNotes, resolve_contacts
from podia.tracking.linking import link_cells, require_same_length


@dataclass(frozen=True)
class TrackingResult:
    """Cells tracked over time.

    Parameters
    ----------
    labels
        The labels with contacts resolved.
    lineage
        Their lineage.
    contacts
        Corrections of touching cells, by first frame.
    changed_frames
        Frames in which `labels` differ from the input.
    """

    labels: LabelMovie
    lineage: Lineage
    contacts: tuple[ContactRecord, ...] = ()
    changed_frames: tuple[int, ...] = ()


@overload
def follow(
    labels: LabelMovie,
    config: TrackingConfig | None = None,
    *,
    movie: Movie | None = None,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> TrackingResult: ...


@overload
def follow(
    labels: LabelMovie,
    *,
    settings: Settings,
    movie: Movie | None = None,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> TrackingResult: ...


def follow(
    labels: LabelMovie,
    config: TrackingConfig | None = None,
    *,
    settings: Settings | None = None,
    movie: Movie | None = None,
    drift: Drift | None = None,
    progress: Progress = silent,
) -> TrackingResult:
    """Track the cells of `labels` and keep touching cells separate.

    If separate cells share a region for some frames, the region is split and each cell is propagated through it; if a
    cell is in pieces for some frames, these are merged (:mod:`podia.tracking.contact`). Then cells are linked as in
    :func:`podia.tracking.track.track`. ``podia run`` does the same.

    Parameters
    ----------
    labels
        ``(T, Y, X)``.
    config
        Settings. Default: the default settings.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as
        ``{"tracking.contact.join": False}``; the leading ``tracking.`` may be left out.
    movie
        The images. Without them, only shapes determine how cells move in a shared region.
    drift
        Drift of the field. Default: none.

    Raises
    ------
    InvalidInputError, ConfigurationError
        As :func:`podia.tracking.track.track`; or if `movie` and `labels` differ in size.

    Examples
    --------
    Two cells that share a region in the middle frame:

    >>> import numpy as np
    >>> masks = np.zeros((5, 20, 40), np.uint16)
    >>> masks[:, 5:15, 5:15], masks[:, 5:15, 16:26] = 1, 2
    >>> masks[2, 5:15, 5:26] = 1
    >>> cells = follow(LabelMovie.from_array(masks))
    >>> [len(np.unique(frame)) - 1 for frame in cells.labels]
    [2, 2, 2, 2, 2]
    >>> len(cells.lineage.track_ids), [record.kind for record in cells.contacts]
    (2, ['contact'])
    """
    require_kind(labels, LabelMovie, "labels", "podia.segment and podia.read_labels return them.")
    config = settle_config(TrackingConfig, config, settings, section="tracking")
    drift = Drift.none(labels.n_frames) if drift is None else drift
    require_same_length(labels, drift)
    if movie is not None and (movie.n_frames, *movie.frame_shape) != (labels.n_frames, *labels.frame_shape):
        raise InvalidInputError(
            f"The movie '{movie.name}' is {_size(movie)}, the labels '{labels.name}' are {_size(labels)}. "
            "Both must have the same frames."
        )
    notes = FrameNotes()
    resolves = config.contact.enabled and not labels.positions_only and labels.n_frames > 1
    cells, overlaps = gather_cells(labels, drift, progress, notes if resolves else None)
    if not resolves or len(cells) == 0:
        return TrackingResult(labels, link_cells(labels, cells, overlaps, config))
    contacts = resolve_contacts(labels, movie, drift, cells, overlaps, notes, config.contact)
    if contacts.changed_frames:
        cells, overlaps = gather_changed(contacts.labels, drift, cells, overlaps, contacts.changed_frames)
    lineage = link_cells(contacts.labels, cells, overlaps, config, known=contacts.links)
    records = tuple(sorted(_records(contacts.events, lineage)))
    return TrackingResult(contacts.labels, lineage, records, contacts.changed_frames)


def _size(movie: Movie | LabelMovie) -> str:
    height, width = movie.frame_shape
    return f"{movie.n_frames} frames of {height} x {width} px"


def _records(events: Sequence[ContactEvent], lineage: Lineage) -> Iterator[ContactRecord]:
    """Yield the events with the tracks of their cells, except for short tracks that were dropped."""
    nodes = lineage.nodes[["frame", "label", "track_id"]].to_numpy()
    track_of = {(int(frame), int(label)): int(track) for frame, label, track in nodes} if events else {}
    for event in events:
        tracks = [track_of.get(cell) for cell in event.cells]
        largest, others = tracks[0], tracks[1:]
        for track in others or [largest]:
            if track is not None:
                other = largest if others else None
                frame = event.cells[0][0]
                yield ContactRecord(frame, track, event.kind, other, event.n_frames, event.confidence)
