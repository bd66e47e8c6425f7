"""Section of the report on migration: persistent random walk, common direction, correlations in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.msd import msd_fit_plot
from podia.reporting.charts.polar import direction_histogram
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import direction_in_words, number, share

_SIGNIFICANT = 0.05
_MIN_TRACKS = 3
"""Lags reached by fewer tracks are not drawn."""


def migration_section(inputs: ReportInputs) -> Section:
    """Return the persistent random walk of all tracks, their correlations and the measures of single paths."""
    if not len(inputs.tables["migration_lags"]) or not len(inputs.tables["migration_movie"]):
        return Section(
            "migration",
            "Migration",
            "No cell was tracked over two frames or more, so migration is not measured.",
        )
    figures = (_net_directions(inputs), *_over_lags(inputs), *_of_tracks(inputs))
    return Section("migration", "Migration", _intro(inputs), figures)


def _intro(inputs: ReportInputs) -> str:
    def value(name: str) -> float:
        return float(inputs.column("migration_movie", name).iloc[0])

    def fitted(name: str, level: str = "") -> str:
        low, high = number(value(f"{name}_low")), number(value(f"{name}_high"))
        return f"{number(value(name), inputs.unit('migration_movie', name))} ({level}{low}\u2013{high})"

    if np.isfinite(value("persistent_speed")):
        walk = (
            "After removing shared motion and localisation error, cells move as a persistent random walk: "
            f"speed {fitted('persistent_speed', '95 % CI ')}"
        )
        if np.isfinite(value("persistence")):
            walk += f", persistence {fitted('persistence')}"
    else:
        walk = (
            "A persistent random walk could not be fitted: there are too few long tracks, or the frame interval is "
            "too long to resolve persistence"
        )
    sentences = [walk]
    if np.isfinite(value("position_error")):
        error = number(value("position_error"), inputs.unit("migration_movie", "position_error"))
        sentences.append(f"The localisation error is {error}")
    if np.isfinite(value("msd_exponent")):
        sentences.append(f"The MSD exponent is {fitted('msd_exponent')}; 1 is random, 2 straight")
    if np.isfinite(value("shared_velocity_p")):
        sentences.append(_common_direction(inputs, value))
    return ". ".join(sentences) + "."


def _common_direction(inputs: ReportInputs, value: Callable[[str], float]) -> str:
    p = number(value("shared_velocity_p"), digits=2)
    if value("shared_velocity_p") >= _SIGNIFICANT:
        return f"Cells have no common direction (p = {p}, Hotelling's test)"
    down, right = value("shared_velocity_y"), value("shared_velocity_x")
    speed = number(float(np.hypot(down, right)), inputs.unit("migration_movie", "shared_velocity_y"))
    return f"On average, cells move {direction_in_words(-down, right)} at {speed} (p = {p}, Hotelling's test)"


def _net_directions(inputs: ReportInputs) -> Figure:
    cells = pd.DataFrame(
        {name: inputs.column("cells", name) for name in ("track_id", "frame", "y_stable", "x_stable")}
    ).sort_values(["track_id", "frame"])
    ends = cells.groupby("track_id")[["y_stable", "x_stable"]].agg(["first", "last"])
    up = (ends["y_stable"]["first"] - ends["y_stable"]["last"]).to_numpy(np.float64)
    right = (ends["x_stable"]["last"] - ends["x_stable"]["first"]).to_numpy(np.float64)
    moved = np.hypot(up, right) > 0
    return Figure(
        "Net directions",
        direction_histogram(np.degrees(np.arctan2(up, right))[moved], counted="tracks"),
        "Direction from the first to the last position of each track; the area of a sector is its number of tracks. "
        "Dashed: no preferred direction.",
        "No track has a displacement.",
    )


def _over_lags(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    seen = inputs.column("migration_lags", "n_tracks").to_numpy(np.int64)
    shown = seen >= min(_MIN_TRACKS, int(seen.max()))

    def of(name: str) -> NDArray[np.float64]:
        values = inputs.column("migration_lags", name).to_numpy(np.float64)[shown]
        return np.asarray(values, dtype=np.float64)

    time = scale.from_table(of("lag_time"), inputs.calibration)
    correlations = [
        Figure(
            title,
            series(
                time,
                {name.replace("_", " "): of(name)},
                band=(np.maximum(of(f"{name}_low"), -1.0), np.minimum(of(f"{name}_high"), 1.0)),
                time_label=f"time lag ({scale.unit})",
                label=label,
                from_zero=True,
                whole=(scale.is_whole, False),
            ),
            caption,
        )
        for name, title, label, caption in (
            (
                "velocity_correlation",
                "Velocity autocorrelation",
                "correlation",
                "Correlation of a cell's velocity with its own velocity some time later, with the 95 % band over "
                "tracks. "
                "Localisation error lowers the value at the first lag.",
            ),
            (
                "direction_correlation",
                "Direction autocorrelation",
                "mean cosine",
                "The same for the direction only. 1: keeps direction; 0: no memory; below 0: turns back.",
            ),
        )
    ]
    return (
        Figure(
            "Pooled mean squared displacement",
            msd_fit_plot(
                time,
                of("pooled_msd"),
                (of("pooled_msd_low"), of("pooled_msd_high")),
                of("pooled_msd_fit"),
                lag_label=f"time lag ({scale.unit})",
                unit=inputs.unit("migration_lags", "pooled_msd"),
            ),
            "Mean over all tracks after removing shared motion, with its 95 % band. Dashed: the persistent random "
            "walk, "
            "which was fitted to the displacements, not to this curve.",
            "There are too few time lags.",
        ),
        *correlations,
    )


def _of_tracks(inputs: ReportInputs) -> tuple[Figure, ...]:
    p = inputs.column("migration", "random_walk_p").dropna()
    chance = (
        f"{share(float((p < 0.05).mean()))} of tracks get farther than 95 % of random walks with the same steps."
        if len(p)
        else ""
    )
    rows = (
        (
            "persistence",
            "Persistence time of tracks",
            "persistence time",
            (0.0, np.inf),
            "One value per track, where it can be estimated.",
        ),
        (
            "msd_exponent",
            "MSD exponent of tracks",
            "MSD exponent",
            (0.0, 2.0),
            "1 for a random walk, towards 2 for a straight path.",
        ),
        (
            "meandering_index",
            "Meandering index",
            "displacement / path · √steps",
            (0.0, np.inf),
            f"About 1 for a random walk of any length. {chance}",
        ),
    )
    return tuple(
        Figure(
            title,
            histogram(
                inputs.column("migration", name),
                label=label,
                unit=inputs.unit("migration", name),
                counted="tracks",
                limits=limits,
            ),
            caption,
        )
        for name, title, label, limits, caption in rows
    )
