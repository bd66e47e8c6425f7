"""Origin of an analysis: its input files, and how they were read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig


class FileRecord(FrozenConfig):
    """A file with its checksum."""

    path: str
    sha256: str


class Origin(FileRecord):
    """The movie of an analysis, and the masks, positions or tracks that replaced segmentation and tracking.

    The calibration is the one used, from the file or set by the user.
    """

    shape: tuple[int, int, int]
    dtype: str
    pixel_size_um: float | None
    frame_interval_s: float | None
    labels: FileRecord | None = None
    points: FileRecord | None = None
    tracks: FileRecord | None = None
    labels_are_tracks: bool = False

    @property
    def movie(self) -> Path:
        """Path of the movie."""
        return Path(self.path)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.shape[0]

    @property
    def calibration(self) -> Calibration:
        """Pixel size and frame interval."""
        return Calibration(self.pixel_size_um, self.frame_interval_s)

    def record(self) -> dict[str, Any]:
        """Return the origin for a JSON file; labels, points and tracks only if they were given."""
        values = self.model_dump(mode="json")
        given = ("labels", "points", "tracks", "labels_are_tracks")
        return {key: value for key, value in values.items() if key not in given or value}
