"""Measures of cells whose lives are cut by short tracks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.experiment.measures import chosen_measures

MINUTES = Calibration(0.5, 120.0)
(LIFETIME,) = chosen_measures(["protrusion_lifetime"])


def watched_lives(lives: np.ndarray, n_frames: int, seed: int = 0) -> pd.DataFrame:
    """Return events, in frames of 2 min: each life begins at any frame around a track of `n_frames` of a cell."""
    begins = np.random.default_rng(seed).integers(-lives.max(), n_frames, len(lives))
    ends = begins + lives - 1
    seen = (ends >= 0) & (begins < n_frames)
    first, last = np.maximum(begins[seen], 0), np.minimum(ends[seen], n_frames - 1)
    return pd.DataFrame(
        {
            "track_id": np.arange(seen.sum()) % 50,
            "first_frame": first,
            "last_frame": last,
            "lifetime_min": (last - first + 1) * 2.0,
            "born_in_movie": begins[seen] > 0,
            "died_in_movie": ends[seen] < n_frames - 1,
        }
    )


@pytest.mark.parametrize("n_frames", [10, 20, 60])
@pytest.mark.parametrize("spread", ["constant hazard", "all alike"])
def test_a_lifetime_does_not_depend_on_how_long_tracks_are(n_frames, spread):
    n = 20_000
    lives = np.full(n, 10) if spread == "all alike" else np.random.default_rng(1).geometric(0.1, n)
    events = watched_lives(lives, n_frames)
    cells = LIFETIME.of_each_cell(events, MINUTES)
    value = LIFETIME.pooling(MINUTES).value(cells, "protrusion_lifetime_min")
    # 10 frames of 2 min; about a thousand ends of deviation 10 frames, or 20 min, at the least.
    assert value == pytest.approx(20, rel=0.06)
    whole = events[events["born_in_movie"] & events["died_in_movie"]]
    if spread == "constant hazard" and n_frames <= 20:
        assert whole["lifetime_min"].mean() < 15


def test_a_life_that_goes_on_counts_its_time_and_no_end():
    events = pd.DataFrame(
        {
            "track_id": [1, 1, 2],
            "first_frame": [0, 3, 0],
            "last_frame": [4, 6, 8],
            "lifetime_min": [10.0, 8.0, 18.0],
            "died_in_movie": [True, False, False],
        }
    )
    cells = LIFETIME.of_each_cell(events, MINUTES)
    # The last frame of a life that goes on is no time in which its end could have been seen.
    assert cells["protrusion_lifetime_observed_min"].tolist() == [10 + 6, 16]
    assert cells["protrusion_lifetime_ends"].tolist() == [1, 0]
    assert cells.loc[1, "protrusion_lifetime_min"] == 16
    assert np.isnan(cells.loc[2, "protrusion_lifetime_min"])
