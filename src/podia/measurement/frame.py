"""Measures of the cells and protrusions of one frame, independent of other frames."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.field_of_view import FieldOfView
from podia.data.movie import Image, LabelImage
from podia.measurement.boundary import outline_measures
from podia.measurement.config import MeasurementConfig, ProtrusionConfig
from podia.measurement.edge.outlines import Outlines, find_outlines
from podia.measurement.protrusions.body import Point
from podia.measurement.protrusions.skeleton import Pixel
from podia.measurement.protrusions.tips import CellProtrusions, Tip, find_protrusions
from podia.measurement.regions import Regions, find_regions
from podia.measurement.shape import Columns, ellipse, grey_values, size_and_place
from podia.measurement.shapes.fourier import outline_descriptors

_TIP_DEPTH_PX = 0.5
"""Distance from the edge of the field of view within which a tip is cut off."""


@dataclass(frozen=True)
class FrameMeasures:
    """Measures of one frame, in pixels and under base names, as they are stored.

    Parameters
    ----------
    cells
        One row per label: ``label`` and the columns of :data:`~podia.data.tables.CELLS` that one frame determines,
        which are all except ``frame``, ``time``, ``track_id``, the stable centroid, ``speed``, ``turning_angle`` and
        ``confidence``.
    protrusions
        One row per tip: ``label`` and the columns of :data:`~podia.data.tables.PROTRUSIONS` except ``frame``,
        ``time``, ``track_id``, ``protrusion_id``, ``length_error`` and ``angle_to_migration``.
    n_pixels
        Size of the field of view.
    cover_of_rows, cover_of_columns
        ``(Y,)`` and ``(X,)`` fraction of the pixels of each row and column in the field of view that are in cells;
        NaN outside the field, and if only positions are known.
    intensity_mean, intensity_std
        Grey values of the whole frame.
    outlines
        The edge of every label.
    descriptors
        ``(C, 4 K)`` shape of every outline (:mod:`podia.measurement.shapes.fourier`).
    """

    cells: pd.DataFrame
    protrusions: pd.DataFrame
    n_pixels: int
    cover_of_rows: NDArray[np.float32]
    cover_of_columns: NDArray[np.float32]
    intensity_mean: float
    intensity_std: float
    outlines: Outlines
    descriptors: NDArray[np.float64]


def measure_frame(
    image: Image,
    labels: LabelImage,
    config: MeasurementConfig,
    calibration: Calibration,
    field: FieldOfView | None = None,
) -> FrameMeasures:
    """Return the measures of one frame.

    Parameters
    ----------
    image
        ``(Y, X)`` grey values.
    labels
        ``(Y, X)``; 0 is background. Without a cell the tables have no rows.
    config
        Criteria for protrusions.
    calibration
        Converts the limits of `config` to pixels; the result is in pixels.
    field
        Searched part of the frame. Default: all of it.

    Raises
    ------
    InvalidInputError
        If image and labels differ in size.

    Examples
    --------
    >>> labels = np.zeros((8, 8), np.int32)
    >>> labels[2:5, 1:7] = 1
    >>> measures = measure_frame(labels * 10, labels, MeasurementConfig(), Calibration())
    >>> measures.cells[["label", "area", "feret_min"]].to_dict("list")
    {'label': [1], 'area': [18.0], 'feret_min': [3.0]}
    """
    if image.shape != labels.shape:
        raise InvalidInputError(
            f"The labels are {labels.shape} (Y, X), the image is {image.shape}. They must have the same size."
        )
    regions = find_regions(labels)
    field = field or FieldOfView.whole(regions.frame_shape)
    found = _visible_protrusions(regions, field, config.protrusions, calibration)
    size = size_and_place(regions, field)
    columns: Columns = {
        "label": regions.labels,
        **size,
        **ellipse(regions),
        **outline_measures(regions, size["area"]),
        **grey_values(regions, image),
        **_cell_columns(found),
    }
    inside = field.mask()
    outlines = find_outlines(regions, image, config.edge, config.edge.band.in_px(calibration), field)
    return FrameMeasures(
        cells=pd.DataFrame(columns),
        protrusions=pd.DataFrame(_tip_columns(regions, found)),
        n_pixels=int(np.count_nonzero(inside)),
        cover_of_rows=cover(labels, inside, axis=1),
        cover_of_columns=cover(labels, inside, axis=0),
        intensity_mean=float(image.mean(dtype=np.float64)),
        intensity_std=float(image.std(dtype=np.float64)),
        outlines=outlines,
        descriptors=outline_descriptors(outlines),
    )


def find_tips(
    labels: LabelImage, config: ProtrusionConfig | None = None, calibration: Calibration | None = None
) -> NDArray[np.float64]:
    """Return the protrusion tips of the cells in a frame, ``(N, 2)`` as (y, x) in px, as in :func:`measure_frame`.

    Examples
    --------
    >>> labels = np.zeros((60, 90), np.int32)
    >>> labels[20:40, 10:30] = labels[28:33, 30:70] = 1  # a body with one arm; the outline is at x = 69.5
    >>> find_tips(labels).tolist()
    [[30.0, 69.5]]
    """
    regions = find_regions(labels)
    field = FieldOfView.whole(regions.frame_shape)
    found = _visible_protrusions(regions, field, config or ProtrusionConfig(), calibration or Calibration())
    return np.array([tip.position for cell in found for tip in cell.tips], dtype=np.float64).reshape(-1, 2)


def cover(labels: LabelImage, inside: NDArray[np.bool_], axis: int) -> NDArray[np.float32]:
    """Return the share of cells among the pixels `inside` the field, along `axis`; NaN without such pixels."""
    covered = np.count_nonzero((labels > 0) & inside, axis=axis)
    seen = np.count_nonzero(inside, axis=axis)
    share = np.full(len(seen), np.nan, np.float32)
    share[seen > 0] = covered[seen > 0] / seen[seen > 0]
    return share


def _visible_protrusions(
    regions: Regions, field: FieldOfView, config: ProtrusionConfig, calibration: Calibration
) -> list[CellProtrusions]:
    masks = [regions.mask(index) for index in range(regions.n_cells)]
    return [
        _visible(cell, regions.mask_origin(index), field)
        for index, cell in enumerate(find_protrusions(masks, config, calibration))
    ]


def _visible(cell: CellProtrusions, origin: Pixel, field: FieldOfView) -> CellProtrusions:
    """Return a cell's protrusions in pixels of the frame.

    A skeleton that ends at the edge of the field is cut there; its tip is not visible and not counted.
    """
    top, left = origin
    places = np.array([tip.position for tip in cell.tips], dtype=np.float64).reshape(-1, 2) + origin
    is_seen = field.depth(*places.T) > _TIP_DEPTH_PX
    tips: list[Tip] = []
    new_index: dict[int | None, int] = {}
    for index, tip in enumerate(cell.tips):
        y, x = tip.position[0] + top, tip.position[1] + left
        if is_seen[index]:
            new_index[index] = len(tips)
            base = tip.base[0] + top, tip.base[1] + left
            # A stem is longer than its branches, so it comes first.
            stem = new_index.get(tip.branch_of)
            tips.append(replace(tip, position=(y, x), base=base, branch_of=stem))
    centre = cell.body.centre[0] + top, cell.body.centre[1] + left
    return replace(cell, body=replace(cell.body, centre=centre), tips=tuple(tips))


def _cell_columns(found: list[CellProtrusions]) -> Columns:
    beyond = [[tip.length_beyond_body for tip in cell.tips] for cell in found]
    sums = np.array([_vector_sum(cell) for cell in found], dtype=np.complex128)
    total = np.array([math.fsum(lengths) for lengths in beyond])
    some = total > 0
    return {
        "body_y": np.array([cell.body.centre[0] for cell in found], dtype=np.float64),
        "body_x": np.array([cell.body.centre[1] for cell in found], dtype=np.float64),
        "body_radius": np.array([cell.body.radius for cell in found], dtype=np.float64),
        "n_protrusions": np.array([len(cell.tips) for cell in found], dtype=np.int64),
        "protrusion_length_total": np.array([sum(lengths) for lengths in beyond], dtype=np.float64),
        "protrusion_length_max": np.array(
            [max(lengths, default=math.nan) for lengths in beyond], dtype=np.float64
        ),
        # Rounding could give a polarity above 1.
        "protrusion_polarity": np.minimum(
            np.divide(np.abs(sums), total, out=np.full(len(found), np.nan), where=some), 1.0
        ),
        "protrusion_direction": np.where(some, np.angle(sums, deg=True), np.nan),
        "n_branch_points": np.array([len(cell.branch_point_diameters) for cell in found], dtype=np.int64),
        "branch_point_diameter": np.array(
            [_mean_or_nan(cell.branch_point_diameters) for cell in found], dtype=np.float64
        ),
    }


def _tip_columns(regions: Regions, found: list[CellProtrusions]) -> Columns:
    rows = [
        (label, number, cell.body.centre, tip)
        for label, cell in zip(regions.labels.tolist(), found, strict=True)
        for number, tip in enumerate(cell.tips, start=1)
    ]
    columns: Columns = {
        "label": np.array([row[0] for row in rows], dtype=np.int64),
        "tip": np.array([row[1] for row in rows], dtype=np.int64),
    }
    values = {
        "tip_y": [tip.position[0] for *_, tip in rows],
        "tip_x": [tip.position[1] for *_, tip in rows],
        "base_y": [tip.base[0] for *_, tip in rows],
        "base_x": [tip.base[1] for *_, tip in rows],
        "length": [tip.length for *_, tip in rows],
        "length_beyond_body": [tip.length_beyond_body for *_, tip in rows],
        "branch_of": [math.nan if tip.branch_of is None else tip.branch_of + 1 for *_, tip in rows],
        "branch_length": [tip.branch_length for *_, tip in rows],
        "diameter": [tip.diameter for *_, tip in rows],
        "angle": [_direction_deg(centre, tip.position) for *_, centre, tip in rows],
    }
    return columns | {name: np.array(column, dtype=np.float64) for name, column in values.items()}


def _vector_sum(cell: CellProtrusions) -> complex:
    """Return the vector sum ``x + iy`` (y up) of a cell's protrusions, each with its length beyond the body."""
    vectors = [
        tip.length_beyond_body * cmath.exp(1j * math.radians(_direction_deg(cell.body.centre, tip.position)))
        for tip in cell.tips
    ]
    return sum(vectors, 0j)


def _direction_deg(start: Point, stop: Point) -> float:
    """Return the direction relative to the x axis, counter-clockwise as displayed."""
    return math.degrees(math.atan2(start[0] - stop[0], stop[1] - start[1]))


def _mean_or_nan(values: tuple[float, ...]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
