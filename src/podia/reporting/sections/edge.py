"""How the edge of cells moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from podia.data.tables import KYMOGRAPHS
from podia.reporting.charts.histogram import compared_histograms
from podia.reporting.charts.kymograph import kymograph_plot
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, quartiles_by_frame, time_scale
from podia.reporting.wording import count, number, share

_KYMOGRAPHS = 3
_FEWEST_FRAMES = 3
"""Frames of a track that make a kymograph worth a look."""
_COLOURS_REACH = 98
"""Percentile of the speeds of a movie at which the colours of its kymographs end."""


def edge_section(inputs: ReportInputs) -> Section:
    """Return shares and speeds of protruding edge, its events, its correlations, and kymographs."""
    velocity = inputs.column("edges", "edge_velocity_mean")
    if not velocity.notna().any():
        return Section("edge", "Cell edge", "No cell was followed over two frames or more: no edge moves.")
    events = inputs.column("edge_events", "event")
    out, back = (inputs.column("edges", name).mean() for name in ("protruding_share", "retracting_share"))
    intro = (
        f"On average {share(out)} of a cell's edge protrudes from frame to frame and {share(back)} retracts, by more "
        f"than the accuracy of an outline. Stretches of edge do so in "
        f"{count(int((events == 'protrusion').sum()), 'protrusion')} and "
        f"{count(int((events == 'retraction').sum()), 'retraction')}. "
        f"All numbers are of edges that the frame does not cut."
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
                label="share of the edge (%)",
                from_zero=True,
            ),
            "Median over cells in each frame. What is missing to 100 % rests.",
        ),
        Figure(
            "Speed of the edge",
            series(
                scale.times(n_frames),
                {"protruding": medians("protrusion_velocity"), "retracting": -medians("retraction_velocity")},
                time_label=scale.label,
                label=f"speed ({inputs.unit('edges', 'protrusion_velocity')})",
                from_zero=True,
            ),
            "Mean speed along the normals of the edge that protrudes and of the edge that retracts, median over cells.",
        ),
    )


def _events(inputs: ReportInputs) -> tuple[Figure, ...]:
    scale = time_scale(inputs)
    kind = inputs.column("edge_events", "event")
    whole = inputs.column("edge_events", "is_whole").to_numpy(bool)
    duration = inputs.column("edge_events", "duration").to_numpy(np.float64)
    times = scale.from_table(duration, inputs.calibration)
    area = inputs.column("edge_events", "area").abs().to_numpy(np.float64)
    groups = {name: ((kind == name).to_numpy(bool) & whole) for name in ("protrusion", "retraction")}
    return tuple(
        Figure(
            title,
            compared_histograms(
                {name: values[own] for name, own in groups.items()}, label=label, unit=unit, counted="events"
            ),
            caption,
            "No event begins and ends while its cell is seen.",
        )
        for title, values, label, unit, caption in (
            (
                "Duration of edge events",
                times,
                "duration",
                scale.unit,
                "How long a stretch of edge goes one way. Those cut by the start or end of a track are left out.",
            ),
            (
                "Size of edge events",
                area,
                "area",
                inputs.unit("edge_events", "area"),
                "Area that such a stretch gains or loses.",
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
    # Where few tracks are left, the mean follows these few and says nothing of the rest.
    tracks = table.groupby("lag")["n_pairs"].size()
    enough = tracks.index[tracks >= max(1, 0.2 * (tracks.max() if len(tracks) else 0))]
    table = table[table["lag"].isin(enough)]
    lags = np.sort(table["lag"].unique())
    plot: Markup | None = None
    if len(lags) > 1:
        lines = {
            "velocity": _weighted_by_lag(table, "velocity_autocorrelation"),
            "grey value": _weighted_by_lag(table, "velocity_intensity_correlation"),
        }
        plot = series(
            lags * scale.per_frame,
            lines,
            time_label=scale.label.replace("time", "lag") if "time" in scale.label else "lag (frames)",
            label="correlation with the edge's velocity",
        )
    return Figure(
        "Correlations of the edge",
        plot,
        "The edge's velocity against itself, and against the grey value in the band under it, some time later; mean "
        "over tracks, weighted by what each rests on.",
        "No cell was followed over five frames or more.",
    )


def _weighted_by_lag(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    weights = table["n_pairs"].where(table[name].notna(), 0)
    sums = (table[name].fillna(0) * weights).groupby(table["lag"]).sum()
    total = weights.groupby(table["lag"]).sum()
    return np.asarray(sums / total.where(total > 0), dtype=np.float64)


def _kymographs(inputs: ReportInputs) -> tuple[Figure, ...]:
    """Return the kymographs of the tracks that are seen longest, whole cells first."""
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
    tracks = tracks[tracks["frames"] >= _FEWEST_FRAMES].assign(is_cut=tracks["cut"] > 0)
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
                f"Velocity of its edge: red goes out, blue comes back, up to {number(most, unit)}. Positions run "
                f"around the cell and move with its edge; grey is not known.",
            )
        )
    return tuple(figures)
