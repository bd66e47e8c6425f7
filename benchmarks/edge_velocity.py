"""Edge velocity on real outlines against another method, how long it takes, and a kymograph to look at.

The other method knows no points and no order: both edges are the zeros of signed distances, the one distance is turned
into the other in small steps, and from where an edge point was it is carried along the normals of the levels between,
so that it stays on the zero (the level-set method of Machacek & Danuser, Biophysical Journal 2006). It cannot follow an
arm that grows by more than its width: the tip of it is then reached by no path. Such stretches of new edge are counted,
and the correlation is given with and without them. Beside it stands that with the change of the signed distance at the
point itself, the way to the nearest edge.

PODIA_DATA_DIR=... python benchmarks/edge_velocity.py [--frames 37] [--picture kymograph.png]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie
from podia.measurement.config import MeasurementConfig
from podia.measurement.edge.correlation import edge_correlation
from podia.measurement.edge.events import edge_events
from podia.measurement.edge.following import EdgeFollower
from podia.measurement.edge.outlines import find_outlines
from podia.measurement.regions import find_regions
from podia.reporting.charts.kymograph import kymograph_picture
from podia.tracking.track import track

LEVELS = 200
UNREACHED_PX = 4.0
SPACING_FRAMES = 5
"""Frames from one annotated picture of PtK1 to the next."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=37, help="frames of the T98G movie that are timed")
    parser.add_argument("--picture", type=Path, help="where the kymograph of PtK1 goes")
    arguments = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        print("PODIA_DATA_DIR is not set: nothing measured")
        return
    compare(Path(folder) / "PtK1" / "01_GT" / "FG", arguments.picture)
    measure_time(Path(folder) / "T98G", arguments.frames)


def compare(folder: Path, picture: Path | None) -> None:
    masks = [tifffile.imread(path) > 0 for path in sorted(folder.glob("man_fg*.tif"))]
    followed = follow([mask.astype(np.int32) for mask in masks])
    kymographs = followed.kymographs()
    _, velocity = kymographs.of_track(1, "velocity")
    _, y = kymographs.of_track(1, "y")
    _, x = kymographs.of_track(1, "x")
    rows = []
    for frame in range(1, len(masks)):
        points = np.stack([y[frame - 1], x[frame - 1]]).astype(np.float64)
        nearest, arrived, along = signed_distance_steps(masks[frame - 1], masks[frame], points)
        known = np.isfinite(velocity[frame])
        now = np.stack([y[frame], x[frame]])
        blind = np.isfinite(velocity[frame]) & leads_to_unreached(now, edge_of(masks[frame]), arrived)
        own, other, reached = velocity[frame][known], along[known], ~blind[known]
        rows.append(
            {
                "into frame": frame * SPACING_FRAMES,
                "positions": known.sum(),
                "unreached": 1 - reached.mean(),
                "correlation": np.corrcoef(own[reached], other[reached])[0, 1],
                "with all": np.corrcoef(own, other)[0, 1],
                "with nearest": np.corrcoef(own, nearest[known])[0, 1],
                "mean": own.mean(),
                "mean, other": other.mean(),
                "rms difference": np.sqrt(((own - other) ** 2).mean()),
                "own": own,
                "other": other,
                "reached": reached,
            }
        )
    table = pd.DataFrame(rows)
    print("PtK1, px between annotated frames")
    print(
        table.drop(columns=["own", "other", "reached"]).to_string(
            index=False, float_format=lambda v: f"{v:.3f}"
        )
    )
    own, other, reached = (np.concatenate(table[name]) for name in ("own", "other", "reached"))
    together, reachable = np.corrcoef(own, other)[0, 1], np.corrcoef(own[reached], other[reached])[0, 1]
    print(
        f"all frames: correlation {reachable:.4f} where the other method reaches "
        f"({reached.mean():.1%} of the positions; wanted: 0.95), {together:.4f} everywhere"
    )
    if picture is not None:
        picture.write_bytes(kymograph_picture(velocity, np.nanpercentile(np.abs(velocity), 98), magnify=4))


def follow(labels: list[LabelImage]) -> EdgeFollower:
    """Return the edge of the largest cell of each frame, followed."""
    # Without relaxation a position is, in each frame, where the same position of the frame before went to.
    config = MeasurementConfig().edge.model_copy(update={"n_positions": 512, "relaxation": 0.0})
    nodes = pd.DataFrame({"frame": range(len(labels)), "label": 1, "track_id": 1, "y": 0.0, "x": 0.0})
    edges = EdgeFollower(Lineage(nodes), None, config)
    for frame, image in enumerate(labels):
        edges.add(frame, find_outlines(find_regions(image), image, config, config.band_px))
    return edges


