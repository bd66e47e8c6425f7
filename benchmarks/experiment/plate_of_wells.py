r"""A simulated plate of 12 wells, three doses by four replicates; the drug slows growth and motion.

python -m benchmarks.experiment.plate_of_wells write FOLDER      # FOLDER/images, FOLDER/plate.csv, FOLDER/truth.csv
podia run FOLDER/images --plate-map FOLDER/plate.csv --export xlsx -o FOLDER/results --method egt \
    --frame-interval-s 1800 --pixel-size-um 2
podia compare FOLDER/results -o FOLDER/comparison
podia figures FOLDER/comparison
python -m benchmarks.experiment.plate_of_wells score FOLDER      # measured against true

Rows A to C are doses 0, 3 and 30 uM, columns 1 to 4 replicates. A drug of EC50 5 uM lowers the division rate and the
speed from their value without drug to a quarter of it. Replicates differ by 5 %. Cells are discs that wander, divide at
random, keep apart and stay in the field, so that all numbers are exact; they are drawn as in phase contrast.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from podia.results.results import open_results
from podia.simulation.experiments.culture import Culture
from podia.simulation.experiments.phase_contrast import faint_phase_contrast
from podia.simulation.experiments.write import effect

DOSES_UM = (0.0, 3.0, 30.0)
N_REPLICATES = 4
DIVISIONS_PER_FRAME = 0.08
STEP_PX = 3.0
N_FRAMES, SIZE_PX, N_CELLS = 14, 224, 12


def write(folder: Path) -> None:
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    wells, truth = [], []
    for row, dose in zip("ABC", DOSES_UM, strict=True):
        for replicate in range(1, N_REPLICATES + 1):
            rng = np.random.default_rng([DOSES_UM.index(dose), replicate])
            left = effect(dose) * (1 + 0.05 * rng.normal())
            culture = Culture(rng, SIZE_PX, N_CELLS, STEP_PX * left, DIVISIONS_PER_FRAME * left)
            counts = []
            for frame in range(N_FRAMES):
                mask = culture.mask()
                image = faint_phase_contrast(mask, seed=frame)
                tifffile.imwrite(images / f"{row}{replicate:02d}_t{frame:03d}.tif", image)
                counts.append(len(culture.places))
                n_divisions = culture.n_divisions
                culture.step()
            wells.append(
                {"well": f"{row}{replicate:02d}", "compound": "drug", "dose_uM": dose, "replicate": replicate}
            )
            truth.append(
                {
                    "well": f"{row}{replicate}",
                    "n_cells": np.mean(counts),
                    "n_divisions": n_divisions,
                    "confluence_last": mask.mean(),
                }
            )
    pd.DataFrame(wells).to_csv(folder / "plate.csv", index=False)
    pd.DataFrame(truth).to_csv(folder / "truth.csv", index=False)


def score(folder: Path) -> None:
    truth = pd.read_csv(folder / "truth.csv")
    rows = []
    for row in truth.itertuples():
        tables = open_results(folder / "results" / str(row.well)).tables
        rows.append(
            {
                "n_cells": tables.frames["n_cells"].mean(),
                "n_divisions": int(tables.culture["n_divisions"].sum()),
                "confluence_last": tables.frames["confluence"].iloc[-1],
            }
        )
    measured = pd.DataFrame(rows)
    for name in measured:
        apart = measured[name] - truth[name]
        mean, largest = apart.mean(), apart.abs().max()
        print(f"{name}: mean error {mean:.3g}, largest {largest:.3g} of a mean of {truth[name].mean():.3g}")


if __name__ == "__main__":
    {"write": write, "score": score}[sys.argv[1]](Path(sys.argv[2]))
