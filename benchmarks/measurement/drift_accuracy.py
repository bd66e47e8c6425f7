"""Error of the drift estimate on frames as they are and on frames reduced beforehand.

python -m benchmarks.measurement.drift_accuracy [--side 1024]

Six frames of a simulated texture that drifts at random, below cells that move on their own; errors in px of the frame,
processor time per frame. `podia.preprocessing.drift` reduces frames itself from 768 px on, which is switched off here.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import Movie
from podia.preprocessing import drift

MARGIN, N_FRAMES = 24, 6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=1024)
    side = parser.parse_args().side
    drift._ENOUGH_PX = 10**9
    for grain in (1.0, 1.5, 3.0):
        for noise in (2.0, 8.0):
            frames, walk = scene(side, grain, noise, seed=int(side + grain * 10 + noise))
            print(f"grain {grain} px, noise {noise}: {'; '.join(judged(frames, walk, k) for k in (1, 2, 4))}")


def judged(frames: NDArray[np.uint8], walk: NDArray[np.float64], factor: int) -> str:
    began = time.process_time()
    reduced = np.stack([drift.block_means(frame, factor) for frame in frames])
    error = drift.estimate_drift(Movie.from_array(reduced)).shifts * factor - walk
    spent = 1e3 * (time.process_time() - began) / len(frames)
    return (
        f"1/{factor}: rms {np.sqrt((error**2).mean()):.3f}, max {np.abs(error).max():.3f} px, {spent:.0f} ms"
    )


def scene(side: int, grain: float, noise: float, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return frames ``(T, Y, X)`` and the true drift ``(T, 2)``."""
    rng = np.random.default_rng(seed)
    texture = ndi.gaussian_filter(rng.normal(size=(side + 2 * MARGIN,) * 2).astype(np.float32), grain)
    base = 100 + 8 * texture / texture.std()
    walk = np.cumsum(np.vstack([[0, 0], rng.normal(0, 1, (N_FRAMES - 1, 2))]), axis=0)
    n_cells = int(side * side / 192**2 * 12)
    places = rng.uniform(MARGIN, MARGIN + side, (n_cells, 2))
    headings = rng.normal(0, 2, (n_cells, 2))
    cells = [40 * ndi.gaussian_filter(rng.normal(size=(25, 25)), 1) for _ in range(n_cells)]
    y, x = np.mgrid[-12:13, -12:13]
    inside = y**2 + x**2 < 144
    frames = []
    for frame in range(N_FRAMES):
        seen = base.copy()
        for place, heading, cell in zip(places, headings, cells, strict=True):
            top, left = np.clip((place + frame * heading).astype(int) - 12, 0, len(seen) - 25)
            seen[top : top + 25, left : left + 25] += inside * cell
        phases = (
            np.fft.fftfreq(len(seen))[:, None] * walk[frame][0] + np.fft.fftfreq(len(seen)) * walk[frame][1]
        )
        moved = np.fft.ifft2(np.fft.fft2(seen) * np.exp(-2j * np.pi * phases)).real
        frames.append(moved[MARGIN:-MARGIN, MARGIN:-MARGIN] + rng.normal(0, noise, (side, side)))
    return np.clip(np.array(frames).round(), 0, 255).astype(np.uint8), walk


if __name__ == "__main__":
    main()
