"""Store the included weights in the package, with scores on held-out data.

PODIA_DATA_DIR=... python -m benchmarks.training.release_podia_phase FOLDER

FOLDER is the output of `train_podia_phase.py`, run with and without `--hold-out`. The held-out weights are evaluated
on the nine T98G test fields and on U373, and the others are released. `score_podia_phase.py` gives the rows of the
benchmarks page (bfloat16, more views, training fields).
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from benchmarks.support.model_scores import score_method, score_model
from benchmarks.training.score_podia_phase import phase_decode, read_fields, read_u373

import podia
from podia.networks.model_file import load_model, save_model
from podia.segmentation.config import SegmentationConfig
from podia.training.recipe import load_recipe

TARGET = Path(podia.__file__).parent / "networks" / "weights" / "podia-phase.safetensors"
LIMITS = (
    "Made for spread and protruding cells in phase contrast at 10x to 20x (cells of 30 to 200 um). Outlines are as "
    "sure as the hand-drawn ones that it learned from, 2 to 3 um. Cells that overlap are cut at a guess; two that "
    "touch along a wide front may come out as one, a very long one as two; debris of a cell's size may be taken for "
    "a cell. Dense sheets, DIC, brightfield, and cells smaller than 20 px were not seen: show it ten annotated frames "
    "of yours ('podia train podia DATA')."
)
CARD_SCORES = ("SEG", "mAP", "boundary_F", "thin_recall", "IoU")


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(2)
    fields, u373 = read_fields(folder / "t98g")[1], read_u373()
    scores: dict[str, float] = {}
    held_out = folder / "held-out" / "model.safetensors"
    for name, truth, in_time in (("T98G", fields, False), ("U373", u373, True)):
        found = score_model(held_out, truth, in_time=in_time, decode=phase_decode())
        print(f"{name}, held-out weights: {found}", flush=True)
        scores |= {f"{key} on {name}": found[key] for key in CARD_SCORES}
        for method in ("egt", "phantast"):
            untrained = score_method(SegmentationConfig.parse({"method": method}), truth, in_time=in_time)
            print(f"{name}, {method}: {untrained}", flush=True)
    network, card = load_model(folder / "all" / "model.safetensors")
    save_model(
        TARGET,
        network,
        card.model_copy(
            update={
                "scores": scores,
                "limits": LIMITS,
                "licence": "BSD-3-Clause",
                "decode": load_recipe("podia-phase").decode,
            }
        ),
    )
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.1f} MB")
    print(f"U373, released weights: {score_model(TARGET, u373, in_time=True)}")


if __name__ == "__main__":
    main()
