"""Measures of a frame whose cells were corrected: those of unchanged cells are kept, the others are measured."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.field_of_view import FieldOfView
from podia.data.movie import Image, LabelImage
from podia.measurement.config import MeasurementConfig
from podia.measurement.edge.outlines import Outlines
from podia.measurement.frame import FrameMeasures, cover, measure_frame


def measure_changed_cells(
    image: Image,
    labels: LabelImage,
    config: MeasurementConfig,
    calibration: Calibration,
    field: FieldOfView | None = None,
    *,
    labels_before: LabelImage,
    before: FrameMeasures,
) -> FrameMeasures:
    """Return the measures of one frame, the same to the last bit as :func:`measure_frame` returns for `labels`.

    A cell is measured by itself, so that one with the same label and pixels in `labels_before` keeps its measures.

    Parameters
    ----------
    image, labels, config, calibration, field
        As for :func:`measure_frame`.
    labels_before, before
        Labels of the same frame ``(Y, X)``, and what they measured under the same settings.
    """
    kept = unchanged_labels(labels_before, labels)
    new = measure_frame(image, np.where(np.isin(labels, kept), 0, labels), config, calibration, field)
    known = np.isin(before.outlines.labels, kept)
    outlines, order = _joined(before.outlines.pick(np.flatnonzero(known)), new.outlines)
    inside = (field or FieldOfView.whole((labels.shape[0], labels.shape[1]))).mask()
    return replace(
        new,
        cells=_rows_joined(before.cells, new.cells, kept),
        protrusions=_rows_joined(before.protrusions, new.protrusions, kept),
        cover_of_rows=cover(labels, inside, axis=1),
        cover_of_columns=cover(labels, inside, axis=0),
        outlines=outlines,
        descriptors=np.concatenate([before.descriptors[known], new.descriptors])[order],
    )


def unchanged_labels(before: LabelImage, after: LabelImage) -> NDArray[np.int64]:
    """Return the labels, ascending, that have the same pixels in both images."""
    same = after[(before == after) & (after > 0)]
    sizes = [
        dict(zip(*np.unique(image[image > 0], return_counts=True), strict=True)) for image in (before, after)
    ]
    labels, counts = np.unique(same, return_counts=True)
    whole = [sizes[0][label] == count == sizes[1][label] for label, count in zip(labels, counts, strict=True)]
    return labels[np.array(whole, dtype=np.bool_)].astype(np.int64)


def _rows_joined(before: pd.DataFrame, new: pd.DataFrame, kept: NDArray[np.int64]) -> pd.DataFrame:
    """Return the rows of kept labels and of new ones by label; several rows of a label stay in their order."""
    columns = [str(name) for name in new.columns]
    known = before.loc[before["label"].isin(kept), columns]
    rows = {name: np.concatenate([known[name].to_numpy(), new[name].to_numpy()]) for name in columns}
    order = np.argsort(rows["label"], kind="stable")
    return pd.DataFrame({name: values[order] for name, values in rows.items()})


def _joined(known: Outlines, new: Outlines) -> tuple[Outlines, NDArray[np.intp]]:
    """Return the outlines of both by label, and their order among the known and then the new ones."""
    values = {
        one.name: np.concatenate([getattr(known, one.name), getattr(new, one.name)])
        for one in fields(Outlines)
        if one.name != "starts"
    }
    starts = np.concatenate([known.starts, known.starts[-1] + new.starts[1:]])
    order = np.argsort(values["labels"], kind="stable")
    return Outlines(starts=starts, **values).pick(order), order
