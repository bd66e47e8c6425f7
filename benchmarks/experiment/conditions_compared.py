"""Power and false positive rate of a comparison of two conditions, with lifetimes 20 % longer or equal.

python -m benchmarks.experiment.conditions_compared [number of repeats, 500 by default] [--movies]

Repeats are drawn as tables of cells: replicates differ, cells differ within a replicate, and the lifetime of a cell
is the mean over a few protrusions. ``--movies`` runs one experiment with six simulated movies, measured on their
true masks (about three minutes).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from podia.data.tables import PROTRUSION_EVENTS, TRACKS
from podia.experiment.comparison import compare_conditions
from podia.experiment.measures import chosen_measures
from podia.measurement.measure import measure
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate

MEASURE = "protrusion_lifetime_min"
LIFETIME_MIN = 60.0
LONGER = 1.2


@dataclass(frozen=True)
class Spread:
    """How lifetimes vary: standard deviations as shares of the mean."""

    replicates: float
    cells: float = 0.15
    protrusions: float = 0.6
    n_replicates: int = 3
    n_cells: int = 60
    n_protrusions: int = 6


SITUATIONS = {
    "replicates alike (2 %)": Spread(0.02),
    "replicates differ by 5 %": Spread(0.05),
    "replicates differ by 10 %": Spread(0.10),
    "10 %, six replicates": Spread(0.10, n_replicates=6),
}


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--movies"]
    n_repeats = int(arguments[0]) if arguments else 500
    generator = np.random.default_rng(0)
    rows = [
        {
            "situation": name,
            **_found("20 % longer", spread, LONGER, n_repeats, generator),
            **_found("equal", spread, 1.0, n_repeats, generator),
        }
        for name, spread in SITUATIONS.items()
    ]
    print(f"Share of {n_repeats} experiments with p < 0.05: by replicates (podia), and naively by cells")
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    if "--movies" in sys.argv:
        _simulated_movies()


def _found(
    name: str, spread: Spread, factor: float, n_repeats: int, generator: np.random.Generator
) -> dict[str, float]:
    tables = [
        compare_conditions(_experiment(spread, factor, generator), [MEASURE]).iloc[0]
        for _ in range(n_repeats)
    ]
    ratios = np.array([row["ratio"] for row in tables])
    held = np.mean([row["ratio_low"] <= factor <= row["ratio_high"] for row in tables])
    return {
        name: float(np.mean([row["p_value"] < 0.05 for row in tables])),
        f"{name}, by cells": float(np.mean([row["p_cells"] < 0.05 for row in tables])),
        f"{name}, ratio": float(np.median(ratios)),
        f"{name}, interval holds": float(held),
    }


def _experiment(spread: Spread, factor: float, generator: np.random.Generator) -> pd.DataFrame:
    tables = []
    for condition, mean in (("control", LIFETIME_MIN), ("treated", factor * LIFETIME_MIN)):
        for replicate in range(spread.n_replicates):
            of_replicate = mean * (1 + spread.replicates * generator.standard_normal())
            of_cells = of_replicate * (1 + spread.cells * generator.standard_normal(spread.n_cells))
            shape = spread.protrusions**-2
            lives = generator.gamma(shape, 1 / shape, (spread.n_cells, spread.n_protrusions))
            values = of_cells * lives.mean(axis=1)
            tables.append(
                pd.DataFrame({"condition": condition, "replicate": str(replicate + 1), MEASURE: values})
            )
    return pd.concat(tables, ignore_index=True)


def _simulated_movies() -> None:
    """Print the comparison of six movies whose protrusions rest longer in the treated ones."""
    usual = SimulationConfig(
        n_frames=72, size_px=512, n_cells=12, protrusion_length_um=25.0, protrusion_speed_um_per_min=2.0,
        protrusion_rest_min=15.0, division_rate_per_h=0.0, speed_um_per_min=0.15,
    )  # fmt: skip
    lifetime = 2 * usual.protrusion_length_um / usual.protrusion_speed_um_per_min + usual.protrusion_rest_min
    rest = usual.protrusion_rest_min + (LONGER - 1) * lifetime
    tables = []
    for condition, config in (
        ("control", usual),
        ("treated", usual.model_copy(update={"protrusion_rest_min": rest})),
    ):
        for replicate in range(3):
            simulated = simulate(config, seed=10 * len(tables) + replicate)
            found = measure(simulated.movie, simulated.labels, simulated.lineage, drift=simulated.drift)
            (lifetimes,) = chosen_measures(["protrusion_lifetime"])
            events = getattr(found, PROTRUSION_EVENTS.name)
            of_cells = lifetimes.of_each_cell(events, config.calibration)
            kept = getattr(found, TRACKS.name)["track_id"]
            values = of_cells.reindex(kept).reset_index()
            tables.append(values.assign(condition=condition, replicate=str(replicate + 1)))
    pooling = {MEASURE: lifetimes.pooling(usual.calibration)}
    row = compare_conditions(pd.concat(tables, ignore_index=True), [MEASURE], pooling=pooling).iloc[0]
    print(f"\nSix simulated movies, lifetimes {lifetime:.0f} and {LONGER * lifetime:.0f} min")
    print(row.to_string())


if __name__ == "__main__":
    main()
