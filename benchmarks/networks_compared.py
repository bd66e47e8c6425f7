"""A recipe trained on the first part of a movie and scored on the rest: SEG, boundary, thin structures, flicker.

PODIA_DATA_DIR=... python benchmarks/networks_compared.py u373 podia -o /somewhere --minutes 20

A recipe is a name or a file; further settings go behind it as KEY=VALUE. What is printed is a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch

from annotated_splits import IN_TIME, split_in_time, split_t98g
from podia.data.config import override
from podia.data.movie import LabelMovie
from podia.evaluation.ctc_matching import match_labels
from podia.segmentation.config import NetworkSegmentationConfig, SegmentationConfig
from podia.segmentation.segment import segment
from podia.training.annotated import AnnotatedMovie
from podia.training.data_list import DataEntry
from podia.training.recipe import load_recipe
from podia.training.sources import read_annotated
from podia.training.train import TrainingPlace, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=[*IN_TIME, "t98g"])
    parser.add_argument("recipe")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    data = Path(os.environ["PODIA_DATA_DIR"])
    if arguments.dataset == "t98g":
        parts, pixel_size = split_t98g(data, arguments.output / "split"), 0.8708
    else:
        parts = split_in_time(data, arguments.dataset, arguments.output / "split")
        pixel_size = IN_TIME[arguments.dataset].pixel_size_um
    model = train(
        override(load_recipe(arguments.recipe), arguments.settings),
        [parts[0]],
        arguments.output / "model",
        reading=DataEntry(paths=(".",), pixel_size_um=pixel_size),
        place=TrainingPlace(device="cpu", minutes=arguments.minutes),
        progress=lambda state, n, loss, scores: (
            print(state.step, n, f"{loss:.3f} {state.seconds:.0f} s", scores, flush=True)
            if scores or state.step % 50 == 0
            else None
        ),
    )
    truth = read_annotated(parts[1], pixel_size_um=pixel_size)
    print(json.dumps({"dataset": arguments.dataset, "recipe": arguments.recipe, **score(model, truth)}))


def score(model: Path, truth: list[AnnotatedMovie]) -> dict[str, float]:
    """Return SEG and the foreground's IoU over all annotated test frames."""
    config = SegmentationConfig(method="network", network=NetworkSegmentationConfig(model=str(model)))
    ious: list[float] = []
    n_cells = common = union = 0
    for movie in truth:
        labels: LabelMovie = segment(movie.movie, config)
        for frame in range(movie.movie.n_frames):
            result = labels.frame(frame)
            if frame not in movie.labels.frames:
                continue
            true = movie.read_labels(frame)
            result[true < 0] = 0
            true[true < 0] = 0
            match = match_labels(true, result)
            ious += match.ious
            n_cells += len(match.truth_labels)
            common += int(((true > 0) & (result > 0)).sum())
            union += int(((true > 0) | (result > 0)).sum())
    return {"SEG": sum(ious) / n_cells, "IoU": common / union, "cells": n_cells}


if __name__ == "__main__":
    main()
