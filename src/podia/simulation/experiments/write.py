"""Writer of the experiments: movies, and the table that names their conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.data.movie import ArraySource, Movie
from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path, require_free
from podia.io.tiff.write_movie import write_movie_tiff
from podia.simulation.config import SimulationConfig
from podia.simulation.experiments.culture import Culture
from podia.simulation.experiments.phase_contrast import faint_phase_contrast
from podia.simulation.experiments.wound import closing_wound
from podia.simulation.simulate import simulate

ExperimentName = Literal["speed", "growth", "wound", "protrusions", "doses", "debris"]

EC50_UM = 5.0
DOSES_UM = (0.0, 1.0, 3.0, 10.0, 30.0)
LEAST_EFFECT = 0.25
"""Fraction of speed and divisions that is left at an infinite dose."""

Movies = dict[str, Movie]
Experiment = tuple[Movies, pd.DataFrame | None]
"""Movies by the name of their file, and the table of their conditions."""

_COLUMNS = ["folder", "condition", "replicate"]
_TEN_MINUTES = Calibration(pixel_size_um=2.0, frame_interval_s=600.0)
_HALF_HOURLY = Calibration(pixel_size_um=2.0, frame_interval_s=1800.0)


def write_experiment(
    name: str, folder: str | Path, *, overwrite: bool = False, progress: Progress = silent
) -> list[Path]:
    """Write the movies of an experiment, and ``experiment.csv`` or ``plate.csv``; return the paths.

    - ``speed``: three movies each of control and drug, in which cells are half as fast.
    - ``protrusions``: two movies each of control and drug, in which cells have more and longer protrusions.
    - ``growth``: a movie of a culture that doubles in 8.7 hours.
    - ``wound``: a movie of a scratch whose fronts advance by 6 um per hour.
    - ``doses``: ten wells, five doses of a drug that slows cells with an EC50 of 5 uM.
    - ``debris``: a movie with a speck that is found as a cell.

    Raises
    ------
    InvalidInputError
        If there is no experiment of that name.
    OutputError
        If a file exists and `overwrite` is False, or there is no space or no permission to write.
    """
    if name not in _EXPERIMENTS:
        names = get_args(ExperimentName)
        raise InvalidInputError(
            f"Unknown experiment '{name}'. Choose one of {', '.join(names)}.{nearest_name_hint(name, names)}"
        )
    folder = Path(folder)
    movies, table = _EXPERIMENTS[name]()
    paths = [folder / file for file in movies]
    listed = folder / ("plate.csv" if name == "doses" else "experiment.csv")
    if not overwrite:
        require_free([*paths, *([] if table is None else [listed])])
    for path, movie in zip(paths, movies.values(), strict=True):
        write_movie_tiff(movie, path, progress=progress)
    if table is not None:
        with atomic_path(listed) as temporary:
            table.to_csv(temporary, index=False)
        paths.append(listed)
    return paths


def effect(dose_um: float) -> float:
    """Return the fraction of speed and divisions that is left at a dose."""
    return LEAST_EFFECT + (1 - LEAST_EFFECT) / (1 + dose_um / EC50_UM)


def _speed() -> Experiment:
    movies, rows = {}, []
    for condition, step in (("control", 4.0), ("drug", 2.0)):
        for replicate in (1, 2, 3):
            rng = np.random.default_rng([replicate, round(step)])
            step_px = step * (1 + 0.05 * rng.normal())
            culture = Culture(rng, size_px=192, n_cells=8, step_px=step_px, divisions_per_frame=0.0)
            movies[f"{condition}_{replicate}.tif"] = _movie(_frames(culture, 12), _TEN_MINUTES)
            rows.append((f"results/{condition}_{replicate}", condition, replicate))
    return movies, pd.DataFrame(rows, columns=_COLUMNS)


def _protrusions() -> Experiment:
    movies, rows = {}, []
    for condition, number, length_um in (("control", 1.0, 20.0), ("drug", 4.0, 40.0)):
        for replicate in (1, 2):
            config = SimulationConfig(
                n_frames=6,
                size_px=224,
                n_cells=3,
                protrusions_per_cell=number,
                protrusion_length_um=length_um,
                division_rate_per_h=0.0,
                fibres=0.0,
                debris_per_mm2=0.0,
                seed=10 * replicate + 4,
            )
            movies[f"{condition}_{replicate}.tif"] = simulate(config).movie
            rows.append((f"results/{condition}_{replicate}", condition, replicate))
    return movies, pd.DataFrame(rows, columns=_COLUMNS)


def _growth() -> Experiment:
    culture = Culture(
        np.random.default_rng(2), size_px=256, n_cells=12, step_px=1.5, divisions_per_frame=0.04
    )
    return {"growth.tif": _movie(_frames(culture, 24), _HALF_HOURLY)}, None


def _wound() -> Experiment:
    masks = closing_wound(np.random.default_rng(1), 240, 14, width_px=120, front_px_per_frame=1.5)
    return {"wound.tif": _movie(masks, _HALF_HOURLY)}, None


def _doses() -> Experiment:
    movies, rows = {}, []
    for replicate, row in enumerate("AB", start=1):
        for column, dose in enumerate(DOSES_UM, start=1):
            rng = np.random.default_rng([column - 1, replicate])
            left = effect(dose) * (1 + 0.05 * rng.normal())
            culture = Culture(rng, size_px=192, n_cells=10, step_px=3 * left, divisions_per_frame=0.02 * left)
            movies[f"{row}{column:02d}.tif"] = _movie(_frames(culture, 10), _HALF_HOURLY)
            rows.append((f"{row}{column:02d}", "drug", dose, replicate))
    return movies, pd.DataFrame(rows, columns=["well", "compound", "dose_uM", "replicate"])


def _debris() -> Experiment:
    culture = Culture(np.random.default_rng(4), size_px=192, n_cells=7, step_px=2.0, divisions_per_frame=0.0)
    culture.places[0] = (20.0, 20.0)

    def masks() -> Iterable[NDArray[np.bool_]]:
        for mask in _frames(culture, 8):
            culture.places[0] = (20.0, 20.0)
            yield mask

    return {"movie.tif": _movie(masks(), _HALF_HOURLY)}, None


def _frames(culture: Culture, n_frames: int) -> Iterable[NDArray[np.bool_]]:
    for _ in range(n_frames):
        yield culture.mask()
        culture.step()


def _movie(masks: Iterable[NDArray[np.bool_]], calibration: Calibration) -> Movie:
    frames = np.stack([faint_phase_contrast(mask, seed=index) for index, mask in enumerate(masks)])
    return Movie(ArraySource(frames), calibration=calibration, name="simulated")


_EXPERIMENTS: dict[str, Callable[[], Experiment]] = {
    "speed": _speed,
    "growth": _growth,
    "wound": _wound,
    "protrusions": _protrusions,
    "doses": _doses,
    "debris": _debris,
}
