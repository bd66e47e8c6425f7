"""Measures of frames with positions only; measures that need outlines are undefined."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.field_of_view import FieldOfView
from podia.data.movie import Image, LabelImage
from podia.data.tables import CELLS, PROTRUSIONS
from podia.measurement.config import MeasurementConfig
from podia.measurement.edge.outlines import Outlines
from podia.measurement.frame import FrameMeasures
from podia.measurement.regions import find_regions
from podia.measurement.shape import size_and_place
from podia.measurement.shapes.fourier import COLUMNS

_OF_THE_MOVIE = (
    "frame",
    "time",
    "track_id",
    "segmentation_label",
    "y_raw",
    "x_raw",
    "y_stable",
    "x_stable",
    "speed",
    "turning_angle",
)
"""Columns of cells that depend on several frames."""
_OF_THE_MOVIE_TOO = (*_OF_THE_MOVIE, "protrusion_id", "length_error", "angle_to_migration")
"""Columns of protrusions that depend on several frames."""


def measure_positions(
    image: Image,
    labels: LabelImage,
    config: MeasurementConfig,
    calibration: Calibration,
    field: FieldOfView | None = None,
) -> FrameMeasures:
    """Return the measures of a frame whose `labels` are discs on positions, in the same form as for masks.

    Parameters
    ----------
    image, labels
        ``(Y, X)``, of one size.
    config
        Sets the distance from the edge of the field within which a cell touches it.
    calibration
        Converts that distance to pixels.
    field
        Searched part of the frame. Default: all of it.
    """
    regions = find_regions(labels)
    field = field or FieldOfView.whole(regions.frame_shape)
    place = size_and_place(regions, field)
    y, x = place["y"], place["x"]
    undefined = np.full(regions.n_cells, np.nan)
    columns = {name: undefined for name in CELLS.base_names if name not in _OF_THE_MOVIE}
    columns |= {
        "label": regions.labels,
        "y": y,
        "x": x,
        "touches_border": field.depth(y, x) < config.point_border.in_px(calibration),
    }
    no_tips = {name: np.empty(0) for name in PROTRUSIONS.base_names if name not in _OF_THE_MOVIE_TOO}
    return FrameMeasures(
        cells=pd.DataFrame(columns),
        protrusions=pd.DataFrame(no_tips | {"label": np.empty(0, np.int64), "tip": np.empty(0, np.int64)}),
        n_pixels=field.n_pixels,
        cover_of_rows=np.full(regions.frame_shape[0], np.nan, np.float32),
        cover_of_columns=np.full(regions.frame_shape[1], np.nan, np.float32),
        intensity_mean=float(image.mean(dtype=np.float64)),
        intensity_std=float(image.std(dtype=np.float64)),
        outlines=_no_outlines(),
        descriptors=np.empty((0, len(COLUMNS))),
    )


def _no_outlines() -> Outlines:
    return Outlines(
        labels=np.empty(0, np.int64),
        starts=np.zeros(1, np.int64),
        points=np.empty((0, 2), np.float32),
        intensity=np.empty(0, np.float32),
        is_cut=np.empty(0, np.bool_),
    )
