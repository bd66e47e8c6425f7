"""Lineages in GEFF, the Graph Exchange File Format (liveimagetrackingtools.org/geff)."""

from __future__ import annotations

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
from podia.io.units import length_um, time_s

_MERGE = "is_merge"


def write_geff(lineage: Lineage, path: str | Path, calibration: Calibration) -> None:
    """Write a lineage as GEFF 1, atomically; the same lineage gives the same bytes.

    Node ``i`` is row ``i`` of the nodes of the lineage, with properties ``t`` (frame), ``y``, ``x`` (px),
    ``track_id`` and ``label``. The calibration is stored as ``scale`` and ``scaled_unit`` of the axes, so that
    positions are exact. A cell with edges to two or more cells divides, an edge over several frames is a gap, and the
    edge property ``is_merge`` marks tracks that merge into another one.

    Raises
    ------
    InvalidInputError
        If a track merges into one that has no cell after it.
    OutputError
        If there is no space or no permission to write `path`.
    """
    from geff.core_io import write_arrays

    nodes, edges = lineage.nodes, edges_of(lineage)
    columns = {"t": "frame", "y": "y", "x": "x", "track_id": "track_id", "label": "label"}
    with atomic_path(Path(path)) as temporary:
        write_arrays(
            temporary,
            node_ids=np.arange(len(nodes), dtype=np.uint64),
            node_props={name: _values(nodes[column].to_numpy()) for name, column in columns.items()},
            edge_ids=edges.rows.astype(np.uint64),
            edge_props={_MERGE: _values(edges.is_merge)},
            metadata=_metadata(lineage, calibration),
        )


def read_geff(path: str | Path) -> tuple[Lineage, Calibration]:
    """Return the lineage in a GEFF file and the scale of its axes.

    Files of other programs are accepted if positions are in pixels. Tracks are then the unbranched paths, and labels
    are the track ids, because a track in other programs may be a whole lineage.

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
        reader.read_node_props()
        reader.read_edge_props()
        graph = reader.build()
    except Exception as error:  # stores and parsers raise arbitrary exceptions
        raise unreadable_file(path, "GEFF graph", error) from error
    axes = _axes(graph["metadata"], path)
    merge = graph["edge_props"].get(_MERGE)
    ids = pd.Index(graph["node_ids"])
    rows = np.asarray(ids.get_indexer(graph["edge_ids"].ravel()), np.int64).reshape(-1, 2)
    if merge is None:
        return lineage_of_graph(_nodes(graph, path), rows, path), _calibration(axes)
    own = {name: graph["node_props"][name]["values"] for name in ("track_id", "label")}
    nodes = _nodes(graph, path).assign(**own)
    return lineage_of_graph(nodes, rows, path, is_merge=merge["values"]), _calibration(axes)


def _values(values: NDArray[Any]) -> dict[str, Any]:
    return {"values": values, "missing": None}


def _metadata(lineage: Lineage, calibration: Calibration) -> Any:
    from geff import GeffMetadata

    interval_s, pixel_um = calibration.frame_interval_s, calibration.pixel_size_um
    frame_scale = {} if interval_s is None else {"scale": interval_s, "scaled_unit": "second"}
    pixel_scale = {} if pixel_um is None else {"scale": pixel_um, "scaled_unit": "micrometer"}
    return GeffMetadata(
        directed=True,
        axes=[
            {"name": "t", "type": "time", "unit": "frame", **frame_scale},
            *({"name": name, "type": "space", "unit": "pixel", **pixel_scale} for name in "yx"),
        ],
        node_props_metadata={},
        edge_props_metadata={},
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
    return axes


def _nodes(graph: Any, path: Path) -> pd.DataFrame:
    t, y, x = (np.asarray(graph["node_props"][name]["values"]) for name in "tyx")
    if not np.array_equal(t, t.astype(np.int64)):
        raise MovieReadError(f"'{path}' has non-integer time points; podia needs frame numbers.")
    return pd.DataFrame({"frame": t.astype(np.int64), "y": y.astype(np.float64), "x": x.astype(np.float64)})


def _calibration(axes: dict[str, Any]) -> Calibration:
    return Calibration(
        length_um(axes["x"].scale, axes["x"].scaled_unit), time_s(axes["t"].scale, axes["t"].scaled_unit)
    )
