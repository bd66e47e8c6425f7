"""Tables of cell positions, from clicks or detections.

A table of positions has the columns ``frame`` (int64, from 0), ``y`` and ``x`` (float64, px, pixel centres at
integers), is sorted by them, and may have more columns after them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from podia.data.errors import MovieReadError
from podia.files.atomic import atomic_path
from podia.io.any_table import read_any_table
from podia.io.damaged import unreadable_file
from podia.io.drawn.drawings import read_drawing
from podia.io.drawn.shapes import DrawnShape
from podia.io.tracks.trackmate import read_trackmate
from podia.io.tracks.trackmate_simple import is_simple_export, read_simple_export

POINT_SUFFIXES = (".csv", ".tsv", ".xlsx", ".txt", ".zip", ".roi", ".json")

_POSITION = ("frame", "y", "x")
_NUMBERS = ("frame", "y", "x", "tip_y", "tip_x", "length")
_OTHER_NAMES = {
    "frame": ("frame", "t", "time", "timepoint", "frame_number"),
    "y": ("y", "centroid-0", "centroid_y", "pos_y", "center_y"),
    "x": ("x", "centroid-1", "centroid_x", "pos_x", "center_x"),
}
"""Lower-case names of frame, y and x in other programs."""
_TRACKLETS = ("frame", "track_id", "x", "y", "parent_track_id")


def read_points(path: str | Path, *, pixel_size_um: float | None = None) -> pd.DataFrame:
    r"""Return the table of positions in a file; the format is detected from the content.

    Parameters
    ----------
    path
        One of:

        - a CSV file with ``frame, y, x``, ``frame, y_px, x_px`` or, for protrusion tips, ``frame, tip_y, tip_x``;
          other columns are kept. A row with a frame but without y and x means that the frame was annotated and has no
          cells (see :func:`looked_at_frames`);
        - the CSV file of a napari Points layer (``index, axis-0, axis-1, axis-2``: frame, y, x; without ``axis-2``: y
          and x on frame 0), or of a Shapes layer, with the centroids of its outlines;
        - Fiji ROIs, ``.zip`` or ``.roi``: points, and centroids of outlines;
        - TrackMate XML: the spots that are shown; also its simple export of tracks;
        - LabelMe JSON: points, and centroids of polygons, on frame 0;
        - a text file without a header and with five columns, frame, number, x, y, number of the parent (-1: none), as
          in the tracks of the C2C12 data set (Ker et al. 2018); ``track_id`` and ``parent_track_id`` are added.

    Raises
    ------
    MovieReadError
        If it cannot be read, lacks columns, or contains non-numeric values or negative frames.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "clicks.csv"
    ...     _ = file.write_text("index,axis-0,axis-1,axis-2\n0,3.0,20.5,7.0\n")
    ...     read_points(file).to_dict("records")
    [{'frame': 3, 'y': 20.5, 'x': 7.0}]
    """
    return _read(Path(path), pixel_size_um).points


def looked_at_frames(path: str | Path) -> tuple[int, ...]:
    """Return the annotated frames in such a file, ascending: with points, or marked as empty."""
    return _read(Path(path), 1.0).frames  # for any unit of positions


def says_frames(path: str | Path) -> bool:
    """Return whether such a file contains frame numbers; a file for a single image may not."""
    path = Path(path)
    drawn = read_drawing(path)
    if drawn is not None:
        return all(shape.has_frame for shape in drawn)
    header = read_any_table(path).columns
    return "axis-0" not in header or "axis-2" in header


def write_points(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table of positions as CSV, atomically; :func:`read_points` reads it.

    Raises
    ------
    OutputError
        If there is no space or no permission to write.
    """
    others = [name for name in table.columns if name not in _POSITION]
    with atomic_path(Path(path)) as temporary:
        table[[*_POSITION, *others]].to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def read_position_csv(path: Path, *, pixel_size_um: float | None = None) -> pd.DataFrame:
    """Return a CSV table with ``_px`` removed from column names and with positions checked to be numeric.

    Raises
    ------
    MovieReadError
        If it cannot be read, has duplicate columns, has positions in um only, or contains non-numeric positions.
    """
    table = read_any_table(path).numbers().rename(columns=lambda name: str(name).removesuffix("_px"))
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise MovieReadError(
            f"'{path}' has the column '{twice[0]}' twice ('_px' is ignored). Remove one of them."
        )
    table = _in_px(_by_known_names(_napari_points(table, path), path), path, pixel_size_um)
    said_empty = _says_empty(table)
    for name in set(_NUMBERS) & set(table.columns):
        numbers = pd.to_numeric(table[name], errors="coerce")
        broken = numbers[~np.isfinite(numbers) | ((numbers % 1 != 0) | (numbers < 0)) & (name == "frame")]
        if name != "frame":
            broken = broken[~said_empty[broken.index]]
        if len(broken):
            row = int(broken.index[0])
            raise MovieReadError(
                f"Row {row + 1} of '{path}' has {name} '{table[name].iloc[row]}'; frames must be integers from 0, "
                f"and positions numbers in px."
            )
        table[name] = numbers
    return table


class _Points(NamedTuple):
    points: pd.DataFrame
    frames: tuple[int, ...]


def _read(path: Path, pixel_size_um: float | None = None) -> _Points:
    if path.suffix.lower() == ".xml":
        return _from_trackmate(path, pixel_size_um)
    drawn = read_drawing(path)
    if drawn is not None:
        return _from_shapes(drawn)
    first_line = _first_line(path)
    if "," not in first_line and len(first_line.split()) == len(_TRACKLETS):
        return _from_tracklets(path)
    return _from_csv(read_position_csv(path, pixel_size_um=pixel_size_um), path)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline().strip()


