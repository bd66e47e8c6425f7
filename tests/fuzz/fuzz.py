"""Mutated files through every reader, for as long as wanted.

    python tests/fuzz/fuzz.py --count 10000                # of each format
    python tests/fuzz/fuzz.py --count 500 --format tiff geff --first-seed 7000

Findings are printed, and kept as ``FORMAT-SEED`` in ``tests/fuzz/cases/seeds.txt`` with ``--keep``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
KEPT = HERE / "cases" / "seeds.txt"


def findings(name: str, first: int, count: int) -> Iterator[dict[str, object]]:
    """Yield what is found in `count` mutations of a format; a process that dies is a finding, and is started anew."""
    with tempfile.TemporaryDirectory(prefix="podia-fuzz-") as folder:
        seed, end = first, first + count
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        while seed < end:
            command = [sys.executable, str(HERE / "fuzz_worker.py"), name, str(seed), str(end - seed), folder]
            run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            for line in run.stdout.splitlines():
                if line.startswith("{"):
                    yield json.loads(line)
            now = Path(folder) / "now"
            if run.returncode == 0:
                return
            if not now.exists():
                raise RuntimeError(f"{name}: the unchanged file cannot be read:\n{run.stderr[-3000:]}")
            seed = int(now.read_text())
            yield {
                "format": name,
                "seed": seed,
                "finding": f"died with {run.returncode}: {run.stderr[-800:]}",
            }
            seed += 1


def kept_seeds() -> list[tuple[str, int]]:
    """Return the mutations in which something was found once, by format and seed."""
    lines = KEPT.read_text().split() if KEPT.is_file() else []
    return [(line.rpartition("-")[0], int(line.rpartition("-")[2])) for line in lines]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; the exit code is 1 where something was found."""
    from fuzz_formats import FORMATS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--format", nargs="*", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    n_found = 0
    for name in options.format:
        begun = time.perf_counter()
        found = list(findings(name, options.first_seed, options.count))
        n_found += len(found)
        print(
            f"{name}: {options.count} files, {len(found)} findings, {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        for finding in found[:20]:
            print(f"  seed {finding['seed']}: {finding['finding']}", flush=True)
        if options.keep:
            with KEPT.open("a") as stream:
                stream.writelines(f"{name}-{finding['seed']}\n" for finding in found[:3])
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
