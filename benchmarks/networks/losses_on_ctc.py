r"""The table of Lin & Norouzi on HeLa and U373: binary cross-entropy, focal and shape-aware loss.

PODIA_DATA_DIR=... python -m benchmarks.networks.losses_on_ctc -o /somewhere \
    --core-minutes 60 [--networks unet mask-rcnn]

Evaluated on later frames (split "time"), and on a random fifth of the frames as published (split "shuffled, leaks"),
where the neighbours of nearly every test frame are training data. The U-Net recipes use smaller patches and batches
and a complete learning-rate schedule (`SHORT_COURSE`); --set overrides it. Mask R-CNN needs a GPU (--device cuda).
Frames are evaluated one by one, without temporal correction. One row is one line of JSON; rows that exist in the
output folder are not computed again.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

import torch
from benchmarks.support.annotated_splits import IN_TIME, split_in_time, split_shuffled
from benchmarks.support.budgeted_training import train_for
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows, Row

from podia.data.config import override
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe

LOSSES = ("bce", "focal", "shape-aware")
SPLITS = {"time": split_in_time, "shuffled, leaks": split_shuffled}
SHORT_COURSE = {
    "unet": (
        "clips.patch_px=256",
        "stages.0.batch_size=2",
        "stages.0.schedule=cosine",
        "precision=bf16-mixed",
    ),
    "mask-rcnn": (),
}


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    rows = ResultRows(given.output)
    for network in given.networks:
        for dataset in given.datasets:
            for split in given.splits:
                for loss in LOSSES:
                    row: Row = {
                        "dataset": dataset,
                        "split": split,
                        "network": network,
                        "loss": loss,
                        "core_minutes": given.core_minutes,
                        "seed": given.seed,
                        "device": given.device,
                        "set": given.set,
                    }
                    rows.once(row, partial(_scores, given, network, loss, dataset, split))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=60.0, help="Of each training.")
    parser.add_argument("--networks", nargs="*", choices=[*SHORT_COURSE], default=["unet"])
    parser.add_argument("--datasets", nargs="*", choices=["hela", "u373"], default=["hela", "u373"])
    parser.add_argument("--splits", nargs="*", choices=[*SPLITS], default=[*SPLITS])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def _scores(given: argparse.Namespace, network: str, loss: str, dataset: str, split: str) -> dict[str, float]:
    """Train, where that is not done yet, and score."""
    data, place = Path(os.environ["PODIA_DATA_DIR"]), f"{dataset}-{split.split(',')[0]}"
    train_part, test_part = SPLITS[split](data, dataset, given.output / "split" / place)
    reading = ReadingOptions(pixel_size_um=IN_TIME[dataset].pixel_size_um)
    settings = ["split.validation_fraction=0", f"seed={given.seed}", *SHORT_COURSE[network], *given.set]
    model = train_for(
        60 * given.core_minutes,
        override(load_recipe(f"{network}-{loss}"), settings),
        train_part,
        reading,
        given.output / f"{place}-{network}-{loss}-{given.core_minutes:g}min-seed{given.seed}",
        device=given.device,
    )
    truth = read_annotated(test_part, pixel_size_um=reading.pixel_size_um)
    return score_model(model, truth, in_time=False, repairs=False)


if __name__ == "__main__":
    main()
