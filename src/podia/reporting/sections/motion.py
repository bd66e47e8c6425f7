"""Section of the report on tracks and speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.msd import msd_plot
from podia.reporting.charts.polar import rose
from podia.reporting.charts.series import series
from podia.reporting.charts.shares import shares
from podia.reporting.config import ReportConfig
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, quartiles_by_frame, time_scale
from podia.reporting.wording import count, number

_ENDS = {
    "movie_end": "end of movie",
    "division": "division",
    "merge": "merge",
    "border": "leaves the field",
    "lost": "lost in the field",
}


def motion_section(inputs: ReportInputs, config: ReportConfig) -> Section:
    """Return rose plot, MSD, speeds, directionality and how tracks end."""
    n_moving = int(inputs.column("tracks", "mean_speed").notna().sum())
    if inputs.movie.n_frames == 1:
        return Section("motion", "Motion", "The movie has one frame, so motion is not measured.")
    if not n_moving:
        return Section(
            "motion", "Motion", "No cell was tracked over two frames or more, so motion is not measured."
        )
    median = inputs.column("tracks", "directionality_ratio").median()
    intro = (
        f"{count(n_moving, 'track')} of two frames or more, measured on cell centroids after drift correction. "
        f"Median directionality {number(median, digits=2)} (1 is a straight path)."
    )
    return Section(
        "motion",
        "Motion",
        intro,
        (
            _paths(inputs, config),
            Figure(
                "Mean squared displacement of tracks",
                _msd(inputs, config),
                "Mean squared displacement of single tracks over time lag. The bold line is the median over tracks. "
                "Slope 1 is random motion, steeper is directed, flatter is confined.",
                "There are too few long tracks.",
            ),
            *_speeds(inputs),
            Figure(
                "Directionality",
                histogram(
                    inputs.column("tracks", "directionality_ratio"),
                    label="displacement / path length",
                    unit="",
                    counted="tracks",
                    limits=(0.0, 1.0),
                ),
                "Displacement over path length: 1 for a straight path, near 0 for one that returns. Short tracks tend "
                "to be straighter.",
            ),
            Figure(
                "How tracks end",
                _ends(inputs),
                "'Lost in the field': the cell was still there but was not detected or linked.",
            ),
        ),
    )


def _paths(inputs: ReportInputs, config: ReportConfig) -> Figure:
    cells = pd.DataFrame(
        {name: inputs.column("cells", name) for name in ("track_id", "frame", "y_stable", "x_stable")}
    ).sort_values(["track_id", "frame"])
    paths = {
        int(track): rows[["y_stable", "x_stable"]].to_numpy(np.float64)
        for track, rows in cells.groupby("track_id")
    }
    paths = {track: path for track, path in paths.items() if len(path) > 1 and np.isfinite(path).all()}
    shown = _sample(sorted(paths), config.max_tracks_drawn)
    drawn = f" {len(shown)} of {len(paths):,} tracks are drawn." if len(shown) < len(paths) else ""
    return Figure(
        "Paths from a common start",
        rose({track: paths[track] for track in shown}, unit=inputs.unit("cells", "x_stable")),
        f"All tracks start at the centre; dots mark their ends. Up is up in the movie.{drawn}",
    )


def _msd(inputs: ReportInputs, config: ReportConfig) -> Markup | None:
    scale = time_scale(inputs)
    lag_time = inputs.column("msd", "lag_time").to_numpy(np.float64)
    table = pd.DataFrame(
        {
            "track_id": inputs.column("msd", "track_id").to_numpy(np.int64),
            "lag": inputs.column("msd", "lag").to_numpy(np.int64),
            "time": scale.from_table(lag_time, inputs.calibration),
            "msd": inputs.column("msd", "msd").to_numpy(np.float64),
        }
    ).dropna()
    if not len(table):
        return None
    by_lag = table.groupby("lag").agg(time=("time", "first"), msd=("msd", "median"), n=("msd", "size"))
    # Where few tracks are left, the median follows these few.
    enough = by_lag[by_lag["n"] >= max(3, 0.2 * by_lag["n"].max())] if by_lag["n"].max() >= 3 else by_lag
    shown = set(_sample(sorted(int(t) for t in table["track_id"].unique()), config.max_tracks_drawn))
    curves = {
        int(track): rows.sort_values("lag")[["time", "msd"]].to_numpy(np.float64)
        for track, rows in table.groupby("track_id")
        if int(track) in shown
    }
    return msd_plot(
        curves,
        enough[["time", "msd"]].to_numpy(np.float64),
        lag_label=f"time lag ({scale.unit})",
        unit=inputs.unit("msd", "msd"),
    )


def _speeds(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    unit = inputs.unit("cells", "speed")
    frames = inputs.column("cells", "frame").to_numpy(np.int64)
    speed: NDArray[np.float64] = inputs.column("cells", "speed").to_numpy(np.float64)
    low, median, high = quartiles_by_frame(frames, speed, inputs.movie.n_frames)
    return (
        Figure(
            "Speed of tracks",
            histogram(
                inputs.column("tracks", "mean_speed"),
                label="mean speed",
                unit=unit,
                counted="tracks",
                limits=(0.0, np.inf),
            ),
            "Path length over duration, one value per track. It increases with segmentation noise and with shorter "
            "frame intervals.",
        ),
        Figure(
            "Speed over time",
            series(
                scale.times(inputs.movie.n_frames),
                {"median": median},
                band=(low, high),
                time_label=scale.label,
                label=f"speed ({unit})",
                from_zero=True,
                whole=(scale.is_whole, False),
            ),
            "Median over cells in each frame; the band is the interquartile range.",
        ),
    )


def _ends(inputs: ReportInputs) -> Markup | None:
    counts = inputs.column("tracks", "ends_by").value_counts()
    named = {words: int(counts.get(name, 0)) for name, words in _ENDS.items()}
    return shares({w: n for w, n in named.items() if n or w != "merge"}, description="How tracks end")


def _sample(tracks: list[int], most: int) -> list[int]:
    """Return at most `most` of `tracks`, evenly spread, so that early and late tracks are both shown."""
    if len(tracks) <= most:
        return tracks
    return [tracks[int(index)] for index in np.linspace(0, len(tracks) - 1, most).round()]
