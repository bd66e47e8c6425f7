"""Frames computed by several processes come in order, in bounded number, and end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import tifffile

from podia.pipeline.config import RunConfig
from podia.pipeline.frame_processes import LostProcessError, available_cores, map_frames
from podia.pipeline.run import run_source
from podia.pipeline.source import Source
from podia.testing.small_movies import as_phase_contrast, crawling_discs


def square_after(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return number**2


def killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order(processes):
    # Earlier ones take longer.
    arguments = ((number, 0.02 * (5 - number)) for number in range(6))
    assert list(map_frames(square_after, arguments, processes=processes)) == [0, 1, 4, 9, 16, 25]


@pytest.mark.slow
def test_few_arguments_are_read_ahead():
    read = []

    def arguments() -> Iterator[tuple[int, float]]:
        for number in range(100):
            read.append(number)
            yield number, 0.0

    results = map_frames(square_after, arguments(), processes=2)
    assert next(results) == 0
    assert len(read) <= 6
    results.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_is_one_clear_line():
    with pytest.raises(LostProcessError, match="Run the same command again to resume"):
        list(map_frames(killed, ((number,) for number in range(3)), processes=2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_processes_end_when_their_parent_is_killed(tmp_path):
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, time\n"
        "from podia.pipeline.frame_processes import map_frames\n"
        "if __name__ == '__main__':\n"
        "    for pid in map_frames(os.getpid, [()] * 20, processes=2):\n"
        "        print(pid, flush=True)\n"
        "        time.sleep(1)\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = {int(parent.stdout.readline()) for _ in range(3)}
        parent.kill()
    ends = time.monotonic() + 20
    while time.monotonic() < ends and any(is_alive(pid) for pid in pids):
        time.sleep(0.1)
    assert not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_there_is_at_least_one_core():
    assert available_cores() >= 1


@pytest.mark.slow
def test_a_run_in_two_processes_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("podia.pipeline.cell_steps._CELLS_WORTH_PROCESSES", 1)
    movie, labels = tmp_path / "movie.tif", tmp_path / "labels.tif"
    tifffile.imwrite(movie, as_phase_contrast(crawling_discs(), seed=1))
    tifffile.imwrite(labels, crawling_discs())
    for processes in (1, 2):
        run_source(
            Source(movie, labels),
            tmp_path / str(processes),
            RunConfig(),
            until="measure",
            processes=processes,
        )
    for name, n_lines in (("cells", 22), ("edges", 1), ("protrusions", 1)):
        one, two = ((tmp_path / folder / "tables" / f"{name}.csv").read_bytes() for folder in "12")
        assert one == two
        assert one.count(b"\n") >= n_lines
