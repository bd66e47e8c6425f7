"""T98G with few annotated fields, and with incompletely annotated fields: F and SEG on the nine test fields.

PODIA_DATA_DIR=... python -m benchmarks.training.share_annotated -o /somewhere

Fields: the podia recipe from ImageNet weights on 1, 2, 4, 8, 12 and 36 training fields, in nested sets. Cells: the
recipe points-and-masks on twelve fields, with a third, two thirds or all of the cells annotated (removed at random,
more in dense regions): with the ordinary loss; with confident detections ignored in the background; with the
positive-unlabelled loss for spots; with background within NEAR_PX of an annotated cell only; and with this and one
background pixel in 64 elsewhere. With a third, the podia recipe as well. All trainings have the same number of
steps. F is that of centroids in pairs within 20 um. One row is one line of JSON; rows that exist in the output
folder are not computed again.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import torch
from benchmarks.support.annotated_splits import T98G_PIXEL_SIZE_UM, split_t98g
from benchmarks.support.budgeted_training import train_model
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows
from benchmarks.support.spoiled_points import leave_out
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from podia.data.config import override
from podia.evaluation.localisation import LocalisationCounts, localisation_counts
from podia.evaluation.positions import centroids
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.reading_options import ReadingOptions
from podia.training.data.sources import read_annotated
from podia.training.recipe import load_recipe

NUMBERS_OF_FIELDS = (1, 2, 4, 8, 12, 36)
SHARES = (1 / 3, 2 / 3)
N_FIELDS_OF_SHARES = 12
NEAR_PX = 12
NEAR_AND_GRID = f"target.ignore_beyond_px={NEAR_PX}"
BACKGROUND = 60_000
CUT_OFF_UM = 20.0
AS_IF_COMPLETE = ("loss.ignore_above=null",)
SINGLE_FRAMES = ("clips.length=1", "stages.0.batch_size=8")
"""Fields are no movies: clips of one frame, so that steps are spent on what is new."""
ALL_LEARNED = ("split.validation_fraction=0",)
THRESHOLD_CHOSEN = ("split.validation_fraction=0.2", "validation.every_steps=100000")
"""How high spots come out differs from loss to loss: two of the fields, drawn alike, choose the threshold."""


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    train_part, test_part = split_t98g(Path(os.environ["PODIA_DATA_DIR"]), given.output / "split")
    truth = read_annotated(test_part, pixel_size_um=T98G_PIXEL_SIZE_UM)[: given.test_fields]
    rows = ResultRows(given.output)
    order = np.random.default_rng(given.seed).permutation(
        sorted(path.stem for path in (train_part / "images").glob("*.tif"))
    )

    def row(recipe: str, n_fields: int, share: float, way: str, settings: tuple[str, ...]) -> None:
        what = {
            "recipe": recipe,
            "fields": n_fields,
            "share": round(share, 3),
            "way": way,
            "steps": given.steps,
            "seed": given.seed,
            "test_fields": len(truth),
        }
        name = f"{recipe}-{n_fields}fields-{share:.2f}-{way.replace(' ', '-')}-seed{given.seed}"
        draw = partial(_near_drawn if way == "near drawn cells" else _drawn, share=share, seed=given.seed)
        data = given.output / "drawn" / name
        entry = ReadingOptions(pixel_size_um=T98G_PIXEL_SIZE_UM)
        if way == "near drawn cells":
            entry = entry.model_copy(update={"coverage": "partial", "background_value": BACKGROUND})

        def measure() -> dict[str, float]:
            for field in order[:n_fields]:
                _write_field(train_part, data, str(field), draw)
            base = (
                *SINGLE_FRAMES,
                "initial_weights=imagenet",
                f"seed={given.seed}",
                f"stages.0.steps={given.steps}",
            )
            plan = override(load_recipe(recipe), [*base, *settings])
            model = train_model(plan, data, entry, given.output / "models" / name)
            return _scores(model, truth)

        rows.once(what, measure)

    if "fields" in given.curves:
        for n_fields in NUMBERS_OF_FIELDS:
            row("podia", n_fields, 1.0, "all drawn", ALL_LEARNED)
    if "cells" not in given.curves:
        return
    as_if_complete = (*THRESHOLD_CHOSEN, *AS_IF_COMPLETE)
    row("points-and-masks", N_FIELDS_OF_SHARES, 1.0, "all drawn", as_if_complete)
    for share in SHARES:
        for way, settings in {
            "as if all were drawn": as_if_complete,
            "sure detections left out": THRESHOLD_CHOSEN,
            "positive-unlabelled": (*as_if_complete, f"loss.annotated_share={share:.4f}"),
            "near drawn cells": as_if_complete,
            "near drawn cells and a grid": (*as_if_complete, NEAR_AND_GRID),
        }.items():
            row("points-and-masks", N_FIELDS_OF_SHARES, share, way, settings)
    row("podia", N_FIELDS_OF_SHARES, SHARES[0], "as if all were drawn", ALL_LEARNED)
    row("podia", N_FIELDS_OF_SHARES, SHARES[0], "near drawn cells and a grid", (*ALL_LEARNED, NEAR_AND_GRID))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--curves", nargs="+", choices=["fields", "cells"], default=["fields", "cells"])
    parser.add_argument("--steps", type=int, default=500, help="Of each training.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--test-fields", type=int, help="Fewer than the nine, to see that it runs.")
    return parser.parse_args()


def _write_field(source: Path, target: Path, field: str, draw: partial[NDArray[np.uint16]]) -> None:
    """Link a field's image, and write its mask with the cells that were drawn."""
    for inner in ("images", "masks"):
        (target / inner).mkdir(parents=True, exist_ok=True)
    image = target / "images" / f"{field}.tif"
    if not image.exists():
        image.symlink_to((source / "images" / image.name).resolve())
    mask = tifffile.imread(next((source / "masks").glob(f"{field}*.tif")))
    tifffile.imwrite(target / "masks" / image.name, draw(mask), compression="zlib")


def _drawn(mask: NDArray[np.uint16], *, share: float, seed: int) -> NDArray[np.uint16]:
    """Return `mask` with that share of its cells."""
    numbers = np.unique(mask[mask > 0])
    y, x = centroids(mask.astype(np.int32)).T
    cells = pd.DataFrame({"frame": 0, "y": y, "x": x, "number": numbers})
    kept = leave_out(cells, 1 - share, np.random.default_rng([seed, int(numbers.sum())]))["number"]
    return np.where(np.isin(mask, kept), mask, 0).astype(np.uint16)


def _near_drawn(mask: NDArray[np.uint16], *, share: float, seed: int) -> NDArray[np.uint16]:
    """Return the same, with true background near the drawn cells under a number of its own; the rest is not known."""
    drawn = _drawn(mask, share=share, seed=seed)
    near = distance_transform_edt(drawn == 0) <= NEAR_PX
    return np.where(near & (mask == 0), BACKGROUND, drawn).astype(np.uint16)


def _scores(model: Path, truth: list[AnnotatedMovie]) -> dict[str, float]:
    config = SegmentationConfig.parse({"method": "network", "network": {"model": str(model)}})
    counts = LocalisationCounts()
    for field in truth:
        found = segment(field.movie, config).frame(0)
        cut_off = CUT_OFF_UM / T98G_PIXEL_SIZE_UM
        counts += localisation_counts(centroids(field.read_labels(0)), centroids(found), cut_off=cut_off)
    places = {"F": counts.f_score, "found": counts.recall, "right": counts.precision}
    cells = score_model(model, truth, in_time=False)
    return {name: round(value, 4) for name, value in places.items()} | cells


if __name__ == "__main__":
    main()
