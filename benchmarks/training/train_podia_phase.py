"""Train the included weights, or with nine T98G fields held out to evaluate the recipe.

PODIA_DATA_DIR=... python -m benchmarks.training.train_podia_phase -o /somewhere [--hold-out]

The data are the hand-drawn T98G fields (MIT) and 16 simulated movies. The training takes about 45 minutes on one
core and resumes if it is interrupted.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from benchmarks.support.annotated_splits import split_t98g
from benchmarks.support.simulated_movies import write_once

from podia.simulation.config import SimulationConfig
from podia.training.train import TrainingResources, train

T98G_CITATION = "Tsai et al. 2019, SoftwareX 9, 230-237, doi:10.1016/j.softx.2019.02.007"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--hold-out", action="store_true", help="Leave the nine test fields of T98G out.")
    arguments = parser.parse_args()
    output: Path = arguments.output
    data = Path(os.environ["PODIA_DATA_DIR"])
    simulated = [simulated_movie(output / "simulated", seed) for seed in range(100, 116)]
    parts = split_t98g(data, output / "t98g")
    fields = parts[:1] if arguments.hold_out else parts
    listing = output / "data.toml"
    listing.write_text(
        _entry("T98G", fields, "MIT", T98G_CITATION)
        + _entry("simulated", simulated, "BSD-3-Clause (podia's own simulator)", ""),
        encoding="utf-8",
    )
    model = train(
        "podia-phase",
        [listing],
        output / ("held-out" if arguments.hold_out else "all"),
        resources=TrainingResources(device="cpu"),
        progress=lambda state, n, loss, _: (
            print(f"{state.step}/{n} loss {loss:.3f} {state.seconds:.0f} s", flush=True)
            if state.step % 50 == 0
            else None
        ),
    )
    print(model)


def simulated_movie(folder: Path, seed: int) -> Path:
    """Return the folder of a simulated movie of 8 frames; cells, optics and background differ from seed to seed."""
    rng = np.random.default_rng(seed)
    n_cells = int(rng.integers(8, 28))
    config = SimulationConfig(
        n_frames=8,
        size_px=512,
        n_cells=n_cells,
        seed=seed,
        frame_interval_s=float(rng.choice([300, 600])),
        body_radius_um=float(rng.uniform(10, 22)),
        protrusions_per_cell=float(rng.uniform(1, 5)),
        protrusion_length_um=float(rng.uniform(15, 50)),
        contrast=float(rng.uniform(0.5, 1.5)),
        halo_um=float(rng.uniform(3, 9)),
        focus_wander_um=float(rng.uniform(0, 15)),
        illumination=float(rng.uniform(0, 0.35)),
        fibres=float(rng.uniform(0, 2)),
        debris_per_mm2=float(rng.uniform(0, 600)),
        photons=float(rng.uniform(1500, 8000)),
        drift_px=3.0,
        jitter_px=0.5,
    )
    return write_once(config, folder / f"s{seed}")


def _entry(name: str, folders: list[Path] | tuple[Path, ...], licence: str, citation: str) -> str:
    paths = ", ".join(f'"{folder.resolve()}"' for folder in folders)
    return (
        f'[[data]]\nname = "{name}"\npaths = [{paths}]\npixel_size_um = 0.8708\n'
        f'licence = "{licence}"\ncitation = "{citation}"\n\n'
    )


if __name__ == "__main__":
    main()
