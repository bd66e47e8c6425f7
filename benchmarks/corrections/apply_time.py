"""Processor time from a correction to new tables, and to the new report.

python -m benchmarks.corrections.apply_time FOLDER [--operation unlink|delete] [--frame 15]

FOLDER is an analysis folder; a copy of it is corrected: the longest track is cut (or loses its cell) in one frame.
Prints the seconds of processor time until the tables are there, and until film and report are, in a process that has
podia imported, as `podia review` has.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import podia
from podia.corrections.by_ids import correction_of_ids
from podia.pipeline.correct import correct
from podia.results.results import Results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--operation", choices=("unlink", "delete"), default="unlink")
    parser.add_argument("--frame", type=int, default=15)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(given.folder, copy)
        measure(podia.open(copy), given.operation, given.frame)


def measure(results: Results, operation: str, frame: int) -> None:
    """Correct `results` and print the processor time of each step."""
    tracks = results.tables.tracks.sort_values("n_frames", ascending=False)
    track = int(tracks["track_id"].iloc[0])
    labels, lineage = results.labels, results.lineage
    correction = correction_of_ids(labels, lineage, operation, [track], range(frame, frame + 1))  # type: ignore[arg-type]
    ended: dict[str, float] = {}

    def note(step: str, *_: int) -> None:
        ended[step] = time.process_time() - began

    began = time.process_time()
    correct(results, [correction.model_dump()], progress=note)
    tables, everything = ended["measure"], time.process_time() - began
    print(f"{operation} of track {track} in frame {frame}, processor time:")
    print(f"tables after {tables:.1f} s, film and report after {everything:.1f} s")
    print(", ".join(f"{step} {seconds:.2f}" for step, seconds in ended.items()))


if __name__ == "__main__":
    main()
