"""Commands that are killed (SIGKILL) at random moments, on a disk that may fill, and repeated: same bytes at the end.

python -m benchmarks.pipeline.killed_at_random [number of kills, 100] [commands: run measure apply train compare]

A tiny simulated movie; a process is forked for every attempt. Half of the kills are on a disk (tmpfs, needs root) that
has too little room for the results in the first attempt, and room enough in the repetition.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import zarr
from benchmarks.support.output_hashes import output_hashes

from podia.data.config import override
from podia.data.errors import PodiaError
from podia.experiment.compare import compare
from podia.io.layout import LABELS
from podia.pipeline.again import run_again
from podia.pipeline.apply import apply_edits
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.testing.small_movies import write_small_movie
from podia.training.recipe import Recipe
from podia.training.train import TrainingResources, train

_ROOM_MB = 64
_TICK_S = 0.01
_CONFIG = override(
    RunConfig(exports=("tiff", "ctc", "trackmate", "xlsx")),
    ["preprocessing.drift.enabled=false", "report.max_frames=4"],
)


@dataclass(frozen=True)
class Command:
    """What is done before a command, the command, and the files that it should leave."""

    prepare: Callable[[Path], None]
    act: Callable[[Path], object]
    outputs: Callable[[Path], dict[str, str]]


def _movie(folder: Path) -> None:
    write_small_movie(folder, n_frames=4)


def _run(folder: Path) -> None:
    run(folder / "movie.tif", folder / "out", _CONFIG, labels=folder / "labels.tif")


def _analysis(folder: Path) -> None:
    _movie(folder)
    _run(folder)


def _measure(folder: Path) -> None:
    run_again(folder / "out", ["measurement.protrusions.min_length=2px"], until="measure")
    run_again(folder / "out")


def _edited_analysis(folder: Path) -> None:
    _analysis(folder)
    labels = zarr.open_array(str(folder / "out" / LABELS), path="0", mode="r+")
    image = labels[2]
    image[image == image.max()] = 0
    labels[2] = image


def _four_analyses(folder: Path) -> None:
    lines = ["folder,condition,replicate"]
    for number in range(4):
        path = write_small_movie(folder / str(number), n_frames=4, seed=number)
        run(path, folder / f"out{number}", _CONFIG, labels=path.parent / "labels.tif", until="measure")
        lines.append(f"out{number},{'ab'[number % 2]},{number // 2}")
    (folder / "experiment.csv").write_text("\n".join(lines) + "\n")


def _train(folder: Path) -> None:
    values = {
        "name": "tiny",
        "architecture": "podia",
        "network": {"head": "distance", "memory": [4, 8], "decoder": [8, 8, 8], "detail": 4},
        "clips": {"length": 2, "patch_px": 32, "annotate": "any"},
        "stages": [{"steps": 6}],
        "validation": {"every_steps": 2, "max_frames": 1},
    }
    train(
        Recipe.parse(values), [folder], folder / "out", resources=TrainingResources(device="cpu", n_workers=0)
    )


def _model(folder: Path) -> dict[str, str]:
    """Return the hash of the model; the pages beside it hold times."""
    return {"model": hashlib.sha256((folder / "out" / "model.safetensors").read_bytes()).hexdigest()}


def _in_out(folder: Path) -> dict[str, str]:
    return output_hashes(folder / "out")


COMMANDS = {
    "run": Command(_movie, _run, _in_out),
    "measure": Command(_analysis, _measure, _in_out),
    "apply": Command(_edited_analysis, lambda folder: apply_edits(folder / "out"), _in_out),
    "train": Command(_movie, _train, _model),
    "compare": Command(
        _four_analyses,
        lambda folder: compare(folder / "experiment.csv", folder / "out", settings={"min_frames": 2}),
        _in_out,
    ),
}


@dataclass(frozen=True)
class _Ended:
    """How a process ended: its exit code (negative: killed), and the processor time that it took."""

    code: int
    cpu_s: float


def attempt(act: Callable[[Path], object], folder: Path, *, kill_after_s: float | None = None) -> _Ended:
    """Do something in a process of its own, which is killed after `kill_after_s` of processor time."""
    child = os.fork()
    if child == 0:
        try:
            code = _quietly(act, folder)
        except BaseException:  # the parent's cleaning up is not for the child
            code = 3
        os._exit(code)
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            return _Ended(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)
        if kill_after_s is not None and _cpu_s(child) >= kill_after_s:
            os.kill(child, signal.SIGKILL)
            kill_after_s = None
        time.sleep(_TICK_S)


def _quietly(act: Callable[[Path], object], folder: Path) -> int:
    warnings.simplefilter("ignore")
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    error = folder.parents[1] / "error.txt"  # not on the disk that fills
    try:
        act(folder)
    except PodiaError as known:
        error.write_text(str(known))
        return 1
    except BaseException:
        error.write_text(traceback.format_exc())
        return 2
    return 0


def _cpu_s(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _used(disk: Path) -> int:
    """Return the bytes that are used on the disk of a folder."""
    about = os.statvfs(disk)
    return (about.f_blocks - about.f_bfree) * about.f_frsize


def _resize(disk: Path, kilobytes: float) -> bool:
    """Give the disk this much room; return whether that worked."""
    size = f"size={max(int(kilobytes), 64)}k"
    how = (
        ["-o", f"remount,{size}", str(disk)]
        if os.path.ismount(disk)
        else ["-t", "tmpfs", "-o", size, "tmpfs", str(disk)]
    )
    return subprocess.run(["mount", *how], capture_output=True, check=False).returncode == 0


def trials(name: str, n_kills: int, root: Path) -> tuple[int, int, int]:
    """Return how often the files are the same in the end, the number of kills on a small disk, and of full disks."""
    command, moments = COMMANDS[name], random.Random(name)
    disk = root / "disk"
    disk.mkdir(exist_ok=True)
    has_disk = _resize(disk, _ROOM_MB * 1024)
    place, base = disk / "work", root / f"{name}-base"
    base.mkdir()
    # At the place where the command works: paths are recorded.
    place.mkdir()
    ready = attempt(command.prepare, place)
    if ready.code:
        raise SystemExit((root / "error.txt").read_text())
    shutil.copytree(place, base, dirs_exist_ok=True)
    before = _used(disk)
    undisturbed = attempt(command.act, place)
    if undisturbed.code:
        raise SystemExit((root / "error.txt").read_text())
    truth, grown = command.outputs(place), _used(disk) - before
    print(f"{name}: undisturbed {undisturbed.cpu_s:.2f} CPU s, {len(truth)} files", flush=True)
    same = n_on_full = n_full = 0
    for kill in range(n_kills):
        shutil.rmtree(place)
        shutil.copytree(base, place)
        fills = has_disk and kill % 2 == 1
        if fills:
            fills = _resize(disk, (_used(disk) + grown * moments.random()) / 1024)
        # On a disk that fills, half of the processes are let end by themselves.
        longest = undisturbed.cpu_s * (2 if fills else 1)
        first = attempt(command.act, place, kill_after_s=moments.uniform(0.02, longest))
        if first.code == 2:
            print(f"  kill {kill}: {(root / 'error.txt').read_text()[-1500:]}", flush=True)
        n_on_full += fills
        n_full += fills and first.code in (1, 2)
        if fills:
            _resize(disk, _ROOM_MB * 1024)
        again = attempt(command.act, place)
        identical = again.code == 0 and command.outputs(place) == truth
        same += identical
        if not identical:
            found = command.outputs(place) if again.code == 0 else {}
            differ = sorted(key for key in truth.keys() | found.keys() if truth.get(key) != found.get(key))
            error = (root / "error.txt").read_text()[-1500:] if again.code else ""
            print(
                f"  kill {kill} (ended {first.code}): then {again.code}, differ {differ[:6]} {error}",
                flush=True,
            )
    shutil.rmtree(place)
    return same, n_on_full, n_full


def main() -> None:
    """Kill each command, and say how often the files were the same in the end."""
    n_kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    names = sys.argv[2:] or list(COMMANDS)
    missed = 0
    with tempfile.TemporaryDirectory() as text:
        root = Path(text)
        try:
            for name in names:
                share = n_kills // len(names)
                same, n_on_full, n_full = trials(name, share, root)
                missed += share - same
                print(
                    f"{name}: {same} of {share} identical; {n_on_full} on a disk with too little room, {n_full} of "
                    f"them ended because of it before they were killed",
                    flush=True,
                )
        finally:
            subprocess.run(["umount", str(root / "disk")], capture_output=True, check=False)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
