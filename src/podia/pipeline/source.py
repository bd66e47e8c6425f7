"""Source of a run: a movie, and masks, positions or tracks that replace segmentation and tracking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from podia.corrections.operations import Correction
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.io.fingerprint import fingerprint
from podia.io.label_values import require_numbered_cells
from podia.io.origin import FileRecord, Origin
from podia.io.points import read_points
from podia.io.read import positions_in, read_labels
from podia.labels.points import labels_of_points
from podia.pipeline.config import RunConfig
from podia.pipeline.given_cells import GivenTracks, open_given_tracks, require_on_cells


@dataclass(frozen=True)
class Source:
    """Input files of a run.

    Parameters
    ----------
    movie
        A movie file or folder.
    labels
        Masks from another program, which replace segmentation.
    points
        A table of positions, which replaces segmentation.
    tracks
        Tracks from another program, which replace tracking; with their own masks, or with `labels`.
    labels_are_tracks
        Whether values in `labels` are track ids.
    corrections
        Corrections of an earlier run of this movie, for a new folder.

    Raises
    ------
    InvalidInputError
        If two of these are incompatible.
    """

    movie: Path
    labels: Path | None = None
    points: Path | None = None
    tracks: Path | None = None
    labels_are_tracks: bool = False
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        if self.labels is not None and self.points is not None:
            raise InvalidInputError(
                "Labels and points cannot be combined, because both define the cells. Remove one of them."
            )
        if self.tracks is not None and self.points is not None:
            raise InvalidInputError(
                "Tracks and points cannot be combined, because tracks contain positions. Remove the points."
            )
        if self.labels_are_tracks and self.labels is None:
            raise InvalidInputError("--labels-are-tracks requires labels: --labels FILE --labels-are-tracks.")
        if self.labels_are_tracks and self.tracks is not None:
            raise InvalidInputError(
                "Tracks are given twice: in a file, and as the values of the labels. Remove --tracks or "
                "--labels-are-tracks."
            )

    @property
    def segments(self) -> bool:
        """Whether the run itself segments the movie."""
        return self.labels is None and self.points is None and self.tracks is None

    def absolute(self) -> Source:
        """Return the same files with absolute paths, because a worker may run in another folder."""
        labels, points, tracks = (
            None if path is None else path.absolute() for path in (self.labels, self.points, self.tracks)
        )
        return replace(self, movie=self.movie.absolute(), labels=labels, points=points, tracks=tracks)

    def require_present(self) -> None:
        """Raise InvalidInputError if a file is missing."""
        files = [path for path in (self.movie, self.labels, self.points, self.tracks) if path is not None]
        missing = [str(path) for path in files if not path.exists()]
        if missing:
            raise InvalidInputError(f"No such file or folder: {', '.join(missing)}.")

    def given_cells(self, movie: Movie, config: RunConfig) -> tuple[LabelMovie | None, GivenTracks | None]:
        """Return the replacements of segmentation (labels, or discs on positions) and of tracking; None without.

        Raises
        ------
        MovieReadError
            If a file cannot be read.
        InvalidInputError
            If labels and movie differ in size, a position is outside the movie, or tracks and labels do not fit.
        """
        labels = self._given_labels(movie, config)
        if self.labels_are_tracks:
            return labels, GivenTracks(f"the values of '{self.labels}'", None)
        if self.tracks is None:
            return labels, None
        file = open_given_tracks(self.tracks, movie, frames=config.frames)
        if labels is not None and self.labels is not None:
            require_on_cells(file.lineage, labels, self.tracks, self.labels)
        return labels or file.labels, GivenTracks(f"the tracks in '{self.tracks}'", file.lineage)

    def _given_labels(self, movie: Movie, config: RunConfig) -> LabelMovie | None:
        if self.points is not None:
            return labels_of_points(
                read_points(self.points, pixel_size_um=movie.calibration.pixel_size_um), movie
            )
        if self.labels is None:
            return None
        position = config.position if len(positions_in(self.labels)) > 1 else None
        given = read_labels(self.labels, channel=config.labels_channel, position=position)
        if config.frames is not None and given.n_frames > movie.n_frames:
            given = read_labels(
                self.labels, channel=config.labels_channel, position=position, frames=config.frames
            )
        if given.shape != movie.shape:
            raise InvalidInputError(
                f"The labels in '{self.labels}' have shape (T, Y, X) {given.shape}, the movie '{self.movie}' "
                f"{movie.shape}. They must be the same."
            )
        require_numbered_cells(given, self.labels)
        return given

    def origin(self, movie: Movie) -> Origin:
        """Return the files with their checksums, and how `movie` was read."""
        return Origin(
            path=str(self.movie.resolve()),
            sha256=fingerprint(self.movie),
            shape=movie.shape,
            dtype=str(movie.dtype),
            pixel_size_um=movie.calibration.pixel_size_um,
            frame_interval_s=movie.calibration.frame_interval_s,
            labels=_recorded(self.labels),
            points=_recorded(self.points),
            tracks=_recorded(self.tracks),
            labels_are_tracks=self.labels_are_tracks,
        )


def _recorded(path: Path | None) -> FileRecord | None:
    return None if path is None else FileRecord(path=str(path.resolve()), sha256=fingerprint(path))