def signed_distance_steps(
    before: NDArray[np.bool_], after: NDArray[np.bool_], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return for `points` ``(2, P)`` the way to the nearest edge, where the levels carry them, and how far that is."""
    first, second = (gaussian_filter(signed_distance(mask), 1.0) for mask in (before, after))
    slopes = [np.gradient(gaussian_filter(level, 1.0)) for level in (first, second)]
    outwards = normals_at(slopes, points, 0.0)[0]
    change = second - first
    place = points.copy()
    for step in range(LEVELS):
        share = (step + 0.5) / LEVELS
        normal, steepness = normals_at(slopes, place, share)
        # What the levels leave of the zero is taken back, or it would add up.
        off = (1 - share) * at(first, place) + share * at(second, place)
        moved = (at(change, place) / LEVELS + 0.2 * off) / np.maximum(steepness, 0.2)
        place += normal * np.clip(moved, -1.0, 1.0)
    return at(second, points) - at(first, points), place, ((place - points) * outwards).sum(axis=0)


def edge_of(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the pixels on the edge of a mask, ``(2, N)``, without those on the frame's edge."""
    edge = mask & (distance_transform_edt(mask) <= 1)
    edge[[0, -1]] = edge[:, [0, -1]] = False
    return np.argwhere(edge).T.astype(np.float64)


def leads_to_unreached(
    now: NDArray[np.float32], edge: NDArray[np.float64], arrived: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which positions are now beside a stretch of edge that no path of the other method reaches."""
    far, _ = cKDTree(arrived.T).query(edge.T)
    unreached = edge[:, far > UNREACHED_PX]
    if not unreached.size:
        return np.zeros(now.shape[1], dtype=np.bool_)
    away, _ = cKDTree(unreached.T).query(now.T)
    return np.asarray(away <= UNREACHED_PX, dtype=np.bool_)


def normals_at(
    slopes: list[list[NDArray[np.float64]]], points: NDArray[np.float64], share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return outward normals ``(2, P)`` and steepness of the level between two distances."""
    gradient = np.stack(
        [
            (1 - share) * at(first, points) + share * at(second, points)
            for first, second in zip(*slopes, strict=True)
        ]
    )
    steepness = np.hypot(*gradient)
    return -gradient / np.maximum(steepness, 1e-9), steepness


def at(field: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(map_coordinates(field, points, order=1, mode="nearest"))


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance to the edge, positive inside."""
    # The frame's edge is none of the cell's: distances go on beyond it.
    return np.asarray(distance_transform_edt(mask) - distance_transform_edt(~mask))


def measure_time(folder: Path, n_frames: int) -> None:
    """Print what following the edges of a real movie takes, in seconds of one processor."""
    images = [tifffile.imread(path) for path in sorted((folder / "01").glob("t*.tif"))[:n_frames]]
    masks = sorted((folder / "01_AUTO" / "SEG").glob("mask*.tif"))[: len(images)]
    labels = [tifffile.imread(path).astype(np.int32) for path in masks]
    lineage = track(LabelMovie.from_array(np.stack(labels)))
    config = MeasurementConfig().edge
    seconds = {"outlines": 0.0, "matching and velocities": 0.0, "events": 0.0, "correlation": 0.0}
    edges = EdgeFollower(lineage, None, config)
    for frame, (image, own) in enumerate(zip(images, labels, strict=True)):
        start = time.process_time()
        outlines = find_outlines(find_regions(own), image, config, config.band_px)
        middle = time.process_time()
        edges.add(frame, outlines)
        seconds["outlines"] += middle - start
        seconds["matching and velocities"] += time.process_time() - middle
    start = time.process_time()
    events = edge_events(edges.kymographs(), edges.edges(), config)
    middle = time.process_time()
    edge_correlation(edges.kymographs(), max_lag_frames=config.max_lag_frames)
    seconds["events"], seconds["correlation"] = middle - start, time.process_time() - middle
    n_cells = len(lineage.nodes)
    print(f"T98G, {len(images)} frames, {n_cells / len(images):.0f} cells a frame, {len(events)} events")
    for name, value in [*seconds.items(), ("all", sum(seconds.values()))]:
        print(f"{name:24} {value:7.2f} s {1000 * value / len(images):7.0f} ms a frame")


if __name__ == "__main__":
    main()
