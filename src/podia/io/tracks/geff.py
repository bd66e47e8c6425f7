"""Lineages in GEFF, the Graph Exchange File Format (liveimagetrackingtools.org/geff)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.data.lineage import Lineage
from podia.files.atomic import atomic_path
from podia.io.damaged import unreadable_file
from podia.io.tracks.lineage_graph import edges_of, lineage_of_graph
from podia.io.tracks.node_measures import NodeMeasure
from podia.io.units import length_um, time_s

_MERGE = "is_merge"
_COLUMNS = {"t": "frame", "y": "y", "x": "x", "track_id": "track_id", "label": "label", "seg_id": "track_id"}
"""Columns of the nodes by property. Label images have track ids as values; funtracks calls this value ``seg_id``."""


_TRACKLETS = ("tracklet_id",)
"""Names used by other programs (funtracks) for the ids of unbranched tracks."""

_FUNTRACKS, _TRACKSDATA = "funtracks", "tracksdata"
"""Keys of the free part of the metadata, used by funtracks and its graph library."""


def write_geff(
    lineage: Lineage,
    path: str | Path,
    calibration: Calibration,
    *,
    measures: Sequence[NodeMeasure] = (),
    label_image: str | None = None,
    last_row: int | None = None,
) -> None:
    """Write a lineage as GEFF 1, atomically; the same lineage gives the same bytes.

    The node of row ``i`` has the id ``i + 1``, because 0 is the background of label images, and the properties ``t``
    (frame), ``y``, ``x`` (px), ``track_id``, ``label``, and ``seg_id``, its value in the label image of the tracks. The
    calibration is stored as ``scale`` and ``scaled_unit`` of the axes, so that positions are exact. A cell with edges
    to two or more cells divides, an edge over several frames is a gap, and the edge property ``is_merge`` marks tracks
    that merge into another one.

    Parameters
    ----------
    measures
        Additional properties of the nodes.
    label_image
        Path of the label image with track ids as values, relative to `path`.
    last_row
        The node to write last, a row of ``lineage.nodes``: funtracks compares the last node of a file with the label
        image at its position.

    Raises
    ------
    InvalidInputError
        If a track merges into one that has no cell after it.
    OutputError
        If there is no space or no permission to write `path`.
    """
    import zarr
    from geff.core_io import write_arrays

    edges = edges_of(lineage)
    order = np.arange(len(lineage.nodes))
    if last_row is not None:
        order = np.append(np.delete(order, last_row), last_row)
    nodes = lineage.nodes.iloc[order]
    values = {name: nodes[column].to_numpy() for name, column in _COLUMNS.items()}
    values |= {one.name: one.per_node[order] for one in measures}
    # Also write chunks of zeros, so that the set of files does not depend on the values.
    with atomic_path(Path(path)) as temporary, zarr.config.set({"array.write_empty_chunks": True}):
        write_arrays(
            temporary,
            node_ids=(order + 1).astype(np.uint64),
            node_props={name: _values(one) for name, one in values.items()},
            edge_ids=(edges.rows + 1).astype(np.uint64),
            # A number, because napari-track-edit treats every boolean property as a group of nodes.
            edge_props={_MERGE: _values(edges.is_merge.astype(np.uint8))},
            metadata=_metadata(lineage, calibration, measures, label_image),
        )


def read_geff(path: str | Path) -> tuple[Lineage, Calibration]:
    """Return the lineage in a GEFF file and the scale of its axes.

    Files of other programs are accepted if positions are in pixels; files of funtracks, in world units, are converted
    by their scale. Tracks are then the tracklets in the file, otherwise the unbranched paths. Labels are the property
    ``seg_id``, otherwise the track ids.

    Raises
    ------
    MovieReadError
        If it cannot be read, lacks the axes t, y and x, or its graph is not a lineage.
    """
    from geff import GeffReader

    path = Path(path)
    if not path.exists():
        raise MovieReadError(f"There is no file or folder '{path}'.")
    try:
        reader = GeffReader(path)
        tracklet = (reader.metadata.track_node_props or {}).get("tracklet")
        wanted = {*_COLUMNS, tracklet, *_TRACKLETS}
        reader.read_node_props(name for name in reader.node_prop_names if name in wanted)
        reader.read_edge_props(name for name in (_MERGE,) if name in reader.edge_prop_names)
        graph = reader.build()
    except Exception as error:  # stores and parsers raise arbitrary exceptions
        raise unreadable_file(path, "GEFF graph", error) from error
    axes = _axes(graph["metadata"], path)
    merge = graph["edge_props"].get(_MERGE)
    ids = pd.Index(graph["node_ids"])
    rows = np.asarray(ids.get_indexer(graph["edge_ids"].ravel()), np.int64).reshape(-1, 2)
    nodes = _nodes(graph, path)
    ids_of = {name: _whole_numbers(graph["node_props"].get(name)) for name in wanted}
    if merge is None or ids_of["track_id"] is None or ids_of["label"] is None:
        tracks = next((ids_of[name] for name in (tracklet, *_TRACKLETS) if ids_of[name] is not None), None)
        own = {"track_id": tracks, "label": ids_of["seg_id"]}
        nodes = nodes.assign(**{name: values for name, values in own.items() if values is not None})
        return lineage_of_graph(nodes, rows, path), _calibration(axes)
    nodes = nodes.assign(track_id=ids_of["track_id"], label=ids_of["label"])
    return lineage_of_graph(nodes, rows, path, is_merge=merge["values"].astype(np.bool_)), _calibration(axes)


def _whole_numbers(prop: Any) -> NDArray[np.int64] | None:
    """Return the values of a property if all are positive integers, otherwise None."""
    if prop is None or (prop["missing"] is not None and np.any(prop["missing"])):
        return None
    values = np.asarray(prop["values"])
    if values.ndim != 1 or values.dtype.kind not in "iu" or (values < 1).any():
        return None
    return values.astype(np.int64)


def _values(values: NDArray[Any]) -> dict[str, Any]:
    return {"values": values, "missing": None}


def _metadata(
    lineage: Lineage, calibration: Calibration, measures: Sequence[NodeMeasure], label_image: str | None
) -> Any:
    from geff import GeffMetadata

    interval_s, pixel_um = calibration.frame_interval_s, calibration.pixel_size_um
    frame_scale = {} if interval_s is None else {"scale": interval_s, "scaled_unit": "second"}
    pixel_scale = {} if pixel_um is None else {"scale": pixel_um, "scaled_unit": "micrometer"}
    return GeffMetadata(
        directed=True,
        # funtracks also requires the pixel size of the label image.
        extra={} if pixel_um is None else {_TRACKSDATA: {"scale": [pixel_um, pixel_um]}},
        axes=[
            {"name": "t", "type": "time", "unit": "frame", **frame_scale},
            *({"name": name, "type": "space", "unit": "pixel", **pixel_scale} for name in "yx"),
        ],
        node_props_metadata={
            one.name: {
                "identifier": one.name,
                "dtype": "float64",
                "unit": one.unit or None,
                "description": one.column.meaning,
            }
            for one in measures
        },
        edge_props_metadata={},
        related_objects=None
        if label_image is None
        else [{"type": "labels", "path": label_image, "node_prop": "seg_id"}],
        track_node_props={"tracklet": "track_id"} if _tracks_are_tracklets(lineage) else None,
    )


def _tracks_are_tracklets(lineage: Lineage) -> bool:
    """Return whether tracks are GEFF tracklets: *maximal* unbranched paths, without single daughters or merges."""
    return not lineage.merged_into and all(len(d) > 1 for d in lineage.daughters().values())


def _axes(metadata: Any, path: Path) -> dict[str, Any]:
    axes = {axis.name: axis for axis in metadata.axes or ()}
    if not {"t", "y", "x"} <= set(axes):
        raise MovieReadError(f"'{path}' has the axes {', '.join(axes) or 'none'}; podia needs t, y and x.")
    for name, allowed in (("t", "frame"), ("y", "pixel"), ("x", "pixel")):
        if axes[name].unit not in (None, allowed):
            raise MovieReadError(
                f"Axis {name} of '{path}' is in {axes[name].unit}; podia needs {allowed}s, with a "
                f"separate scale."
            )
    scales = [axes[name].scale for name in "yx"]
    if None not in scales and not math.isclose(*scales, rel_tol=1e-3):
        raise MovieReadError(
            f"The pixels of '{path}' are {scales[1]:g} wide and {scales[0]:g} high; podia needs square pixels."
        )
    return axes


def _nodes(graph: Any, path: Path) -> pd.DataFrame:
    t, y, x = (np.asarray(graph["node_props"][name]["values"]) for name in "tyx")
    if not np.array_equal(t, t.astype(np.int64)):
        raise MovieReadError(f"'{path}' has non-integer time points; podia needs frame numbers.")
    extra = graph["metadata"].extra or {}
    if _FUNTRACKS in extra:  # it stores positions in world units, and the pixel size
        y, x = (
            values / scale
            for values, scale in zip(
                (y, x), extra.get(_TRACKSDATA, {}).get("scale") or (1.0, 1.0), strict=True
            )
        )
    return pd.DataFrame({"frame": t.astype(np.int64), "y": y.astype(np.float64), "x": x.astype(np.float64)})


def _calibration(axes: dict[str, Any]) -> Calibration:
    return Calibration(
        length_um(axes["x"].scale, axes["x"].scaled_unit), time_s(axes["t"].scale, axes["t"].scaled_unit)
    )
