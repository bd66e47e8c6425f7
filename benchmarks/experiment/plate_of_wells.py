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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from podia.results.results import open_results
from podia.testing.phase_contrast import phase_contrast

DOSES_UM = (0.0, 3.0, 30.0)
N_REPLICATES = 4
EC50_UM = 5.0
LEFT = 0.25
DIVISIONS_PER_FRAME = 0.08
STEP_PX = 3.0
N_FRAMES, SIZE_PX, N_CELLS, RADIUS_PX, GAP_PX = 14, 224, 12, 7.0, 5.0


def effect(dose_um: float) -> float:
    """Return the fraction of division rate and speed that is left."""
    return LEFT + (1 - LEFT) / (1 + dose_um / EC50_UM)


@dataclass
class Culture:
    """Discs in a square field: positions ``(N, 2)`` and directions of motion."""

    rng: np.random.Generator
    strength: float
    places: np.ndarray = field(init=False)
    angles: np.ndarray = field(init=False)
    n_divisions: int = 0

    def __post_init__(self) -> None:
        self.places = self.rng.uniform(30, SIZE_PX - 30, (N_CELLS, 2))
        self.angles = self.rng.uniform(0, 2 * np.pi, N_CELLS)
        self.keep_apart()

    def step(self) -> None:
        """Move all cells by a frame; some divide."""
        self.angles += self.rng.normal(0, 0.6, len(self.angles))
        step = STEP_PX * self.strength
        self.places += step * np.column_stack([np.sin(self.angles), np.cos(self.angles)])
        divides = self.rng.random(len(self.places)) < DIVISIONS_PER_FRAME * self.strength
        turn = self.rng.uniform(0, 2 * np.pi, int(divides.sum()))
        apart = (RADIUS_PX + GAP_PX / 2) * np.column_stack([np.sin(turn), np.cos(turn)])
        mothers = self.places[divides]
        self.places = np.concatenate([self.places[~divides], mothers - apart, mothers + apart])
        self.angles = np.concatenate([self.angles[~divides], turn + np.pi, turn])
        self.n_divisions += len(turn)
        self.keep_apart()

    def keep_apart(self) -> None:
        """Push cells that are too near from each other, and back into the field."""
        least = 2 * RADIUS_PX + GAP_PX
        for _ in range(60):
            apart = self.places[:, None] - self.places
            distance = np.hypot(*np.moveaxis(apart, -1, 0)) + np.eye(len(self.places)) * 1e9
            push = np.maximum(least - distance, 0)[..., None] * apart / np.maximum(distance, 1e-6)[..., None]
            self.places += 0.4 * push.sum(axis=1)
            self.places = np.clip(self.places, 12, SIZE_PX - 12)

    def mask(self) -> np.ndarray:
        """Return which pixels are in cells."""
        rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX]
        away = (rows[..., None] - self.places[:, 0]) ** 2 + (columns[..., None] - self.places[:, 1]) ** 2
        return (away <= RADIUS_PX**2).any(axis=-1)


def write(folder: Path) -> None:
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    wells, truth = [], []
    for row, dose in zip("ABC", DOSES_UM, strict=True):
        for replicate in range(1, N_REPLICATES + 1):
            rng = np.random.default_rng([DOSES_UM.index(dose), replicate])
            culture = Culture(rng, effect(dose) * (1 + 0.05 * rng.normal()))
            counts = []
            for frame in range(N_FRAMES):
                mask = culture.mask()
                image = phase_contrast(mask, seed=frame)
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
