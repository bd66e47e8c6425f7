"""Time of SEG, DET and TRA on ipsc-02/01 compared with py-ctcmetrics, and peak memory by movie length.

PODIA_DATA_DIR=... python -m benchmarks.evaluation.evaluation_speed
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks.support.whole_process import measure_process

from podia.data.movie import LabelMovie
from podia.evaluation.evaluate import evaluate
from podia.io.tiff.write_labels import write_labels_tiff

MEASURES = ["SEG", "DET", "TRA"]
N_FRAMES = 50
SIZE_PX = 512


def main() -> None:
    if folder := os.environ.get("PODIA_DATA_DIR"):
        compare_speed(Path(folder) / "ctc-evaluation" / "ipsc-02")
    else:
        print("PODIA_DATA_DIR is not set: no comparison with py-ctcmetrics.")
    compare_memory()


def compare_speed(folder: Path) -> None:
    from ctc_metrics.scripts.evaluate import evaluate_sequence

    truth, result = folder / "01_GT", folder / "01_RES"

    def direct() -> dict[str, float]:
        with contextlib.redirect_stdout(io.StringIO()):
            scores: dict[str, float] = evaluate_sequence(str(result), str(truth), list(MEASURES), threads=1)
        return scores

    ours, our_scores = timed(lambda: dict(evaluate(truth, result, measures=MEASURES).scores))
    theirs, their_scores = timed(direct)
    for name in MEASURES:
        print(f"{name}: podia {our_scores[name]:.6f}, py-ctcmetrics {their_scores[name]:.6f}")
    print(f"podia {ours:.2f} s, py-ctcmetrics on one core {theirs:.2f} s, ratio {ours / theirs:.2f}")


def timed(run: Callable[[], dict[str, float]]) -> tuple[float, dict[str, float]]:
    """Return the time of a run in s, and what it returns."""
    start = time.perf_counter()
    scores = run()
    return time.perf_counter() - start, scores


def compare_memory() -> None:
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for factor in (1, 4):
            truth, result = (Path(folder) / f"{name}{factor}.tif" for name in ("truth", "result"))
            write_labels_tiff(discs(N_FRAMES * factor, shift=0), truth)
            write_labels_tiff(discs(N_FRAMES * factor, shift=2), result)
            command = [sys.executable, "-m", "podia", "evaluate", str(truth), str(result), "--quiet"]
            usage = measure_process(command)
            peaks[factor] = usage.peak_mib
            print(f"{N_FRAMES * factor} frames: {usage.peak_mib:.0f} MiB peak, {usage.wall_s:.1f} s")
    print(f"ratio {peaks[4] / peaks[1]:.3f}")


def discs(n_frames: int, *, shift: int) -> LabelMovie:
    """Return sixteen discs that crawl to the right."""
    yy, xx = np.mgrid[:SIZE_PX, :SIZE_PX]
    frames = np.zeros((n_frames, SIZE_PX, SIZE_PX), np.uint16)
    for frame in range(n_frames):
        for cell in range(16):
            y, x = 64 + 128 * (cell // 4), 64 + 128 * (cell % 4) + shift + frame % 20
            frames[frame][(yy - y) ** 2 + (xx - x) ** 2 <= 30**2] = cell + 1
    return LabelMovie.from_array(frames)


if __name__ == "__main__":
    main()
