"""Tracks that were exchanged are found where they were; tracks that are right, and cells that are alike, are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from podia.corrections.exchanged import exchanges
from podia.corrections.suspects import find_suspects
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

N_FRAMES = 16


def crowd(
    seed: int, *, alike: bool = False, exchanged_at: int | None = None, apart: float = 12.0
) -> pd.DataFrame:
    """Pairs of neighbours that crawl, in pixels; of the first pair, 1 is small and dark, 2 large and bright."""
    rng = np.random.default_rng(seed)
    rows = []
    for frame in range(N_FRAMES):
        for track in range(1, 9):
            kind = (track + 1) % 2 if not alike else 0
            rows.append(
                {
                    "frame": frame,
                    "track_id": track,
                    "y": 20.0 + 80 * ((track - 1) // 2) + frame + rng.normal(0, 0.5),
                    "x": 20.0 + apart * ((track - 1) % 2) + rng.normal(0, 0.5),
                    "area": (150 + 200 * kind) * np.exp(rng.normal(0, 0.08)),
                    "intensity_mean": 100 + 30 * kind + rng.normal(0, 4),
                    "solidity": 0.9 - 0.05 * kind + rng.normal(0, 0.02),
                    "touches_border": False,
                }
            )
    cells = pd.DataFrame(rows)
    if exchanged_at is not None:
        late = (cells["frame"] >= exchanged_at) & cells["track_id"].isin([1, 2])
        cells.loc[late, "track_id"] = 3 - cells.loc[late, "track_id"]
    return cells


@pytest.mark.parametrize("frame", [2, 8, 14])
@pytest.mark.parametrize("seed", range(3))
def test_an_exchange_is_found_in_its_frame(seed: int, frame: int) -> None:
    found = exchanges(crowd(seed, exchanged_at=frame))
    assert [(one.frame, {one.first, one.second}) for one in found] == [(frame, {1, 2})]


@pytest.mark.parametrize("seed", range(10))
def test_tracks_that_are_right_and_cells_that_are_alike_are_not_suspected(seed: int) -> None:
    assert exchanges(crowd(seed)) == []
    assert exchanges(crowd(seed, alike=True)) == []
    assert exchanges(crowd(seed, exchanged_at=8, apart=60.0)) == []  # nobody exchanges cells that far apart


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_that_changes_by_itself_is_not_exchanged_with_its_neighbour(seed: int) -> None:
    """It rounds up: small and bright from frame 8 on, as no other cell is; its neighbour stays as it was."""
    cells = crowd(seed)
    rounded = (cells["frame"] >= 8) & (cells["track_id"] == 2)
    cells.loc[rounded, "area"] *= 0.3
    cells.loc[rounded, "intensity_mean"] -= 50
    assert exchanges(cells) == []


def test_units_and_brightness_of_the_movie_do_not_matter() -> None:
    cells = crowd(0, exchanged_at=8)
    scaled = cells.assign(
        y=cells["y"] * 3,
        x=cells["x"] * 3,
        area=cells["area"] * 9,
        intensity_mean=cells["intensity_mean"] * 200 + 7,
    )
    assert exchanges(scaled)[0].gain == pytest.approx(exchanges(cells)[0].gain)


def test_without_shape_and_brightness_or_with_few_cells_nothing_is_said() -> None:
    cells = crowd(0, exchanged_at=8)
    assert exchanges(cells[["frame", "track_id", "y", "x", "area"]]) == []
    assert exchanges(cells[cells["frame"] < 3]) == []
    assert exchanges(cells[:0]) == []


def test_a_swap_is_a_suspect_whose_suggestion_mends_it() -> None:
    cells = crowd(1, exchanged_at=8)
    frames = np.zeros((N_FRAMES, 320, 64), np.int32)
    nodes = cells[["frame", "track_id", "y", "x"]].assign(label=cells["track_id"])
    for row in nodes.itertuples():
        y, x = round(row.y), round(row.x)
        frames[row.frame, y - 4 : y + 5, x - 4 : x + 5] = row.label
    first = find_suspects(LabelMovie.from_array(frames), Lineage(nodes), cells)[0]
    assert (first.kind, first.frame, {first.track, first.other}) == ("swap", 8, {1, 2})
    assert first.correction is not None
    assert first.correction.op == "swap"
