r"""What pasted cells in training bring where cells touch, and what they cost elsewhere.

PODIA_DATA_DIR=... python -m benchmarks.training.contact_taught -o FOLDER --data u373 --models WITHOUT WITH

Test frames are the last part of sequence 01 (as in `twelve_frames.py`), once as they are and once with three of their
own cells or drawn rounded cells pasted beside and onto others. Pasted cells are drawn with another seed than those of
any training. Parted: share of pasted cells that are found as a cell of their own (IoU of 0.5 or more).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import tifffile
from benchmarks.support.annotated_splits import IN_TIME, split_in_time
from benchmarks.support.model_scores import score_model
from benchmarks.support.result_rows import ResultRows

from podia.data.calibration import Calibration
from podia.data.movie import Image, LabelImage, Movie
from podia.evaluation.overlap import cell_overlaps
from podia.segmentation.segment import segment
from podia.simulation.microscopy.pasting import changed, cut_out, draw_place, lay_onto, rounded_cell
from podia.training.data.sources import read_annotated

PASTED, ONTO, DRAWN = 3, 0.75, 0.3
MIN_AREA_PX = 40
FIRST_PASTED = 10_000
"""Pasted cells have labels from here on."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--data", choices=tuple(IN_TIME), default="u373")
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--every", type=int, default=2, help="Every this many test frames.")
    args = parser.parse_args()
    split = IN_TIME[args.data]
    _, test = split_in_time(Path(os.environ["PODIA_DATA_DIR"]), args.data, args.output / args.data)
    (plain,) = read_annotated(test, pixel_size_um=split.pixel_size_um)
    frames = list(plain.labels.frames)[:: args.every]
    composites = args.output / f"{args.data}-pasted"
    if not composites.exists():
        rng = np.random.default_rng(1000)
        for frame in frames:
            pair = _with_pasted_cells(plain.movie.frame(frame), plain.read_labels(frame), rng)
            for part, image in zip(("images", "masks"), pair, strict=True):
                (composites / part).mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(composites / part / f"{frame:03d}.tif", image)
    rows = ResultRows(args.output)
    for model in args.models:
        rows.once({"data": args.data, "model": model}, lambda m=model: _measure(m, test, composites, split))


def _measure(model: str, test: Path, composites: Path, split) -> dict[str, float]:
    plain = read_annotated(test, pixel_size_um=split.pixel_size_um)
    pasted = read_annotated(composites, pixel_size_um=split.pixel_size_um)
    return {
        "SEG": score_model(model, plain, in_time=False)["SEG"],
        "SEG_pasted": score_model(model, pasted, in_time=False)["SEG"],
        "parted": _parted(model, composites, split.pixel_size_um),
    }


def _with_pasted_cells(
    image: Image, labels: LabelImage, rng: np.random.Generator
) -> tuple[Image, LabelImage]:
    """Return a frame and its labels with cells pasted; these have labels from :data:`FIRST_PASTED` on."""
    grey, labels = image.astype(np.float32), np.maximum(labels, 0).astype(np.int32)
    cells = cut_out(grey, labels, min_area_px=MIN_AREA_PX)
    n_own = int(labels.max())
    width = float(np.sqrt(np.median(np.bincount(labels[labels > 0])[1:]) * 4 / np.pi))
    for _ in range(PASTED):
        cell = (
            rounded_cell(width * rng.uniform(0.4, 0.8), float(grey[labels > 0].std()), rng)
            if rng.random() < DRAWN or not cells
            else changed(cells[rng.integers(len(cells))], rng)
        )
        place = draw_place(labels, cell, rng, onto=rng.random() < ONTO)
        lay_onto(grey, labels, cell, place, see_through=float(rng.uniform(0, 0.4)))
    labels[labels > n_own] += FIRST_PASTED
    limits = np.iinfo(image.dtype)
    return np.clip(grey, limits.min, limits.max).astype(image.dtype), labels.astype(np.uint16)


def _parted(model: str, composites: Path, pixel_size_um: float) -> float:
    settings = {"method": "network", "network": {"model": model}}
    found, total = 0, 0
    for path in sorted((composites / "images").glob("*.tif")):
        truth = tifffile.imread(composites / "masks" / path.name).astype(np.int32)
        movie = Movie.from_array(tifffile.imread(path)[None], Calibration(pixel_size_um, None))
        overlaps = cell_overlaps(truth, segment(movie, settings=settings).frame(0))
        pasted = overlaps.truth_labels >= FIRST_PASTED
        best = overlaps.iou.max(axis=1, initial=0)[pasted]
        found, total = found + int((best >= 0.5).sum()), total + len(best)
    return found / total


if __name__ == "__main__":
    main()
