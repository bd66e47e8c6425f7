"""Simulated movies on disk, for benchmarks that train or are interrupted and resumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.simulation.write import write_simulation


def write_once(config: SimulationConfig, folder: Path) -> Path:
    """Return `folder` with the movie of `config`, as ``podia simulate`` writes it; what is there is taken as it is."""
    if not (folder / "simulation.json").is_file():  # written last
        write_simulation(simulate(config), folder)
    return folder


def write_data_list(folders: Sequence[Path], path: Path) -> Path:
    """Return `path` with a list of data that names the simulated movies in `folders`."""
    paths = ", ".join(f'"{folder.resolve()}"' for folder in folders)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[[data]]\nname = "simulated"\npaths = [{paths}]\n', encoding="utf-8")
    return path
