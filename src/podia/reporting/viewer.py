"""Data of the movie viewer in the page."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.progress import Progress
from podia.labels.cracks import Points
from podia.reporting.cell_outlines import cell_outlines
from podia.reporting.charts.axis import nice_length
from podia.reporting.colours import TRACK_COLOURS
from podia.reporting.config import ReportConfig
from podia.reporting.contrast import Contrast, evenly_spaced
from podia.reporting.inputs import ReportInputs
from podia.reporting.jpeg import jpeg
from podia.reporting.track_kymographs import track_kymographs
from podia.reporting.wording import time_of

_MEASURES = (
    ("area", "Area"),
    ("aspect_ratio", "Elongation"),
    ("circularity", "Circularity"),
    ("speed", "Speed"),
    ("n_protrusions", "Protrusions"),
    ("protrusion_length_max", "Longest protrusion"),
)
"""Columns of ``cells`` that the viewer tells of the cell under the pointer; of positions only the speed is known."""

_BYTES_PER_CELL = 280
"""What a cell with its outline and measures takes in the page, measured on T98G, rounded up."""
_SHARE_FOR_FRAMES = 0.7
_BASE64 = 4 / 3


def viewer_data(inputs: ReportInputs, config: ReportConfig, progress: Progress) -> dict[str, Any]:
    """Return everything that the viewer shows, ready for JSON. Reads one frame at a time.

    Its size is bounded by ``config.max_page_mb`` whatever the movie's length: frames are left out evenly, then
    pictures are made smaller.
    """
    shown = shown_frames(inputs, config)
    contrast = Contrast.of(inputs.movie)
    size = _picture_size(inputs, shown, contrast, config)
    measures = [m for m in _MEASURES if m[0] == "speed" or not inputs.positions_only]
    cells = _rows_by_frame(
        inputs, "cells", ("track_id", "x", "y", "x_stable", "y_stable", *dict(measures)), shown
    )
    tips = _rows_by_frame(inputs, "protrusions", ("track_id", "tip_x", "tip_y", "base_x", "base_y"), shown)
    frames = []
    for done, frame in enumerate(shown, start=1):
        found = cell_outlines(inputs.labels, frame, tolerance_px=config.outline_tolerance_px)
        frames.append(
            {
                "frame": frame,
                "time": time_of(frame, inputs.calibration),
                "image": _base64(jpeg(contrast.apply(inputs.movie.frame(frame)), size, config.jpeg_quality)),
                "outlines": _base64(pack_outlines(found)),
                "restore": _restore(inputs, frame),
                "cells": cells[frame],
                "tips": tips[frame],
            }
        )
        progress("report", done, len(shown))
    height, width = inputs.movie.frame_shape
    return {
        "width": width,
        "height": height,
        "n_frames": inputs.movie.n_frames,
        "colours": TRACK_COLOURS,
        "tail": config.tail_frames,
        "bar": _scale_bar(inputs),
        "measures": [[words, inputs.unit("cells", name)] for name, words in measures],
        "outlined": not inputs.positions_only,
        "speed_unit": inputs.unit("tracks", "mean_speed"),
        "tracks": _tracks(inputs),
        "kymographs": track_kymographs(inputs, config),
        "frames": frames,
    }


def pack_outlines(found: Mapping[int, Sequence[Points]]) -> bytes:
    """Return outlines as bytes, rounded to half pixels, which is where they lie.

    Little-endian, an outline after the other: uint32 label, uint16 number of further points, uint16 x and y of the
    first in half pixels from the frame's corner, then an int8 pair (dx, dy) for each further point. A stretch too
    long for eight bits is cut into several.
    """
    parts = []
    for label, loops in found.items():
        for points in loops:
            # Pixel centres are whole numbers, so the frame's corner is at -0.5.
            halves = np.rint(2 * (points[:, ::-1] + 0.5)).astype(np.int64)
            steps = np.diff(halves, axis=0)
            pieces = np.maximum(1, -(-np.abs(steps).max(axis=1, initial=0) // 127))
            if len(steps) and pieces.max() > 1:
                steps = _cut(steps, pieces)
            parts.append(
                struct.pack("<IHHH", label, len(steps), *halves[0].tolist()) + steps.astype(np.int8).tobytes()
            )
    return b"".join(parts)


def _cut(steps: NDArray[np.int64], pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `steps` with each cut into as many nearly equal whole ones as `pieces` says."""
    cut = []
    for step, n in zip(steps, pieces.tolist(), strict=True):
        reached = np.rint(np.outer(np.arange(n + 1) / n, step)).astype(np.int64)
        cut.append(np.diff(reached, axis=0))
    return np.concatenate(cut)


