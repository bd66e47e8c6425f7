"""Protrusions over time: lifetime, growth, retraction and direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.tables import PROTRUSION_EVENTS
from podia.measurement.protrusions.kinship import beginnings_and_ends
from podia.measurement.protrusions.phases import find_phases, flicker, moving_phases, pooled, speed_of

LEADING_DEG, TRAILING_DEG = 60.0, 120.0
"""Limits of leading, lateral and trailing directions, a third each: without preference, they are equally frequent."""
SIGNIFICANT = 3.0
"""Minimum growth, in standard deviations of a length."""


def length_errors(tips: pd.DataFrame) -> NDArray[np.float64]:
    """Return the standard error of the length of each tip, from its fluctuation over time, ``(N,)``, px.

    Columns ``protrusion_id``, ``frame``, ``length_beyond_body``. For short-lived protrusions, it is mostly the typical
    value of the movie; NaN if no protrusion exists in three successive frames.
    """
    ordered = tips.sort_values(["protrusion_id", "frame"])
    _, own = np.unique(ordered["protrusion_id"].to_numpy(), return_inverse=True)
    frames, lengths = ordered["frame"].to_numpy(), ordered["length_beyond_body"].to_numpy()
    noise = pooled(*flicker(frames, lengths, own))
    return np.asarray(pd.Series(noise[own], index=ordered.index).reindex(tips.index), dtype=np.float64)


def protrusion_events(
    tips: pd.DataFrame,
    cells: pd.DataFrame,
    parents: Mapping[int, int],
    *,
    max_distance_px: float,
    min_growth_px: float,
) -> pd.DataFrame:
    """Return one row per protrusion, in pixels and frames, with the columns of PROTRUSION_EVENTS.

    Parameters
    ----------
    tips
        All columns of PROTRUSIONS, and the drift-corrected ``tip_y_stable``, ``tip_x_stable``, ``body_y``, ``body_x``.
    cells
        Columns ``frame``, ``track_id``, ``touches_border``: frames of the cells, and whether they are cut.
    parents
        Daughter track -> mother track.
    max_distance_px
        Maximum displacement of a tip over a division.
    min_growth_px
        Minimum change of length; less counts as rest.
    """
    if not len(tips):
        return PROTRUSION_EVENTS.empty()
    rows = tips.sort_values(["protrusion_id", "frame"], ignore_index=True)
    events = _plain_measures(rows)
    kin = beginnings_and_ends(rows, cells, parents, max_distance_px=max_distance_px)
    events = events.join(kin).join(_growth(rows, min_growth_px)).reset_index()
    return events.assign(
        born_in_movie=events["begins_by"].isin(["birth", "split"]),
        died_in_movie=events["ends_by"].isin(["death", "merge"]),
    )


def _plain_measures(rows: pd.DataFrame) -> pd.DataFrame:
    reach = np.hypot(rows["tip_y"] - rows["base_y"], rows["tip_x"] - rows["base_x"])
    base = np.degrees(np.arctan2(rows["body_y"] - rows["base_y"], rows["base_x"] - rows["body_x"]))
    rows = rows.assign(
        straightness=(reach / rows["length_beyond_body"])
        .where(rows["length_beyond_body"] > 0)
        .clip(upper=1.0)
    )
    by_id = rows.groupby("protrusion_id")
    events = by_id.agg(
        track_id=("track_id", "first"),
        first_frame=("frame", "min"),
        last_frame=("frame", "max"),
        n_frames=("frame", "size"),
        base_y=("base_y", "first"),
        base_x=("base_x", "first"),
        length_max=("length_beyond_body", "max"),
        length_mean=("length_beyond_body", "mean"),
        length_error=("length_error", "first"),
        straightness=("straightness", "mean"),
    )
    to_migration = _circular_mean(rows["angle_to_migration"], rows["protrusion_id"])
    return events.assign(
        lifetime=(events["last_frame"] - events["first_frame"] + 1).astype(np.float64),
        angle_mean=_circular_mean(rows["angle"], rows["protrusion_id"]),
        base_angle=_circular_mean(base, rows["protrusion_id"]),
        angle_to_migration=to_migration,
        side=side_of(to_migration.to_numpy(np.float64)),
    )


def side_of(angles_deg: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return leading, lateral or trailing, by the angle to the migration direction; empty if undefined."""
    away = np.abs(angles_deg)
    conditions = [away <= LEADING_DEG, away >= TRAILING_DEG, np.isfinite(away)]
    return np.select(conditions, ["leading", "trailing", "lateral"], default="").astype(object)


def _circular_mean(angles_deg: pd.Series, ids: pd.Series) -> pd.Series:
    """Return the circular mean of directions per protrusion, in degrees; NaN if there are none."""
    angles = np.radians(angles_deg)
    sums = pd.DataFrame({"along": np.cos(angles), "across": np.sin(angles)}).groupby(ids).sum(min_count=1)
    return np.degrees(np.arctan2(sums["across"], sums["along"]))


def _growth(rows: pd.DataFrame, min_growth_px: float) -> pd.DataFrame:
    """Return speeds, times and persistence of growth, indexed by protrusion."""
    found = {}
    all_frames, all_lengths = rows["frame"].to_numpy(), rows["length_beyond_body"].to_numpy()
    all_noise = np.nan_to_num(rows["length_error"].to_numpy())
    for protrusion, where in rows.groupby("protrusion_id").indices.items():
        frames, lengths = all_frames[where], all_lengths[where]
        noise = float(all_noise[where[0]])
        phases = find_phases(frames, lengths, noise)
        least = max(min_growth_px, SIGNIFICANT * noise)
        growing = moving_phases(phases, least, sign=1)
        shrinking = moving_phases(phases, least, sign=-1)
        found[protrusion] = (
            speed_of(growing),
            speed_of(shrinking),
            float(sum(phase.duration for phase in growing)),
            float(sum(phase.duration for phase in shrinking)),
            _growth_persistence(lengths),
        )
    names = ["extension_speed", "retraction_speed", "extension_time", "retraction_time", "growth_persistence"]
    return pd.DataFrame.from_dict(found, orient="index", columns=names)


def _growth_persistence(lengths: NDArray[np.float64]) -> float:
    """Return net growth divided by the sum of absolute changes, from the first frame to the maximum length."""
    steps = np.diff(lengths[: int(lengths.argmax()) + 1])
    path = np.abs(steps).sum()
    return float(steps.sum() / path) if path > 0 else np.nan
