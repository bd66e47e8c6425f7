"""Estimated and measured memory of a training step.

python -m benchmarks.training.batch_memory [RECIPE ...]

Each recipe runs three steps with two clips of 256 px and three with two clips of 64 px (from the second step, the
moments of the optimiser are included), in separate processes. The difference of their peaks is compared with the
estimated difference. The data are a simulated movie. Mask R-CNN: mask-rcnn-bce --set network.norm=group.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.support.whole_process import measure_process, podia

from podia.data.config import override
from podia.networks.models.registry import build_network
from podia.training.batch_memory import batch_bytes
from podia.training.recipe import Recipe, load_recipe

_RECIPES = ("podia", "convlstm-mobilenet-b3", "u-lstm-decoder", "unet-bce", "resnet18-unet")
_SIDES_PX = (256, 64)
_BATCH_SIZE = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", default=_RECIPES)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    print(f"{'recipe':24}{'said':>10}{'measured':>12}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "simulated"
        measure_process(podia("simulate", data, "--n-frames", "16", "--size", "640", "--cells", "20"))
        for name in arguments.recipes:
            recipe = load_recipe(name)
            said, peaks = [], []
            for side in _SIDES_PX:
                settings = [*_settings(recipe, side), *arguments.set]
                said.append(_said_mib(override(recipe, settings)))
                peaks.append(_peak_mib(name, settings, data, Path(folder) / f"{name}-{side}"))
            expected, measured = said[0] - said[1], peaks[0] - peaks[1]
            print(
                f"{name:24}{expected:6.0f} MiB{measured:8.0f} MiB{expected / measured - 1:+8.0%}", flush=True
            )


def _settings(recipe: Recipe, side_px: int) -> list[str]:
    stages = [
        f"stages.{number}.{setting}"
        for number in range(len(recipe.stages))
        for setting in ("steps=3", f"batch_size={_BATCH_SIZE}")
    ]
    return [*stages, f"clips.patch_px={side_px}", "split.validation_fraction=0", "initial_weights=none"]


def _said_mib(recipe: Recipe) -> float:
    network = build_network(recipe.architecture, recipe.network, seed=0)
    return max(batch_bytes(network, recipe, stage) for stage in recipe.stages) / 1024**2


def _peak_mib(recipe: str, settings: list[str], data: Path, output: Path) -> float:
    options = [part for setting in settings for part in ("--set", setting)]
    usage = measure_process(podia("train", recipe, data, "-o", output, *options, "--quiet"))
    if usage.exit_code:
        raise SystemExit(f"podia train {recipe} failed.")
    return usage.peak_mib


if __name__ == "__main__":
    main()