def shown_frames(inputs: ReportInputs, config: ReportConfig) -> list[int]:
    """Return the frames that the page shows: all, or as many as fit, evenly spaced with both ends."""
    per_frame = len(inputs.tables["cells"]) / inputs.movie.n_frames
    room = config.max_page_mb * 1e6 * (1 - _SHARE_FOR_FRAMES) / _BYTES_PER_CELL
    fitting = config.max_frames if per_frame == 0 else int(room / per_frame)
    return evenly_spaced(inputs.movie.n_frames, max(1, min(config.max_frames, fitting)))


def _picture_size(
    inputs: ReportInputs, shown: list[int], contrast: Contrast, config: ReportConfig
) -> tuple[int, int]:
    """Return the largest picture size (width, height) at which all shown frames fit into their share of the page."""
    height, width = inputs.movie.frame_shape
    room = config.max_page_mb * 1e6 * _SHARE_FOR_FRAMES / _BASE64 / len(shown)
    probes = [contrast.apply(inputs.movie.frame(shown[i])) for i in evenly_spaced(len(shown), 3)]
    factor = min(1.0, config.frame_max_width_px / width)
    while True:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        needed = max(len(jpeg(probe, size, config.jpeg_quality)) for probe in probes)
        if needed <= room or size[0] <= 64:
            return size
        # A picture's bytes grow a little slower than its area, so one step seldom suffices, and two nearly always do.
        factor *= min(0.95, (room / needed) ** 0.5)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _restore(inputs: ReportInputs, frame: int) -> list[float]:
    """Return the first two rows of the transform from stable positions (px) to this frame's."""
    inverse = np.linalg.inv(inputs.drift.to_stable[frame])
    return [_significant(value, 7) or 0.0 for value in inverse[:2].ravel().tolist()]


def _rows_by_frame(
    inputs: ReportInputs, table: str, names: tuple[str, ...], shown: list[int]
) -> dict[int, list[list[Any]]]:
    """Return, for each of the `shown` frames, the rows of a table with a few columns, as short as JSON allows."""
    frame = inputs.column(table, "frame").to_numpy(np.int64)
    is_shown = np.isin(frame, shown)
    columns = {name: inputs.column(table, name).to_numpy(np.float64)[is_shown] for name in names}
    for name in ("x_stable", "y_stable"):
        if name in columns:
            columns[name] = columns[name] / inputs.calibration.length_per_px
    rows: dict[int, list[list[Any]]] = {index: [] for index in shown}
    for index, row in zip(
        frame[is_shown].tolist(), np.stack(list(columns.values()), axis=1).tolist(), strict=True
    ):
        rows[index].append([_significant(value) for value in row])
    return rows


def _significant(value: float, digits: int = 5) -> float | int | None:
    """Return `value` rounded, as a whole number where it is one, None where undefined."""
    if not np.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}") if abs(value) < 10**digits else round(value)
    return int(rounded) if rounded == int(rounded) else rounded


def _tracks(inputs: ReportInputs) -> dict[str, list[Any]]:
    """Return, by track id: first frame, last frame, mean speed, parent (0 without), daughters."""
    daughters = inputs.lineage.daughters()
    table = pd.DataFrame(
        {
            name: inputs.column("tracks", name)
            for name in ("track_id", "first_frame", "last_frame", "mean_speed")
        }
    )
    return {
        str(int(row.track_id)): [
            int(row.first_frame),
            int(row.last_frame),
            _significant(float(row.mean_speed)),
            inputs.lineage.parents.get(int(row.track_id), 0),
            daughters.get(int(row.track_id), []),
        ]
        for row in table.itertuples()
    }


def _scale_bar(inputs: ReportInputs) -> list[float] | None:
    """Return the length of a scale bar in px and in um; None where the pixel size is not known."""
    pixel = inputs.calibration.pixel_size_um
    if pixel is None:
        return None
    length = nice_length(inputs.movie.frame_shape[1] * pixel / 5)
    return [length / pixel, length]
