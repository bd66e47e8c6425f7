"""Simulated phase-contrast movies with complete ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.simulation.config import SimulationConfig
from podia.simulation.masks import SimulatedLabels
from podia.simulation.render import SimulatedFrames
from podia.simulation.scene import build_scene
from podia.simulation.truth import find_truth

_NAME = "simulated"


@dataclass(frozen=True)
class SimulatedMovie:
    """A movie with exact ground truth. Frames are rendered when they are read, and are not stored.

    Parameters
    ----------
    config
        Settings of the simulation.
    movie
        Grey values, 8 or 16 bit.
    labels
        True masks; pixel values are track ids. Each cell is one 4-connected region.
    lineage
        Tracks without gaps: a cell that leaves the field and returns is a new one. Labels are track ids, positions are
        the centroids of the masks. Mothers end in the frame before their daughters start.
    tips
        One row per protrusion and frame: ``frame``, ``track_id``, ``protrusion_id``, ``tip_y``, ``tip_x``,
        ``base_y``, ``base_x``, ``length``, ``length_beyond_body``, ``width_px`` (all px; see
        :func:`podia.simulation.tips.cell_tips` for what they mean) and ``touches_border``: whether the
        frame's edge cuts the cell, so that its mask does not show its body or all of its protrusions.
    stubs
        The same columns for protrusions too short to count: a detection there is neither correct nor false.
    drift
        Exact subpixel displacement of the stage.
    """

    config: SimulationConfig
    movie: Movie
    labels: LabelMovie
    lineage: Lineage
    tips: pd.DataFrame
    stubs: pd.DataFrame
    drift: Drift


def simulate(
    config: SimulationConfig | None = None,
    *,
    settings: Settings | None = None,
    n_frames: int | None = None,
    size_px: int | None = None,
    n_cells: int | None = None,
    seed: int | None = None,
    progress: Progress = silent,
) -> SimulatedMovie:
    """Return a phase-contrast-like movie with exact masks, tracks, divisions, protrusion tips and drift.

    The same configuration gives the same movie, in any order of reading. The cells are simulated here, for all frames
    at once (a few ms per cell and frame); images are rendered when they are read.

    Parameters
    ----------
    config
        Settings of the simulation.
    settings
        In place of `config`: single settings, such as ``{"division_rate_per_h": 0.0}``.
    n_frames, size_px, n_cells, seed
        Override the values of the configuration.
    progress
        Receives the number of simulated frames.

    Raises
    ------
    ConfigurationError
        If a setting is unknown or out of bounds, or the cells do not fit.

    Examples
    --------
    >>> simulated = simulate(n_frames=2, size_px=128, n_cells=1, seed=1)
    >>> simulated.movie.shape
    (2, 128, 128)
    >>> int(simulated.labels.frame(0).max()) in simulated.lineage.track_ids
    True
    """
    arguments = {"n_frames": n_frames, "size_px": size_px, "n_cells": n_cells, "seed": seed}
    keywords = {name: value for name, value in arguments.items() if value is not None}
    config = settle_config(SimulationConfig, config, settings, keywords=keywords)
    scene = build_scene(config, progress=progress)
    truth = find_truth(scene, progress=progress)
    return SimulatedMovie(
        config=config,
        movie=Movie(SimulatedFrames(scene), config.calibration, _NAME),
        labels=LabelMovie(SimulatedLabels(scene, truth.track_ids), config.calibration, _NAME),
        lineage=truth.lineage,
        tips=truth.tips,
        stubs=truth.stubs,
        drift=Drift.from_shifts(scene.shifts),
    )
