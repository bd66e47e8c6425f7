"""The table of Ayanzadeh et al. on T98G: two methods without training and five frame networks.

The networks are trained on 36 fields and evaluated on 9.

PODIA_DATA_DIR=... python -m benchmarks.networks.frame_networks_on_t98g -o /somewhere --core-minutes 60

Each network is trained for the same time with its own recipe, with smaller patches and batches and a complete
learning-rate schedule (`SHORT_COURSE`), because the published schedule takes hours on a GPU; --set overrides it.
Scores are given with and without test-time augmentation. The defaults of EGT and PHANTAST were chosen on six other
fields, which the networks train on. One row is one line of JSON; rows that exist in the output folder are not
computed again.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

import torch
from benchmarks.support.annotated_splits import T98G_PIXEL_SIZE_UM, split_t98g
from benchmarks.support.budgeted_training import train_for
from benchmarks.support.model_scores import score_method, score_model
from benchmarks.support.result_rows import ResultRows, Row

from podia.data.config import override
from podia.segmentation.config import SegmentationConfig
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe

UNTRAINED = ("egt", "phantast")
NETWORKS = ("linknet", "unet", "tipnet", "resnet18-unet", "resnet18-fpn")
PRETRAINED = ("resnet18-unet", "resnet18-fpn")
SHORT_COURSE = (
    "clips.patch_px=256",
    "stages.0.batch_size=4",
    "stages.0.learning_rate=5e-4",
    "stages.0.schedule=cosine",
    "precision=bf16-mixed",
)


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    train_part, test_part = split_t98g(Path(os.environ["PODIA_DATA_DIR"]), given.output / "split")
    truth = read_annotated(test_part, pixel_size_um=T98G_PIXEL_SIZE_UM)[: given.test_fields]
    rows = ResultRows(given.output)
    for method in UNTRAINED:
        rows.once({"method": method, "test_fields": len(truth)}, partial(_untrained, method, truth))
    for name in given.networks:
        for seed in given.seeds:
            row: Row = {
                "method": name,
                "seed": seed,
                "core_minutes": given.core_minutes,
                "encoder_weights": given.encoder_weights if name in PRETRAINED else "none",
                "device": given.device,
                "set": given.set,
                "test_fields": len(truth),
                "scored_in": given.precision,
            }
            for augmentation in ("none", given.augmentation):
                measure = partial(_trained, given, name, seed, train_part, truth, augmentation)
                rows.once({**row, "augmentation": augmentation}, measure)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--core-minutes", type=float, default=60.0, help="Of each training.")
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument(
        "--augmentation", choices=["flips", "all"], default="all", help="The published one: all."
    )
    parser.add_argument("--encoder-weights", default="imagenet", help="imagenet, none or a file.")
    parser.add_argument(
        "--precision", choices=["float32", "bfloat16"], default="bfloat16", help="Of inference."
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--test-fields", type=int, help="Fewer than the nine, to see that it runs.")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def _untrained(method: str, truth: list[AnnotatedMovie]) -> dict[str, float]:
    return score_method(SegmentationConfig.parse({"method": method}), truth, in_time=False)


def _trained(
    given: argparse.Namespace,
    name: str,
    seed: int,
    train_part: Path,
    truth: list[AnnotatedMovie],
    augmentation: str,
) -> dict[str, float]:
    """Train, where that is not done yet, and score."""
    weights = [f"initial_weights={given.encoder_weights}"] if name in PRETRAINED else []
    settings = ["split.validation_fraction=0", f"seed={seed}", *SHORT_COURSE, *weights, *given.set]
    model = train_for(
        60 * given.core_minutes,
        override(load_recipe(name), settings),
        train_part,
        ReadingOptions(pixel_size_um=T98G_PIXEL_SIZE_UM),
        given.output / f"{name}-{given.core_minutes:g}min-seed{seed}",
        device=given.device,
    )
    return score_model(
        model, truth, in_time=False, test_time_augmentation=augmentation, precision=given.precision
    )


if __name__ == "__main__":
    main()
