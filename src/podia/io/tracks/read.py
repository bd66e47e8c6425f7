"""Reader for tracks from other programs: GEFF, Cell Tracking Challenge, TrackMate XML, tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError, nearest_name_hint
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.io.analysis_folder import is_analysis_folder
from podia.io.any_table import TABLE_SUFFIXES
from podia.io.layout import LINEAGE
from podia.io.tracks.ctc import TRACK_TABLES, read_ctc_tracks
from podia.io.tracks.geff import read_geff
from podia.io.tracks.track_table import read_track_table
from podia.io.tracks.trackmate import read_trackmate
from podia.io.tracks.trackmate_simple import is_simple_export, read_simple_export

_KINDS = (
    "a GEFF folder (tracks.geff), a Cell Tracking Challenge folder or its res_track.txt with the masks beside it, a "
    "TrackMate file or simple export (.xml), or a table with track ids (cells.csv, btrack)"
)


@dataclass(frozen=True)
class TrackFile:
    """Content of a track file.

    Parameters
    ----------
    lineage
        Tracks and divisions, with the position of each cell.
    labels
        Masks of a Cell Tracking Challenge folder, or outlines of a TrackMate file; None if there are none.
    calibration
        Pixel size and frame interval, if the file contains them.
    """

    lineage: Lineage
    labels: LabelMovie | None
    calibration: Calibration


def read_tracks(path: str | Path) -> Lineage:
    """Read the tracks and divisions in a GEFF, Cell Tracking Challenge or TrackMate file.

    Parameters
    ----------
    path
        A GEFF folder (``tracks.geff``), a Cell Tracking Challenge folder with ``res_track.txt`` or ``man_track.txt``
        and its masks (or the text file in it), a TrackMate ``.xml``, or a table with one row per cell and frame, and
        track ids (podia's ``cells.csv``, btrack, napari Tracks). The type is detected automatically.

    Returns
    -------
    Lineage
        Positions are in px. A node's ``label`` is the value of the cell in the masks of a Cell Tracking Challenge
        folder, which :func:`podia.read_labels` reads, or the label in the file; otherwise the track id.

    Raises
    ------
    MovieReadError
        If the file is of another type, cannot be read, or its graph is not a lineage.

    Examples
    --------
    >>> import podia
    >>> lineage = podia.read_tracks("trackmate.xml")  # doctest: +SKIP
    >>> lineage.n_divisions  # doctest: +SKIP
    """
    return open_tracks(path).lineage


def open_tracks(path: str | Path, *, pixel_size_um: float | None = None) -> TrackFile:
    """Open a track file with its masks and its calibration; see :func:`read_tracks`.

    `pixel_size_um` converts positions of tables in um to px.
    """
    path = Path(path)
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MovieReadError(f"There is no file or folder '{path}'.{nearest_name_hint(path.name, siblings)}")
    if path.name in TRACK_TABLES:
        path = path.parent
    if path.is_dir() and any((path / name).is_file() for name in TRACK_TABLES):
        labels, lineage = read_ctc_tracks(path)
        return TrackFile(lineage, labels, labels.calibration)
    if path.suffix.lower() == ".xml" and path.is_file() and is_simple_export(path):
        lineage, calibration = read_simple_export(path, pixel_size_um=pixel_size_um)
        return TrackFile(lineage, None, calibration)
    if path.suffix.lower() == ".xml":
        content = read_trackmate(path)
        return TrackFile(content.lineage, content.labels, content.calibration)
    if path.suffix.lower() == ".geff" or any((path / name).is_file() for name in ("zarr.json", ".zgroup")):
        lineage, calibration = read_geff(path)
        return TrackFile(lineage, None, calibration)
    if path.is_file() and path.suffix.lower() in TABLE_SUFFIXES:
        return TrackFile(read_track_table(path, pixel_size_um=pixel_size_um), None, Calibration())
    if is_analysis_folder(path):
        raise MovieReadError(
            f"'{path}' is an analysis folder. Give '{path / LINEAGE}', or open the folder with podia.open."
        )
    raise MovieReadError(
        f"'{path}' does not contain tracks. podia reads {_KINDS}. For label images whose values are track "
        "ids, use --labels FILE --labels-are-tracks."
    )
