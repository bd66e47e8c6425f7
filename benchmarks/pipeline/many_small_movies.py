"""Memory and open files of a process, and of two workers, over many small movies.

python -m benchmarks.pipeline.many_small_movies [movies in one process, 100] [movies on two workers, 60]

Prints memory (RSS) and open files after every tenth movie, and the slope over the second half, extrapolated to 24 hours
at one movie per minute.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np

from podia.data.config import override
from podia.distributed.run_many import run_many
from podia.pipeline.config import RunConfig
from podia.pipeline.outcome import Task
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.testing.small_movies import write_small_movie

_A_DAY = 24 * 60
_CONFIG = override(RunConfig(), ["segmentation.method=egt", "report.max_frames=4"])


def memory_mb(process: int | str = "self") -> float:
    """Return the resident memory of a process, MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(process: int | str = "self") -> int:
    """Return the number of open files, pipes and sockets of a process."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def in_one_process(n_movies: int, root: Path) -> None:
    """Run one movie after the other, each of another content, into a folder that is removed."""
    looks = []
    for number in range(n_movies):
        folder = root / "one"
        run(write_small_movie(folder, n_frames=4, seed=number), folder / "out", _CONFIG)
        shutil.rmtree(folder)
        looks.append((memory_mb(), open_files()))
        if number % 10 == 9:
            print(f"  {number + 1} movies: {looks[-1][0]:.0f} MB, {looks[-1][1]} files", flush=True)
    _say("one process", np.array(looks, np.float64))


def on_two_workers(n_movies: int, root: Path) -> None:
    """Run movies on two workers, and look at the larger worker while they run."""
    tasks = [
        Task(
            Source(write_small_movie(root / str(number), n_frames=4, seed=number)),
            root / f"out{number}",
            _CONFIG,
        )
        for number in range(n_movies)
    ]
    looks: list[tuple[float, int]] = []
    done = [0]

    def progress(_step: str, n_done: int, _total: int) -> None:
        done[0] = n_done

    def look() -> None:
        seen = 0
        while done[0] < n_movies:
            time.sleep(0.2)
            workers = _workers()
            if done[0] > seen and len(workers) == 2:
                seen = done[0]
                looks.append((max(map(memory_mb, workers)), max(map(open_files, workers))))
                if seen % 10 == 0:
                    print(f"  {seen} movies: {looks[-1][0]:.0f} MB, {looks[-1][1]} files", flush=True)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    failed = [outcome.error for outcome in run_many(tasks, workers=2, progress=progress) if outcome.error]
    print(f"  {len(failed)} failed {failed[:1]}")
    _say("the larger of two workers", np.array(looks, np.float64))


def _workers() -> list[int]:
    """Return the processes below this one that run movies: those that imported podia's libraries."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == os.getpid() and b"spawn_main" in words:
                found.append(int(entry.name))
    return found


def _say(where: str, looks: np.ndarray) -> None:
    half = looks[len(looks) // 2 :]
    slope, handles = (np.polyfit(np.arange(len(half)), half[:, column], 1)[0] for column in (0, 1))
    print(
        f"{where}: {len(looks)} movies; second half {half[0, 0]:.0f} to {half[-1, 0]:.0f} MB (largest "
        f"{half[:, 0].max():.0f}), slope {slope * 1000:.0f} kB per movie, extrapolated to a day of one per minute "
        f"{slope * _A_DAY:+.0f} MB; files {half[0, 1]:.0f} to {half[-1, 1]:.0f}, slope {handles:.4f} per movie",
        flush=True,
    )


def main() -> None:
    """Run movies in one process, then on two workers."""
    warnings.simplefilter("ignore")
    one, two = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((1, 100), (2, 60)))
    with tempfile.TemporaryDirectory() as text:
        if one:
            in_one_process(one, Path(text))
        if two:
            on_two_workers(two, Path(text))


if __name__ == "__main__":
    main()
