"""How cells migrate: persistent random walk, correlations in time, chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.msd import msd_fit_plot
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import number, share

_FEWEST_TRACKS = 3
"""Lags that fewer tracks reach are not drawn."""


def migration_section(inputs: ReportInputs) -> Section:
    """Return the walk that fits all tracks, its correlations, and the measures of single paths."""
    n_lags = len(inputs.tables["migration_lags"])
    if not n_lags:
        return Section(
            "migration",
            "Migration",
            "No cell was followed over two frames or more: there is no migration to show.",
        )
    return Section("migration", "Migration", _intro(inputs), (*_over_lags(inputs), *_of_tracks(inputs)))


def _intro(inputs: ReportInputs) -> str:
    def value(name: str) -> float:
        return float(inputs.column("migration_movie", name).iloc[0])

    def fitted(name: str) -> str:
        unit = inputs.unit("migration_movie", name)
        return (
            f"{number(value(name), unit)} ({number(value(name + '_low'))} to {number(value(name + '_high'))})"
        )

    words = ["All tracks together, the motion that they share and the error of positions taken out"]
    if np.isfinite(value("persistent_speed")):
        words[0] += f", are a persistent random walk of speed {fitted('persistent_speed')}"
        if np.isfinite(value("persistence")):
            words[0] += f" and persistence {fitted('persistence')}, each with its 95 % interval over tracks"
    else:
        words[0] += ": too few, or without a persistence that the frame interval shows"
    if np.isfinite(value("position_error")):
        words.append(
            f"Positions are off by {number(value('position_error'), inputs.unit('migration_movie', 'position_error'))}"
        )
    if np.isfinite(value("msd_exponent")):
        words.append(f"The MSD grows with time to the power {fitted('msd_exponent')}")
    if np.isfinite(value("drift_p")):
        together = "go" if value("drift_p") < 0.05 else "do not go"
        words.append(f"Cells as a whole {together} somewhere (Hotelling's p = {value('drift_p'):.2g})")
    return ". ".join(words) + "."


def _over_lags(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    seen = inputs.column("migration_lags", "n_tracks").to_numpy(np.int64)
    shown = seen >= min(_FEWEST_TRACKS, int(seen.max()))

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
            ),
            caption,
        )
        for name, title, label, caption in (
            (
                "velocity_correlation",
                "Velocity autocorrelation",
                "correlation",
                "How alike a cell's velocity is to its own some time later. The error of positions takes from the "
                "first lag; the band is the 95 % one over tracks.",
            ),
            (
                "direction_correlation",
                "Direction autocorrelation",
                "mean cosine",
                "The same of the direction alone: 1 straight on, 0 forgotten, below 0 back.",
            ),
        )
    ]
    return (
        Figure(
            "MSD of all cells",
            msd_fit_plot(
                time,
                of("msd"),
                (of("msd_low"), of("msd_high")),
                of("msd_fit"),
                lag_label=f"time lag ({scale.unit})",
                unit=inputs.unit("migration_lags", "msd"),
            ),
            "Mean over all tracks with its 95 % band over tracks; dashed, the persistent random walk, which was fitted "
            "to the displacements and not to this curve.",
            "Too few lags.",
        ),
        *correlations,
    )


def _of_tracks(inputs: ReportInputs) -> tuple[Figure, ...]:
    p = inputs.column("migration", "random_walk_p").dropna()
    chance = (
        f"{share(float((p < 0.05).mean()))} of tracks get farther than 95 % of random walks of the same steps would."
        if len(p)
        else ""
    )
    rows = (
        (
            "persistence",
            "Persistence time of tracks",
            "persistence time",
            (0.0, np.inf),
            "One value a track, where it can be told.",
        ),
        (
            "hurst",
            "Hurst exponent of tracks",
            "Hurst exponent",
            (0.0, 1.0),
            "0.5 for a random walk, towards 1 for a straight path.",
        ),
        (
            "meandering_index",
            "Meandering index",
            "displacement / path · √steps",
            (0.0, np.inf),
            f"About 1 for a random walk, however long the track. {chance}",
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
