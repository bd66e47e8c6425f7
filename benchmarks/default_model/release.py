"""Put the default model into the package, with its card: data, credits, scores, limits.

PODIA_DATA_DIR=... python -m benchmarks.default_model.release MODEL scores.json

MODEL is what `average_batch_norm.py` wrote, scores.json a mapping such as {"SEG on U373": 0.8}.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from benchmarks.default_model.sources import training_pairs
from benchmarks.default_model.train import CREDITS

import podia
from podia.networks.card import TrainingData
from podia.networks.model_file import load_model, save_model

TARGET = Path(podia.__file__).parent / "networks" / "weights" / "podia-any.safetensors"
CELL_PX = 40.0
DECODE = {"seed_threshold": 0.4, "min_pass_depth": 0.3, "min_area_px": 150.0, "threshold": 0.45}
"""Chosen on 13 training images of T98G, BBBC030, cell-AAP and MDA-MB-231."""
LIMITS = (
    "Made for cells in transmitted light: phase contrast, DIC, brightfield, quantitative phase. It works at one cell "
    "width, 40 px, to which movies are brought by an estimate or by --cell-diameter; cells of very different sizes in "
    "one movie suffer. Touching cells with faint borders are merged at times, very thin tips missed, objects out of "
    "focus and debris of a cell's size taken for cells. Fluorescence was not seen. For spread cells in phase contrast "
    "podia-phase, trained on T98G, may be better. If masks are wrong, show it a few annotated frames ('podia train "
    "podia DATA')."
)


def _hash_of(root: Path, name: str) -> str:
    """Return one hash over the images and masks of a data set that are not held back."""
    digest = hashlib.sha256()
    for path in sorted(path for pair in training_pairs(root, name) for path in pair):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    network, card = load_model(Path(sys.argv[1]))
    scores = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    root = Path(os.environ["PODIA_DATA_DIR"])
    data = tuple(
        TrainingData(name=name, licence=licence, citation=citation, sha256=_hash_of(root, name))
        for name, (licence, citation) in CREDITS.items()
    )
    changes = {
        "name": "podia-any",
        "pixel_size_um": None,
        "cell_diameter_px": CELL_PX,
        "data": data,
        "scores": scores,
        "limits": LIMITS,
        "decode": card.decode.model_copy(update=DECODE),
        "licence": "BSD-3-Clause",
    }
    recipe = card.recipe | {"initial_weights": "imagenet, then benchmarks/default_model/start.toml"}
    save_model(TARGET, network, card.model_copy(update=changes | {"recipe": recipe}))
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
