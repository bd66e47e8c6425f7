"""Section of the report on the motion of the cell edge."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from podia.data.edge_tables import KYMOGRAPHS
from podia.reporting.charts.histogram import compared_histograms
from podia.reporting.charts.kymograph import kymograph_plot
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, quartiles_by_frame, time_scale
from podia.reporting.wording import count, number, share

_KYMOGRAPHS = 3
_MIN_FRAMES = 3
"""Frames that a track needs for a kymograph."""
_COLOURS_REACH = 98
"""Percentile of the speeds of the drawn kymographs at which their colours end."""


def edge_section(inputs: ReportInputs) -> Section:
    """Return fraction and speed of protruding edge, edge events, correlations, and kymographs."""
    velocity = inputs.column("edges", "edge_velocity_mean")
    if not velocity.notna().any():
        return Section(
            "edge",
            "Cell edge",
            "No cell was tracked over two frames or more, so edge motion is not measured.",
        )
    events = inputs.column("edge_events", "event")
    out, back = (inputs.column("edges", name).mean() for name in ("protruding_share", "retracting_share"))
    intro = (
        f"On average, {share(out)} of the cell edge protrudes and {share(back)} retracts from frame to frame, by more "
        f"than the detection limit. There are {count(int((events == 'protrusion').sum()), 'protrusion event')} and "
        f"{count(int((events == 'retraction').sum()), 'retraction event')}. "
        f"Edges that the frame cuts are not included."
    )
    return Section(
        "edge",
        "Cell edge",
        intro,
        (*_over_time(inputs), *_events(inputs), _correlation(inputs), *_kymographs(inputs)),
    )


def _over_time(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    n_frames = inputs.movie.n_frames

    def medians(name: str) -> NDArray[np.float64]:
        frames = inputs.column("edges", "frame").to_numpy(np.int64)
        values = inputs.column("edges", name).to_numpy(np.float64)
        return np.asarray(quartiles_by_frame(frames, values, n_frames)[1])

    return (
        Figure(
            "Protruding and retracting edge",
            series(
                scale.times(n_frames),
                {
                    "protruding": 100 * medians("protruding_share"),
                    "retracting": 100 * medians("retracting_share"),
                },
                time_label=scale.label,
                label="fraction of the edge (%)",
                from_zero=True,
                whole=(scale.is_whole, False),
            ),
            "Median over cells in each frame; the rest of the edge does not move.",
        ),
        Figure(
            "Speed of the edge",
            series(
                scale.times(n_frames),
                {"protruding": medians("protrusion_velocity"), "retracting": -medians("retraction_velocity")},
                time_label=scale.label,
                label=f"speed ({inputs.unit('edges', 'protrusion_velocity')})",
                from_zero=True,
                whole=(scale.is_whole, False),
            ),
            "Mean speed along the normal of the protruding and of the retracting edge, median over cells.",
        ),
    )


def _events(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    kind = inputs.column("edge_events", "event")
    whole = inputs.column("edge_events", "is_whole").to_numpy(bool)
    lifetime = inputs.column("edge_events", "lifetime").to_numpy(np.float64)
    times = scale.from_table(lifetime, inputs.calibration)
    area = inputs.column("edge_events", "area_gained").abs().to_numpy(np.float64)
    groups = {name: ((kind == name).to_numpy(bool) & whole) for name in ("protrusion", "retraction")}
    return tuple(
        Figure(
            title,
            compared_histograms(
                {name: values[own] for name, own in groups.items()}, label=label, unit=unit, counted="events"
            ),
            caption,
            "No event starts and ends within a track.",
        )
        for title, values, label, unit, caption in (
            (
                "Lifetime of edge events",
                times,
                "lifetime",
                scale.unit,
                "Duration of protrusion or retraction of a part of the edge, without events cut by the "
                "start or end of a track.",
            ),
            (
                "Size of edge events",
                area,
                "area",
                inputs.unit("edge_events", "area_gained"),
                "Area gained or lost by this part of the edge.",
            ),
        )
    )


def _correlation(inputs: ReportInputs) -> Figure:
    scale = time_scale(inputs)
    table = pd.DataFrame(
        {
            name: inputs.column("edge_correlation", name)
            for name in ("lag", "n_pairs", "velocity_autocorrelation", "velocity_intensity_correlation")
        }
    )
    # Where few tracks are left, the mean follows these few.
    tracks = table.groupby("lag")["n_pairs"].size()
    enough = tracks.index[tracks >= max(1, 0.2 * (tracks.max() if len(tracks) else 0))]
    table = table[table["lag"].isin(enough)]
    lags = np.sort(table["lag"].unique())
    plot: Markup | None = None
    if len(lags) > 1:
        lines = {
            "velocity": _weighted_by_lag(table, "velocity_autocorrelation"),
            "intensity": _weighted_by_lag(table, "velocity_intensity_correlation"),
        }
        plot = series(
            lags * scale.per_frame,
            lines,
            time_label=scale.label.replace("time", "lag") if "time" in scale.label else "lag (frames)",
            label="correlation with edge velocity",
            whole=(scale.is_whole, False),
        )
    return Figure(
        "Correlations of the edge",
        plot,
        "Correlation of the edge velocity with itself and with the intensity inside the edge at a later time; weighted "
        "mean over tracks.",
        "No cell was tracked over five frames or more.",
    )


def _weighted_by_lag(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    weights = table["n_pairs"].where(table[name].notna(), 0)
    sums = (table[name].fillna(0) * weights).groupby(table["lag"]).sum()
    total = weights.groupby(table["lag"]).sum()
    return np.asarray(sums / total.where(total > 0), dtype=np.float64)


def _kymographs(inputs: ReportInputs) -> tuple[Figure, ...]:
    """Return the kymographs of the longest tracks, uncut cells first."""
    kymographs = inputs.kymographs
    if kymographs is None:
        return ()
    name = KYMOGRAPHS.name_of("velocity", inputs.calibration)
    unit = inputs.unit("edges", "edge_velocity_mean")
    scale = time_scale(inputs)
    by_track = pd.DataFrame(
        {n: inputs.column("edges", n) for n in ("track_id", "cut_share", "protruding_share")}
    ).groupby("track_id")
    tracks = by_track.agg(
        frames=("cut_share", "size"), cut=("cut_share", "mean"), moving=("protruding_share", "mean")
    )
    tracks = tracks[tracks["frames"] >= _MIN_FRAMES].assign(is_cut=tracks["cut"] > 0)
    best = tracks.sort_values(["is_cut", "frames", "moving"], ascending=[True, False, False], kind="stable")
    shown = sorted(int(track) for track in best.index[:_KYMOGRAPHS])
    rows = {track: kymographs.of_track(track, name) for track in shown}
    speeds = np.concatenate([np.abs(velocity).ravel() for _, velocity in rows.values()] or [np.empty(0)])
    speeds = speeds[np.isfinite(speeds)]
    most = float(np.percentile(speeds, _COLOURS_REACH)) if len(speeds) else 0.0
    if most <= 0:
        return ()
    figures = []
    for track, (frames, velocity) in rows.items():
        dense = np.full((int(frames[-1] - frames[0]) + 1, velocity.shape[1]), np.nan)
        dense[frames - frames[0]] = velocity
        ends = float(frames[0]) * scale.per_frame, float(frames[-1]) * scale.per_frame
        words = f"Kymograph of track {track}"
        figures.append(
            Figure(
                words,
                kymograph_plot(dense, ends, most, title=words, time_label=scale.label, unit=unit),
                f"Edge velocity: red protrudes, blue retracts, up to {number(most, unit)}. Positions run around the "
                f"cell and move with its edge; grey: no data.",
            )
        )
    return tuple(figures)
