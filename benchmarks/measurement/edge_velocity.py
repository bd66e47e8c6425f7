"""Edge velocity on real outlines compared with a level-set method, run time, and a picture of a kymograph.

The reference is the level-set method of Machacek & Danuser (Biophysical Journal 2006), which uses neither points nor
their order. Both edges are the zero levels of signed distances, one distance is transformed into the other in small
steps, and an edge point is carried along the normals of the levels, so that it stays on the zero level. Carried
forward from the old edge, it cannot follow a protrusion that grows by more than its width. Carried backward from the
new edge, it cannot follow one that shrinks. Each position is therefore carried from the side that has the pixels:
backward where the old point lies inside the new cell, otherwise forward. Also printed: both directions alone, the
change of the signed distance at the point, and positions whose forward paths end far from new edge without paths.
The reference is independent of podia's pairs of points; only the positions are the same.

PODIA_DATA_DIR=... python -m benchmarks.measurement.edge_velocity [--frames 37] [--picture kymograph.png]
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
"""A stretch of new edge further than this from where any path ends is reached by none."""
REACHES_PX = (8, 16)
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
    kymographs = follow([mask.astype(np.int32) for mask in masks]).kymographs()
    _, velocity = kymographs.of_track(1, "velocity")
    _, y = kymographs.of_track(1, "y")
    _, x = kymographs.of_track(1, "x")
    frames = []
    for frame in range(1, len(masks)):
        before, after = (np.stack([y[k], x[k]]).astype(np.float64) for k in (frame - 1, frame))
        known = np.isfinite(velocity[frame])
        ways = level_set_velocities(masks[frame - 1], masks[frame], before[:, known], after[:, known])
        frames.append(pd.DataFrame({"frame": frame * SPACING_FRAMES, "own": velocity[frame][known], **ways}))
    print("PtK1, correlation with the velocity of the edge in px between annotated frames")
    rows = [agreement(rows) for rows in [*frames, pd.concat(frames)]]
    index = [*(f"into frame {(k + 1) * SPACING_FRAMES}" for k in range(len(frames))), "all"]
    print(pd.DataFrame(rows, index=index).to_string(float_format=lambda value: f"{value:.3f}"))
    print(f"all positions: {rows[-1]['upwind']:.4f} (wanted: 0.95)")
    if picture is not None:
        picture.write_bytes(kymograph_picture(velocity, np.nanpercentile(np.abs(velocity), 98), magnify=4))


def agreement(positions: pd.DataFrame) -> dict[str, float]:
    """Return the correlation of podia's velocities with those of each other way, and mean and difference."""
    own = positions["own"]
    row = {way: own.corr(positions[way]) for way in ("upwind", "forward", "backward", "nearest")}
    for reach in REACHES_PX:
        sure = positions["to_unreached"] > reach
        row |= {f"forward, {reach} px off": own[sure].corr(positions["forward"][sure]), "share": sure.mean()}
        row[f"share, {reach} px off"] = row.pop("share")
    difference = own - positions["upwind"]
    return row | {
        "mean": own.mean(),
        "mean, upwind": positions["upwind"].mean(),
        "rms": difference.std(ddof=0),
    }


def level_set_velocities(
    old: NDArray[np.bool_], new: NDArray[np.bool_], before: NDArray[np.float64], after: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return velocities along the old edge's outward normals at positions ``(2, P)`` on the old and the new edge."""
    first, second = (gaussian_filter(signed_distance(mask), 1.0) for mask in (old, new))
    arrived, origin = carry(first, second, before), carry(second, first, after)
    forward = along_normals(first, before, arrived)
    backward = along_normals(first, origin, after)
    away, _ = cKDTree(arrived.T).query(edge_of(new).T)
    unreached = edge_of(new)[:, away > UNREACHED_PX]
    to_unreached = (
        cKDTree(unreached.T).query(arrived.T)[0] if unreached.size else np.full(before.shape[1], np.inf)
    )
    return {
        "upwind": np.where(at(second, before) > 0, backward, forward),
        "forward": forward,
        "backward": backward,
        "nearest": at(second, before) - at(first, before),
        "to_unreached": to_unreached,
    }


def follow(labels: list[LabelImage]) -> EdgeFollower:
    """Return the edge of the largest cell of each frame, followed."""
    # Without relaxation a position is, in each frame, where the same position of the frame before went to.
    config = MeasurementConfig().edge.model_copy(update={"n_positions": 512, "relaxation": 0.0})
    nodes = pd.DataFrame({"frame": range(len(labels)), "label": 1, "track_id": 1, "y": 0.0, "x": 0.0})
    edges = EdgeFollower(Lineage(nodes), None, config)
    for frame, image in enumerate(labels):
        edges.add(frame, find_outlines(find_regions(image), image, config, config.band.in_px()))
    return edges


def carry(
    first: NDArray[np.float64], second: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the levels between two signed distances carry `points` ``(2, P)`` from the zero of the first."""
    slopes = [np.gradient(gaussian_filter(level, 1.0)) for level in (first, second)]
    change = second - first
    place = points.copy()
    for step in range(LEVELS):
        share = (step + 0.5) / LEVELS
        normal, steepness = normals_at(slopes, place, share)
        # What the levels leave of the zero is taken back, or it would add up.
        off = (1 - share) * at(first, place) + share * at(second, place)
        moved = (at(change, place) / LEVELS + 0.2 * off) / np.maximum(steepness, 0.2)
        place += normal * np.clip(moved, -1.0, 1.0)
    return place


def along_normals(
    level: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the way from `start` to `end` ``(2, P)`` along the outward normals of `level` at the start."""
    slope = np.gradient(gaussian_filter(level, 1.0))
    outwards, _ = normals_at([slope, slope], start, 0.0)
    return np.asarray(((end - start) * outwards).sum(axis=0))


def edge_of(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the pixels on the edge of a mask, ``(2, N)``, without those on the frame's edge."""
    edge = mask & (distance_transform_edt(mask) <= 1)
    edge[[0, -1]] = edge[:, [0, -1]] = False
    return np.argwhere(edge).T.astype(np.float64)


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
        outlines = find_outlines(find_regions(own), image, config, config.band.in_px())
        middle = time.process_time()
        edges.add(frame, outlines)
        seconds["outlines"] += middle - start
        seconds["matching and velocities"] += time.process_time() - middle
    start = time.process_time()
    events = edge_events(edges.kymographs(), config)
    middle = time.process_time()
    edge_correlation(edges.kymographs(), max_lag_frames=config.max_lag_frames)
    seconds["events"], seconds["correlation"] = middle - start, time.process_time() - middle
    n_cells = len(lineage.nodes)
    print(f"T98G, {len(images)} frames, {n_cells / len(images):.0f} cells a frame, {len(events)} events")
    for name, value in [*seconds.items(), ("all", sum(seconds.values()))]:
        print(f"{name:24} {value:7.2f} s {1000 * value / len(images):7.0f} ms a frame")


if __name__ == "__main__":
    main()
