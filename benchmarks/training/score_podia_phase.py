"""Scores of a podia-phase model on data that it was not trained on.

PODIA_DATA_DIR=... python -m benchmarks.training.score_podia_phase FOLDER/held-out/model.safetensors -o /somewhere

The model is from `train_podia_phase.py -o FOLDER --hold-out`. Rows: the nine T98G test fields in float32, in
bfloat16 and as the mean of 8 views, each decoded as in the recipe and with a pass depth of 0.1; twelve training
fields (every third); EGT and PHANTAST on the same data; and U373 `01`, all frames, which was not used for training.
The released model has seen the test fields, so only its row on U373 is meaningful. One row is one line of JSON; rows
that exist in the output folder are not computed again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Any

import torch
from benchmarks.support.annotated_splits import IN_TIME, T98G_PIXEL_SIZE_UM, first_frames, split_t98g
from benchmarks.support.model_scores import score_method, score_model
from benchmarks.support.result_rows import ResultRows

from podia.networks.card import find_model
from podia.segmentation.config import SegmentationConfig
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe

RUNS: dict[str, dict[str, Any]] = {
    "float32": {},
    "bfloat16": {"precision": "bfloat16"},
    "8 views": {"test_time_augmentation": "all"},
}
PASS_DEPTHS = (None, 0.1)
"""Of the decoding; None is the recipe's."""
EVERY_TRAINING_FIELD = 3
UNTRAINED = ("egt", "phantast")


def main() -> None:
    given = _arguments()
    torch.set_num_threads(given.threads)
    model = find_model(given.model)
    train_fields, test_fields = read_fields(given.output / "t98g")
    test_fields, known = test_fields[: given.fields], train_fields[::EVERY_TRAINING_FIELD][: given.fields]
    u373 = [first_frames(movie, given.frames) for movie in read_u373()]
    rows = ResultRows(given.output)
    which = {"model": model.name, "sha256": hashlib.sha256(model.read_bytes()).hexdigest()[:12]}

    def once(data: str, movies: list[AnnotatedMovie], run: str, pass_depth: float | None = None) -> None:
        what = {**which, "data": data, "n": _size(movies), "run": run, "pass_depth": pass_depth}
        decode = phase_decode() if pass_depth is None else phase_decode() | {"min_pass_depth": pass_depth}
        in_time = movies is u373
        rows.once(what, partial(score_model, model, movies, in_time=in_time, decode=decode, **RUNS[run]))

    for pass_depth in PASS_DEPTHS:
        for run in RUNS:
            once("T98G, test fields", test_fields, run, pass_depth)
    once("T98G, training fields", known, "float32")
    once("U373 01", u373, "float32")
    for method in UNTRAINED:
        config = SegmentationConfig.parse({"method": method})
        for data, movies in (("T98G, test fields", test_fields), ("U373 01", u373)):
            what = {"method": method, "data": data, "n": _size(movies)}
            rows.once(what, partial(score_method, config, movies, in_time=movies is u373))


def read_fields(folder: Path) -> tuple[list[AnnotatedMovie], list[AnnotatedMovie]]:
    """Return T98G's fields to learn from and to score, linked below `folder`."""
    parts = split_t98g(Path(os.environ["PODIA_DATA_DIR"]), folder)
    train, test = (read_annotated(part, pixel_size_um=T98G_PIXEL_SIZE_UM) for part in parts)
    return train, test


def read_u373() -> list[AnnotatedMovie]:
    """Return U373 `01`, gold over silver."""
    split = IN_TIME["u373"]
    sequence = Path(os.environ["PODIA_DATA_DIR"]) / split.folder / "01"
    return read_annotated(
        sequence, pixel_size_um=split.pixel_size_um, frame_interval_s=split.frame_interval_s
    )


def phase_decode() -> dict[str, Any]:
    """Return how the recipe makes cells of predictions; a model that was trained earlier may have other settings."""
    return load_recipe("podia-phase").decode.model_dump(exclude_defaults=True)


def _size(movies: list[AnnotatedMovie]) -> int:
    return sum(len(movie.labels.frames) for movie in movies)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="A model file, or the name of a shipped model.")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--fields", type=int, help="Score only so many fields of T98G, to try it.")
    parser.add_argument("--frames", type=int, help="Score only so many frames of U373, to try it.")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
