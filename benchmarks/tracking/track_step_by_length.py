"""Processor time and peak memory of tracking with contacts, by length of the movie.

python -m benchmarks.tracking.track_step_by_length [--frames 125,250,500] [--cells 250]

Cells are discs that walk at random and are drawn when a frame is read, so that no movie is in memory. In every
tenth frame some of those that touch are one region. Each length runs in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelMovie
from podia.tracking.follow import follow

FIELD = (700, 700)
RADIUS = 12
STEP_PX = 1.0


@dataclass(frozen=True)
class Walkers:
    """A label movie of discs ``(T, Y, X)``, drawn frame by frame."""

    n_frames: int
    n_cells: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.n_frames, *FIELD

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> NDArray[np.int32]:
        """Return the labels of a frame."""
        side = int(np.ceil(np.sqrt(self.n_cells)))
        spacing = FIELD[0] / side
        grid = np.stack(np.divmod(np.arange(self.n_cells), side), axis=1) * spacing + spacing / 2
        phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (2, self.n_cells))
        wander = np.stack([np.sin(frame * STEP_PX / 12 + one) * 12 for one in phase], axis=1)
        labels = np.zeros(FIELD, np.int32)
        dy, dx = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
        inside = dy**2 + dx**2 <= RADIUS**2
        for cell, (y, x) in enumerate(np.rint(grid + wander).astype(int).tolist(), start=1):
            rows, columns = y + dy[inside], x + dx[inside]
            kept = (rows >= 0) & (rows < FIELD[0]) & (columns >= 0) & (columns < FIELD[1])
            rows, columns = rows[kept], columns[kept]
            below = np.bincount(labels[rows, columns], minlength=1)
            below[0] = 0
            fused = cell % 5 == 0 and frame % 50 < 10 and below.any()
            labels[rows, columns] = below.argmax() if fused else cell
        return labels


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", default="125,250,500")
    parser.add_argument("--cells", type=int, default=250)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is None:
        for n_frames in options.frames.split(","):
            command = [sys.executable, "-m", "benchmarks.tracking.track_step_by_length"]
            subprocess.run([*command, "--one", n_frames, "--cells", str(options.cells)], check=True)
        return
    walkers = Walkers(options.one, options.cells)
    started = time.process_time()
    for frame in range(walkers.n_frames):
        walkers.read(frame)
    drawing = time.process_time() - started
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    found = follow(LabelMovie(walkers))
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{walkers.n_frames} frames, {len(found.lineage.nodes)} cells, {len(found.contacts)} contacts: "
        f"{seconds:.1f} s of processor time (drawing a pass of all frames takes {drawing:.1f} s), "
        f"{(peak - before) / 1024:.0f} MB more than before"
    )


if __name__ == "__main__":
    main()
