"""Tiny movies that tests of several packages share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

N_FRAMES = 6
SIZE = 128


def crawling_discs(n_frames: int = N_FRAMES, size: int = SIZE) -> NDArray[np.uint8]:
    """Labels ``(T, Y, X)`` of three discs: one crawls right, one stands, one divides half way."""
    yy, xx = np.mgrid[:size, :size]
    labels = np.zeros((n_frames, size, size), np.uint8)

    def disc(frame: int, y: float, x: float, radius: float, value: int) -> None:
        labels[frame][(yy - y) ** 2 + (xx - x) ** 2 <= radius**2] = value

    half = n_frames // 2
    for frame in range(n_frames):
        disc(frame, 30, 25 + 3 * frame, 11, 1)
        disc(frame, 95, 30, 10, 2)
        if frame < half:
            disc(frame, 80, 90, 12, 3)
        else:
            apart = 9 + 2 * (frame - half)
            disc(frame, 80 - apart, 90, 8.5, 3)
            disc(frame, 80 + apart, 90, 8.5, 4)
    return labels


def as_phase_contrast(labels: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint8]:
    """Grey values ``(T, Y, X)`` under `labels`: textured cells on a smooth, slightly noisy ground."""
    rng = np.random.default_rng(seed)
    ground = 120 + rng.normal(0, 1.5, labels.shape)
    texture = rng.normal(0, 25, labels.shape)
    return np.clip(np.where(labels > 0, ground + texture, ground), 0, 255).astype(np.uint8)


def write_small_movie(
    folder: Path, *, n_frames: int = N_FRAMES, name: str = "movie.tif", seed: int = 0, calibrated: bool = True
) -> Path:
    """Write the discs as an ImageJ stack (0.5 um, 5 min) with ``labels.tif`` beside it; return the movie's path."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = crawling_discs(n_frames)
    path = folder / name
    scale = {"unit": "micron", "finterval": 300.0} if calibrated else {}
    tifffile.imwrite(
        path,
        as_phase_contrast(labels, seed),
        imagej=True,
        resolution=(2.0, 2.0) if calibrated else None,
        metadata={"axes": "TYX"} | scale,
    )
    tifffile.imwrite(folder / "labels.tif", labels, imagej=True, metadata={"axes": "TYX"})
    return path


def times_of(folder: Path) -> dict[Path, int]:
    """When each file and folder of an analysis was last written; ``.podia`` left out."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if ".podia" not in path.relative_to(folder).parts
    }
