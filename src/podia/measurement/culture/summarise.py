"""Table of a culture: growth, divisions and wound closure of a movie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.culture_tables import CULTURE
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.measurement.culture.divisions import division_rate, generation_time
from podia.measurement.culture.growth import Growth, growth
from podia.measurement.culture.wound import Cover, Wound, find_wound


@dataclass(frozen=True)
class CultureTables:
    """The table CULTURE and the columns of FRAMES that it is based on, in px and frames."""

    movie: pd.DataFrame
    by_frame: pd.DataFrame


def summarise_culture(
    frames: pd.DataFrame,
    cells: pd.DataFrame,
    tracks: pd.DataFrame,
    lineage: Lineage,
    covers: Sequence[Cover],
    drift: Drift,
) -> CultureTables:
    """Return the measures of the culture; without a cell, CULTURE has no row.

    Parameters
    ----------
    frames
        ``n_cells``, ``confluence`` and ``n_pixels`` of each frame.
    cells, tracks
        The tables, in px and frames.
    lineage
        Divisions.
    covers
        Covered share of each row and of each column, per frame; empty if only positions are known.
    drift
        Drift of the field.
    """
    if not len(cells):
        return CultureTables(CULTURE.empty(), _empty_frames(len(frames)))
    time = np.arange(len(frames), dtype=np.float64)
    n_cells = frames["n_cells"].to_numpy(np.float64)
    covered = (frames["confluence"] * frames["n_pixels"]).to_numpy(np.float64)
    wound = _wound(cells, covers, drift)
    undefined = np.full(len(frames), np.nan)
    by_frame = pd.DataFrame(
        {
            "n_divisions": _divisions_by_frame(lineage, tracks, len(frames)),
            "covered_area": covered,
            "wound_area": undefined if wound is None else wound.area,
            "wound_width": undefined if wound is None else wound.width,
        }
    )
    divisions, generation = division_rate(tracks, lineage), generation_time(tracks, lineage)
    row: dict[str, Any] = {
        "n_cells_first": frames["n_cells"].dropna().iloc[0],
        "n_cells_last": frames["n_cells"].dropna().iloc[-1],
        **_growth_columns("", growth(time, n_cells, n_cells)),
        **_growth_columns("area_", growth(time, covered, n_cells)),
        "n_divisions": divisions.n_divisions,
        "cell_time": divisions.observed,
        "division_rate": divisions.rate,
        "division_rate_low": divisions.low,
        "division_rate_high": divisions.high,
        "n_generations": generation.n_whole,
        "generation_time_median": generation.median,
        "generation_time_median_low": generation.low,
        "generation_time_median_high": generation.high,
        **_wound_columns(wound),
    }
    return CultureTables(pd.DataFrame([row], columns=CULTURE.base_names), by_frame)


_CELLS_ACROSS = 15
"""Assumed cells across a field whose sheet is one region; a wound is then at least a fifth of the field wide."""


def _empty_frames(n_frames: int) -> pd.DataFrame:
    undefined = np.full(n_frames, np.nan)
    return pd.DataFrame(
        {
            "n_divisions": np.zeros(n_frames, np.int64),
            "covered_area": np.zeros(n_frames),
            "wound_area": undefined,
            "wound_width": undefined,
        }
    )


def _wound(cells: pd.DataFrame, covers: Sequence[Cover], drift: Drift) -> Wound | None:
    if not covers or cells.empty:
        return None
    n_rows, n_columns = (len(profile) for profile in covers[0])
    width = _cell_width(cells["area"].to_numpy(np.float64), min(n_rows, n_columns))
    return find_wound(covers, (n_columns, n_rows), drift.shifts, width)


def _cell_width(areas: NDArray[np.float64], field_px: int) -> float:
    """Return the median diameter of cells; :data:`_CELLS_ACROSS` per field if most of the cover is one sheet.

    Regions wider than a quarter of the field are cells that the segmentation could not tell apart.
    """
    is_sheet = areas > math.pi / 4 * (field_px / 4) ** 2
    if areas[is_sheet].sum() > areas.sum() / 2:
        return field_px / _CELLS_ACROSS
    return math.sqrt(4 * float(np.median(areas)) / math.pi)


def _divisions_by_frame(lineage: Lineage, tracks: pd.DataFrame, n_frames: int) -> NDArray[np.int64]:
    first = dict(zip(tracks["track_id"], tracks["first_frame"], strict=True))
    births = [min(first[child] for child in children) for children in lineage.daughters().values()]
    return np.bincount(np.array(births, dtype=np.int64), minlength=n_frames).astype(np.int64)


def _growth_columns(prefix: str, found: Growth) -> dict[str, Any]:
    doubling, low, high = found.doubling_time
    return {
        f"{prefix}growth_rate": found.trend.slope,
        f"{prefix}growth_rate_low": found.trend.low,
        f"{prefix}growth_rate_high": found.trend.high,
        f"{prefix}doubling_time": doubling,
        f"{prefix}doubling_time_low": low,
        f"{prefix}doubling_time_high": high,
        f"{prefix}growth_curvature_p": found.trend.curvature_p,
        f"{prefix}growth_trend": found.kind,
    }


def _wound_columns(wound: Wound | None) -> dict[str, Any]:
    if wound is None:
        return {"wound_direction": "", "wound_n_fronts": 0}
    closure, speed = wound.closure, wound.front_speed
    return {
        "wound_direction": "horizontal" if wound.axis == 0 else "vertical",
        "wound_n_fronts": wound.n_fronts,
        "wound_closed": wound.closed,
        "wound_half_time": wound.half_time,
        "closure_rate": closure.slope,
        "closure_rate_low": closure.low,
        "closure_rate_high": closure.high,
        "front_speed": speed.slope,
        "front_speed_low": speed.low,
        "front_speed_high": speed.high,
    }
