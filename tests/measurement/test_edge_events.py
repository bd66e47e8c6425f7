"""Events and correlations of drawn kymographs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.edge_tables import KYMOGRAPHS
from podia.data.kymographs import Kymographs
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.correlation import correlation_at, edge_correlation
from podia.measurement.edge.events import edge_events, label_around

CONFIG = EdgeConfig(min_event_share=0.1)


def kymographs(velocity: np.ndarray, frames: list[int] | None = None, **others: np.ndarray) -> Kymographs:
    rows = {name: values.astype(np.float32) for name, values in {"velocity": velocity, **others}.items()}
    frames = list(range(len(velocity))) if frames is None else frames
    return Kymographs(np.full(len(velocity), 7), np.array(frames), rows)


def events_of(velocity: np.ndarray, frames: list[int] | None = None) -> pd.DataFrame:
    """Return the events of positions that hold 2 px of edge each."""
    length = np.full(velocity.shape, 2.0)
    return edge_events(kymographs(velocity, frames, stretch_length=length, area_gained=2 * velocity), CONFIG)


def test_a_patch_is_an_event_with_its_duration_width_and_area():
    velocity = np.zeros((8, 20))
    velocity[2:5, 6:10] = 2.0
    velocity[3, 8] = 5.0
    velocity[6, 12:15] = -1.0
    protrusion, retraction = events_of(velocity).to_dict("records")
    assert (protrusion["event"], protrusion["first_frame"], protrusion["last_frame"]) == ("protrusion", 2, 4)
    assert protrusion["lifetime"] == 3
    # 4 of 20 positions of an edge of 40 px; 11 x 2 px and 5 px, each over 2 px of edge.
    assert protrusion["width"] == pytest.approx(8)
    assert protrusion["area_gained"] == pytest.approx(54)
    assert protrusion["velocity_mean"] == pytest.approx(27 / 12)
    assert protrusion["velocity_max"] == 5
    assert protrusion["position"] == pytest.approx(8 / 20, abs=0.01)
    assert protrusion["is_whole"]
    assert (retraction["event"], retraction["area_gained"], retraction["velocity_max"]) == (
        "retraction",
        -6,
        -1,
    )


def test_an_event_goes_on_past_the_last_position():
    velocity = np.zeros((4, 20))
    velocity[1, 18:] = velocity[1, :2] = 1.0
    (event,) = events_of(velocity).to_dict("records")
    assert event["width"] == pytest.approx(8)
    assert min(event["position"], 1 - event["position"]) < 0.01


def test_positions_that_crowd_or_thin_out_hold_what_they_hold():
    velocity, length = np.zeros((6, 20)), np.full((6, 20), 2.0)
    velocity[2:4, 4:8] = -1.0
    length[2, 4:8], length[3, 4:8] = 0.5, 1.0
    (event,) = edge_events(
        kymographs(velocity, stretch_length=length, area_gained=velocity * length), CONFIG
    ).to_dict("records")
    # 4 positions of 0.5 px in a frame and of 1 px in the next.
    assert event["area_gained"] == pytest.approx(-6)
    assert event["width"] == pytest.approx(3)


def test_an_event_at_the_end_of_a_track_or_beside_a_gap_is_cut():
    velocity = np.zeros((5, 20))
    velocity[0] = np.nan
    velocity[1, :4] = velocity[2, 10:14] = velocity[4, :4] = 1.0
    events = events_of(velocity, [0, 1, 2, 4, 5])
    assert events[["first_frame", "is_whole"]].to_numpy().tolist() == [[1, False], [2, False], [5, False]]


def test_specks_and_slow_edges_are_no_events():
    velocity = np.full((4, 20), 0.3)
    velocity[1, 3] = 9.0
    assert len(events_of(velocity)) == 0


def test_pieces_meet_around_the_cell():
    mask = np.zeros((3, 6), bool)
    mask[0, 0] = mask[0, 5] = mask[2, 2] = True
    number, n_found = label_around(mask)
    assert n_found == 2
    assert number[0, 0] == number[0, 5] != number[2, 2]


def test_a_wave_correlates_with_itself_a_period_later_and_with_what_follows_it():
    time = np.arange(41)[:, None]
    phase = np.arange(16)[None] * 0.7
    wave = np.sin(2 * np.pi * time / 8 + phase)
    later = 100 + 5 * np.sin(2 * np.pi * (time - 2) / 8 + phase)
    table = edge_correlation(kymographs(wave, intensity=later), max_lag_frames=20).set_index("lag")
    assert table.index.min() == -10
    assert table.index.max() == 10
    assert table.loc[0, "velocity_autocorrelation"] == pytest.approx(1)
    assert table.loc[4, "velocity_autocorrelation"] == pytest.approx(-1, abs=0.02)
    assert table.loc[8, "velocity_autocorrelation"] == pytest.approx(1, abs=0.02)
    assert table["velocity_intensity_correlation"].idxmax() in (2, 10, -6)
    assert table.loc[2, "velocity_intensity_correlation"] == pytest.approx(1, abs=0.02)
    assert table.loc[3, "n_pairs"] == 38 * 16


def test_short_tracks_have_no_correlation_and_a_still_edge_an_undefined_one():
    assert (
        len(edge_correlation(kymographs(np.ones((4, 16)), intensity=np.ones((4, 16))), max_lag_frames=9)) == 0
    )
    value, n_pairs = correlation_at(np.zeros((5, 4)), np.zeros((5, 4)), 1)
    assert np.isnan(value)
    assert n_pairs == 16


def test_kymographs_of_a_track_and_their_units():
    ones = np.ones((3, 16))
    names = [name for name in KYMOGRAPHS.base_names if name != "velocity"]
    found = kymographs(ones, **dict.fromkeys(names, ones)).conform(Calibration(0.5, 120.0))
    frames, velocity = found.of_track(7, "velocity_um_per_min")
    assert frames.tolist() == [0, 1, 2]
    assert velocity == pytest.approx(0.25)
    assert found.arrays["curvature_per_um"] == pytest.approx(2)
    assert found.arrays["y_px"] == pytest.approx(1)
    assert found.arrays["stretch_length_um"] == pytest.approx(0.5)
    assert found.arrays["area_gained_um2"] == pytest.approx(0.25)
    assert found.n_positions == 16
    assert found.of_track(8, "intensity")[1].shape == (0, 16)