def _napari_points(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the table with napari axes renamed; other tables are unchanged."""
    axes = sorted(name for name in table.columns if name.startswith("axis-"))
    if not axes:
        return table
    if len(axes) not in (2, 3):
        raise MovieReadError(
            f"'{path}' has points with {len(axes)} axes; podia reads y, x of an image or frame, y, x of a movie."
        )
    table = table.drop(columns=["index"], errors="ignore")
    if len(axes) == 2:
        table = table.assign(frame=0)
    return table.rename(columns=dict(zip(axes, _POSITION[-len(axes) :], strict=True)))


def _by_known_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Rename the columns of TrackMate, btrack, napari Tracks and Fiji Results to frame, y and x."""
    if set(_POSITION) <= set(table.columns) or {"frame", "tip_y", "tip_x"} <= set(table.columns):
        return table
    by_lower = {str(name).lower(): name for name in reversed(list(table.columns))}
    if {"position_x", "position_y", "frame"} <= set(by_lower):
        return _trackmate_spots(table, by_lower)
    found = {
        name: next((by_lower[other] for other in others if other in by_lower), None)
        for name, others in _OTHER_NAMES.items()
    }
    if found["frame"] is None and "slice" in by_lower:
        table = table.assign(frame=pd.to_numeric(table[by_lower["slice"]], errors="coerce") - 1)
        warnings.warn(
            f"'{path}' counts frames from 1 (column Slice, as Fiji's Results); its positions are read as px.",
            UserWarning,
            stacklevel=4,
        )
        found["frame"] = "frame"
    return table.rename(columns={old: new for new, old in found.items() if old is not None and old != new})


def _trackmate_spots(table: pd.DataFrame, by_lower: Mapping[str, str]) -> pd.DataFrame:
    """Return TrackMate's spot table without the three additional header lines; positions are in its unit."""
    frames = pd.to_numeric(table[by_lower["frame"]], errors="coerce")
    units = " ".join(table.loc[frames.isna(), by_lower["position_x"]].astype(str)).lower()
    spots = table[frames.notna()].reset_index(drop=True)
    unit = "" if "pixel" in units else "_um"
    names = {
        by_lower["frame"]: "frame",
        by_lower["position_y"]: f"y{unit}",
        by_lower["position_x"]: f"x{unit}",
    }
    spots = spots.rename(columns=names)
    for name in names.values():
        spots[name] = pd.to_numeric(spots[name], errors="coerce")
    return spots


def _in_px(table: pd.DataFrame, path: Path, pixel_size_um: float | None) -> pd.DataFrame:
    """Convert positions in um to px."""
    if "x" in table.columns or "tip_y" in table.columns or "x_um" not in table.columns:
        return table
    if pixel_size_um is None:
        raise MovieReadError(
            f"'{path}' has positions in um, but the pixel size is unknown. Give it with --pixel-size-um, "
            "or use positions in px, in columns y_px and x_px."
        )
    if "y_um" not in table.columns:
        return table
    in_um = {name: pd.to_numeric(table[f"{name}_um"], errors="coerce") for name in ("y", "x")}
    return table.assign(**{name: values / pixel_size_um for name, values in in_um.items()})


def _says_empty(table: pd.DataFrame) -> pd.Series:
    if not {"y", "x"} <= set(table.columns):
        return pd.Series(False, index=table.index)
    return table["y"].isna() & table["x"].isna()


def _from_csv(table: pd.DataFrame, path: Path) -> _Points:
    if "tip_y" in table.columns and "y" not in table.columns:
        table = table.rename(columns={"tip_y": "y", "tip_x": "x"})
    missing = [name for name in _POSITION if name not in table.columns]
    if missing:
        raise MovieReadError(
            f"'{path}' lacks the columns {missing} (it has {list(table.columns)}); a table of centroids has "
            f"frame, y, x in px, or y_px, x_px."
        )
    frames = tuple(sorted({int(frame) for frame in table["frame"]}))
    return _Points(_conform(table[~_says_empty(table)]), frames)


def _from_shapes(shapes: list[DrawnShape]) -> _Points:
    positions = np.array([shape.position for shape in shapes], dtype=float).reshape(-1, 2)
    frames = [shape.frame for shape in shapes]
    table = pd.DataFrame({"frame": frames, "y": positions[:, 0], "x": positions[:, 1]})
    return _Points(_conform(table), tuple(sorted(set(frames))))


def _from_trackmate(path: Path, pixel_size_um: float | None) -> _Points:
    if is_simple_export(path):
        lineage, _ = read_simple_export(path, pixel_size_um=pixel_size_um)
    else:
        lineage = read_trackmate(path).lineage
    table = lineage.nodes[[*_POSITION, "track_id"]]
    return _Points(_conform(table), tuple(sorted({int(frame) for frame in table["frame"]})))


def _from_tracklets(path: Path) -> _Points:
    try:
        rows = np.loadtxt(path, dtype=np.int64, ndmin=2)
    except ValueError as error:
        raise unreadable_file(path, "text file of frame, number, x, y, parent", error) from error
    table = pd.DataFrame(dict(zip(_TRACKLETS, rows.T, strict=True)))
    parents = table["parent_track_id"].astype("Int64")
    table = table.assign(parent_track_id=parents.mask(parents < 0))
    return _Points(_conform(table), tuple(np.unique(rows[:, 0]).tolist()))


def _conform(table: pd.DataFrame) -> pd.DataFrame:
    others = [name for name in table.columns if name not in _POSITION]
    typed = table[[*_POSITION, *others]].astype({"frame": np.int64, "y": np.float64, "x": np.float64})
    return typed.sort_values(list(_POSITION), kind="stable", ignore_index=True)
