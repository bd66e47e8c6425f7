"""Train the default model on a pool that `render_pool.py` made.

OMP_NUM_THREADS=1 python -m benchmarks.default_model.train POOL ... -o FOLDER [--minutes 60] [--processes 2]

A training that was stopped goes on when it is started again.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import torch

from podia.data.config import override
from podia.training.checkpoint import TrainingState
from podia.training.recipe import load_recipe
from podia.training.train import TrainingResources, train
from podia.training.validation import Scores

CREDITS = {
    "T98G": ("MIT", "Tsai et al. 2019, SoftwareX 9, 230-237, doi:10.1016/j.softx.2019.02.007 (Usiigaci)"),
    "MDA-MB-231": ("MIT", "Wiggins et al. 2023, CellPhe, Nature Communications 14, 1854"),
    "BBBC030": (
        "CC-BY-3.0",
        "Koos et al. 2016, Scientific Reports 6, 30420; Broad Bioimage Benchmark Collection BBBC030",
    ),
    "cell-AAP": ("MIT", "github.com/anishjv/cell-AAP"),
    "PtK1": ("MIT", "Jang et al. 2021, Cell Reports Methods 1, 100105 (MARS-Net)"),
    "pfc-pn": ("CC0", "github.com/Erendiravp/pfc-pn-microscopy-dataset"),
}
EVERY = 25


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--recipe", default="podia-any")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--set", action="append", default=[], help="Setting of the recipe, as of podia train."
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.output.mkdir(parents=True, exist_ok=True)
    listing = given.output / "data.toml"
    if os.environ.get("LOCAL_RANK", "0") == "0":
        listing.write_text(_listing(given.pools), encoding="utf-8")
    began = time.time()

    def tell(state: TrainingState, n_steps: int, loss: float, _: Scores | None) -> None:
        if state.step % EVERY == 0:
            print(
                f"{time.strftime('%H:%M:%S')} {state.step}/{n_steps} loss {loss:.3f}, {time.time() - began:.0f} s here",
                flush=True,
            )

    plan = override(load_recipe(given.recipe), given.set)
    place = TrainingResources(device="cpu", n_devices=given.processes, minutes=given.minutes)
    print(train(plan, [listing], given.output, resources=place, progress=tell))


def _listing(pools: list[Path]) -> str:
    licence = "; ".join(f"{name}: {licence}" for name, (licence, _) in CREDITS.items())
    citation = "; ".join(citation for _, citation in CREDITS.values())
    paths = {
        part: ", ".join(f'"{(pool / part).resolve()}"' for pool in pools) for part in ("cells", "foreground")
    }
    credit = f'licence = "{licence}"\ncitation = "{citation}"'
    shared = f"pixel_size_um = 1.0\n{credit}\n\n"
    cells = f'[[data]]\nname = "cells"\npaths = [{paths["cells"]}]\n'
    cells += 'coverage = "partial"\nbackground_value = 65535\n'
    return f'{cells}{shared}[[data]]\nname = "foreground"\npaths = [{paths["foreground"]}]\n{shared}'


if __name__ == "__main__":
    main()
