"""Reads mutated files of one format in a process with limits, and prints a line of JSON for each finding.

    python tests/fuzz/fuzz_worker.py FORMAT FIRST_SEED COUNT FOLDER

Findings are: an error that is not podia's own, a reader that takes more than ten seconds, more than 4 GiB of memory, a
file written outside of the folder, anything unpickled, and a program or connection that is started.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import traceback
import warnings
from pathlib import Path
from types import FrameType

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
from fuzz_formats import FORMATS
from fuzz_mutation import mutate

_SECONDS = 10
_MEMORY = 4 << 30
_FORBIDDEN = (
    "pickle.find_class",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "socket.connect",
)


class TooSlowError(BaseException):
    """Raised by the alarm; not an Exception, so that no reader can swallow it."""


def main() -> None:
    """Mutate and read, one seed after the other."""
    name, first, count, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    warnings.simplefilter("ignore")
    form = FORMATS[name]
    original = folder / "original"
    original.mkdir(parents=True, exist_ok=True)
    source = form.write(original)
    form.read(source)  # imports everything, and must work
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + _MEMORY, size + _MEMORY))
    signal.signal(signal.SIGALRM, _too_slow)
    watch = _watch(folder)
    for seed in range(first, first + count):
        (folder / "now").write_text(str(seed))
        finding = _try(name, seed, folder, source, watch)
        if finding:
            print(json.dumps({"format": name, "seed": seed, "finding": finding}), flush=True)


def _try(name: str, seed: int, folder: Path, source: Path, watch: list[str]) -> str:
    from podia.data.errors import PodiaError

    target = mutated_copy(source, folder / "mutated", seed)
    watch.clear()
    signal.alarm(_SECONDS)
    try:
        FORMATS[name].read(target)
    except PodiaError as error:
        if not str(error).strip():
            return "an empty message"
    except TooSlowError:
        return f"more than {_SECONDS} s"
    except MemoryError:
        return "more than 4 GiB of memory\n" + traceback.format_exc()[-1500:]
    except BaseException:  # anything else is what this is about
        return traceback.format_exc()[-2500:]
    finally:
        signal.alarm(0)
    return "; ".join(watch)


def mutated_copy(source: Path, folder: Path, seed: int) -> Path:
    """Return a copy of a file, or of a folder with one of its files, mutated by `seed`."""
    rng = np.random.default_rng(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    target = folder / source.name
    if source.is_dir():
        shutil.copytree(source, target)
        files = sorted(path for path in target.rglob("*") if path.is_file())
        chosen = files[int(rng.integers(len(files)))]
    else:
        shutil.copy(source, target)
        chosen = target
    chosen.write_bytes(mutate(chosen.read_bytes(), rng))
    return target


def _watch(folder: Path) -> list[str]:
    """Return a list into which an audit hook writes what readers must not do."""
    seen: list[str] = []
    allowed = (str(folder), "/dev/", "/proc/")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            seen.append(f"{event} {arguments!r:.80}")
        if event == "open" and isinstance(arguments[0], str):
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            outside = not os.path.abspath(path).startswith(allowed)
            if writes and outside and not path.endswith(".pyc") and "__pycache__" not in path:
                seen.append(f"writes {path}")

    sys.addaudithook(hook)
    return seen


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


if __name__ == "__main__":
    main()
