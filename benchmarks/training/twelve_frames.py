r"""From movies to a trained model with twelve annotated frames: wall time and SEG.

PODIA_DATA_DIR=... python -m benchmarks.training.twelve_frames -o /somewhere --minutes 30 \
    --initial-weights HELD_OUT.safetensors

`podia annotate` selects twelve frames, the truth is written over the empty masks as annotation, and `podia train
podia FOLDER` trains. Both run as separate processes and are timed; --minutes is the limit of both together. The
model is evaluated before and after training on other data: another simulated movie; the rest of sequence 01 of U373,
HeLa and PSC, with silver masks; and 9 other T98G fields. The included podia-phase has not seen the first three, but
simulated movies and those 9 fields: for T98G, give other weights (train_podia_phase.py --hold-out). They also select
the frames. One row is one line of JSON; rows that exist in the output folder are not computed again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from benchmarks.support.annotated_splits import IN_TIME, T98G_PIXEL_SIZE_UM, split_in_time, split_t98g
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows
from benchmarks.support.simulated_movies import write_once

from podia.data.movie import LabelImage, LabelMovie
from podia.io.read import read_labels
from podia.io.tiff.write_labels import write_labels_tiff
from podia.simulation.config import SimulationConfig
from podia.training.annotation.folder import AnnotationFolder, PictureRecord
from podia.training.data.sources import read_annotated

CHALLENGE = ("u373", "hela", "psc")
DATA = ("simulated", *CHALLENGE, "t98g")


@dataclass(frozen=True)
class _Task:
    """Movies to choose from, the truth of a picture, and what is scored."""

    name: str
    movies: Sequence[Path]
    truth: Callable[[PictureRecord], LabelImage]
    test: Path
    pixel_size_um: float | None = None

    @property
    def scale(self) -> list[str]:
        """The pixel size, for the command line."""
        return [] if self.pixel_size_um is None else ["--pixel-size-um", str(self.pixel_size_um)]


def main() -> None:
    given = _arguments()
    data = os.environ.get("PODIA_DATA_DIR")
    if data is None:
        print("PODIA_DATA_DIR is not set: only simulated movies are measured.")
    make = {
        "simulated": lambda: _simulated(given.output / "simulated", given.seed, given.simulated_frames),
        **{name: partial(_in_time, Path(data or ""), name, given.output / name) for name in CHALLENGE},
        "t98g": lambda: _t98g(Path(data or ""), given.output / "t98g"),
    }
    rows = ResultRows(given.output)
    for name in [name for name in given.data if data is not None or name == "simulated"]:
        task = make[name]()
        row = {
            "data": task.name,
            "frames": given.frames,
            "minutes": given.minutes,
            "initial_weights": given.initial_weights,
            "seed": given.seed,
            "simulated_frames": given.simulated_frames,
            "set": given.set,
        }
        rows.once(row, partial(_measure, given, task))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--data", nargs="*", choices=DATA, default=list(DATA))
    parser.add_argument("--minutes", type=float, default=30.0, help="Limit of annotate and train together.")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--initial-weights", default="podia-phase", help="A model's name or file.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--simulated-frames", type=int, default=100, help="Length of the simulated movie.")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="Of the recipe podia."
    )
    return parser.parse_args()


def _simulated(folder: Path, seed: int, n_frames: int) -> _Task:
    train = write_once(
        SimulationConfig(n_frames=n_frames, seed=200 + seed), folder / f"train-{seed}-{n_frames}"
    )
    test = write_once(
        SimulationConfig(n_frames=max(1, n_frames // 5), seed=300 + seed), folder / f"test-{seed}-{n_frames}"
    )
    labels = read_labels(train / "labels.tif")
    return _Task("simulated", [train / "movie.tif"], lambda picture: labels.frame(picture.frame), test)


def _in_time(data: Path, name: str, folder: Path) -> _Task:
    train, test = split_in_time(data, name, folder)

    def truth(picture: PictureRecord) -> LabelImage:
        return read_labels(train.parent / "01_ST" / "SEG" / f"man_seg{picture.frame:03d}.tif").frame(0)

    return _Task(name, [train], truth, test, IN_TIME[name].pixel_size_um)


def _t98g(data: Path, folder: Path) -> _Task:
    train, test = split_t98g(data, folder)

    def truth(picture: PictureRecord) -> LabelImage:
        return read_labels(train / "masks" / f"{picture.movie}.tif").frame(0)

    return _Task("t98g", sorted((train / "images").glob("*.tif")), truth, test, T98G_PIXEL_SIZE_UM)


def _measure(given: argparse.Namespace, task: _Task) -> dict[str, float]:
    folder, model = (
        given.output / f"{task.name}-seed{given.seed}-{part}" for part in ("annotation", "model")
    )
    choosing = ["--images", str(given.frames), "--model", given.initial_weights]
    seconds = _podia("annotate", *map(str, task.movies), "-o", str(folder), *choosing, *task.scale)
    _fill(folder, task)
    settings = [f"initial_weights={given.initial_weights}", f"seed={given.seed}", *given.set]
    limit = max(0.0, given.minutes - seconds / 60)
    training = [
        "-o",
        str(model),
        "--minutes",
        f"{limit:.3f}",
        *(part for s in settings for part in ("--set", s)),
    ]
    trained = _podia("train", "podia", str(folder), *training)
    test = read_annotated(task.test, pixel_size_um=task.pixel_size_um)
    before, after = (
        score_model(weights, test, in_time=False)["SEG"]
        for weights in (given.initial_weights, model / "model.safetensors")
    )
    return {
        "steps": int(pd.read_csv(model / "history.csv")["step"].max()),
        "annotate_s": round(seconds, 1),
        "train_s": round(trained, 1),
        "wall_minutes": round((seconds + trained) / 60, 2),
        "SEG_before": before,
        "SEG": after,
    }


def _podia(*arguments: str) -> float:
    """Run the podia command, and return the seconds it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "podia", *arguments, "--quiet"], check=True)
    return time.perf_counter() - start


def _fill(path: Path, task: _Task) -> None:
    """Write the truth over the masks, as somebody does who draws without a mistake."""
    folder = AnnotationFolder(path)
    record = folder.read_record()
    assert record is not None
    for picture in record.pictures:
        labels = LabelMovie.from_array(task.truth(picture)[None], name=picture.name)
        write_labels_tiff(labels, folder.mask(picture.name))


if __name__ == "__main__":
    main()
