"""The tables of whole movies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.length import Length
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.tables import ALL_TABLES
from podia.measurement.assemble import assemble
from podia.measurement.config import MeasurementConfig, ProtrusionConfig, TipLinkingConfig
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.frame import FrameMeasures
from podia.measurement.measure import Measurements, measure, measure_labels
from podia.testing.drawn_cells import disc, star

PIXELS = Calibration()
MICROMETRES = Calibration(pixel_size_um=0.5, frame_interval_s=120)
EVERY_LENGTH = MeasurementConfig(
    protrusions=ProtrusionConfig(min_length=Length(um=0, px=0), min_length_beyond_body=Length(um=0, px=0)),
    # The same distances in both units, at 0.5 um per px.
    tip_linking=TipLinkingConfig(
        max_distance=Length(um=10, px=20),
        min_growth=Length(um=2, px=4),
        min_heading=Length(um=1, px=2),
    ),
    edge=EdgeConfig(band=Length(um=2, px=4)),
)


def square(frame: int, y: int, x: int, size: int = 5) -> tuple[int, int, int, int]:
    return frame, y, x, size


def movie_of(
    cells: dict[int, list[tuple[int, int, int, int]]],
    n_frames: int,
    *,
    parents: dict[int, int] | None = None,
    merged_into: dict[int, int] | None = None,
    calibration: Calibration = PIXELS,
    shape: tuple[int, int] = (60, 80),
) -> tuple[Movie, LabelMovie, Lineage]:
    """Return a movie of squares, ``track -> (frame, top, left, size)``; a label is its track id plus 100."""
    labels = np.zeros((n_frames, *shape), np.int32)
    nodes = []
    for track_id, places in cells.items():
        for frame, y, x, size in places:
            labels[frame, y : y + size, x : x + size] = track_id + 100
            nodes.append((frame, track_id + 100, track_id, y + (size - 1) / 2, x + (size - 1) / 2))
    table = pd.DataFrame(nodes, columns=["frame", "label", "track_id", "y", "x"])
    return (
        Movie.from_array(labels % 256, calibration),
        LabelMovie.from_array(labels),
        Lineage(table, parents or {}, merged_into or {}),
    )


def mover(track_id: int, frames: list[int]) -> dict[int, list[tuple[int, int, int, int]]]:
    """A cell that goes 3 px down and 4 px right in every frame."""
    return {track_id: [square(frame, 10 + 3 * frame, 10 + 4 * frame) for frame in frames]}


def growing_star(calibration: Calibration) -> Measurements:
    """Three arms, one of which grows by 4 px in every frame."""
    labels = np.zeros((3, 121, 121), np.uint8)
    for frame in range(3):
        labels[frame][star([120, 240], length=40) | star([0], length=40 + 4 * frame)] = 1
    nodes = pd.DataFrame({"frame": range(3), "label": 1, "track_id": 1, "y": 60.0, "x": 60.0})
    return measure(
        Movie.from_array(labels, calibration), LabelMovie.from_array(labels), Lineage(nodes), EVERY_LENGTH
    )


@pytest.mark.parametrize("calibration", [PIXELS, MICROMETRES])
def test_every_table_is_as_declared(calibration):
    tables = growing_star(calibration)
    for schema in ALL_TABLES:
        table = getattr(tables, schema.name)
        assert list(table.columns) == schema.names(calibration)
        assert list(schema.to_base(table, calibration).columns) == schema.base_names


def test_units_enter_once():
    pixels, micrometres = growing_star(PIXELS), growing_star(MICROMETRES)
    assert len(pixels.protrusions) == 9
    for schema in ALL_TABLES:
        in_px, in_um = getattr(pixels, schema.name), getattr(micrometres, schema.name)
        for column in schema.columns:
            expected = in_px[column.resolved_name(PIXELS)]
            if column.dtype == "float64":
                expected = expected * column.factor(MICROMETRES)
            found = in_um[column.resolved_name(MICROMETRES)]
            pd.testing.assert_series_equal(found, expected, check_names=False)


def test_a_growing_protrusion_extends_at_its_speed():
    events = growing_star(MICROMETRES).protrusion_events
    assert events["n_frames"].tolist() == [3, 3, 3]
    growing = events.loc[events["angle_mean_deg"].abs().idxmin()]
    # 4 px in 2 min at 0.5 um per px; the pixel grid adds up to half a pixel to either end.
    assert growing["extension_speed_um_per_min"] == pytest.approx(1, abs=0.15)
    assert growing["lifetime_min"] == 6


def test_a_straight_mover_has_its_speed_path_and_ratio():
    tables = measure(*movie_of(mover(3, list(range(10))), 10, calibration=MICROMETRES))
    (track,) = tables.tracks.to_dict("records")
    assert (track["first_frame"], track["last_frame"], track["n_frames"], track["n_gap_frames"]) == (
        0,
        9,
        10,
        0,
    )
    assert track["duration_min"] == 18
    assert track["path_length_um"] == pytest.approx(9 * 5 * 0.5)
    assert track["displacement_um"] == pytest.approx(9 * 5 * 0.5)
    assert track["directionality_ratio"] == pytest.approx(1)
    assert track["mean_speed_um_per_min"] == pytest.approx(5 * 0.5 / 2)
    assert track["msd_slope"] == pytest.approx(2)
    assert track["turning_angle_mean_deg"] == pytest.approx(0, abs=1e-6)
    assert track["area_mean_um2"] == pytest.approx(25 * 0.25)
    assert np.isnan(track["direction_correlation_time_min"])
    assert tables.cells["speed_um_per_min"].tolist()[1:] == pytest.approx([1.25] * 9)
    assert tables.msd["msd_um2"].tolist()[:2] == pytest.approx([2.5**2, 5.0**2])
    assert tables.msd["lag_time_min"].tolist()[:2] == [2, 4]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=3, max_size=3))
def test_a_known_drift_is_subtracted_exactly(shifts):
    movie, labels, lineage = movie_of(mover(3, [0, 1, 2]), 3)
    drift = Drift.from_shifts(np.array(shifts) - shifts[0])
    still, drifting = measure(movie, labels, lineage), measure(movie, labels, lineage, drift=drift)
    for axis in ("y", "x"):
        moved = still.cells[f"{axis}_px"] - drifting.cells[f"{axis}_stable_px"]
        assert moved.tolist() == pytest.approx(drifting.frames[f"drift_{axis}_px"].tolist(), abs=1e-9)
        # Places in the picture stay.
        assert drifting.cells[f"{axis}_px"].equals(still.cells[f"{axis}_px"])
    corrected = still.cells[["y_px", "x_px"]].to_numpy() - drift.shifts
    assert drifting.tracks["path_length_px"][0] == pytest.approx(
        np.hypot(*np.diff(corrected, axis=0).T).sum(), abs=1e-9
    )


def test_a_cell_that_stands_on_drifting_ground_does_not_move():
    places = {1: [square(frame, 10 + 2 * frame, 10 + frame) for frame in range(5)]}
    movie, labels, lineage = movie_of(places, 5)
    drift = Drift.from_shifts(np.arange(5)[:, None] * [2.0, 1.0])
    (track,) = measure(movie, labels, lineage, drift=drift).tracks.to_dict("records")
    assert track["path_length_px"] == pytest.approx(0, abs=1e-9)


def test_a_gap_counts_in_time_but_not_as_frames_seen():
    tables = measure(*movie_of(mover(3, [0, 1, 4, 5]), 6))
    (track,) = tables.tracks.to_dict("records")
    assert (track["n_frames"], track["n_gap_frames"], track["duration_frames"]) == (4, 2, 5)
    assert track["mean_speed_px_per_frame"] == pytest.approx(5)
    assert tables.cells["speed_px_per_frame"].tolist()[1:] == pytest.approx([5, 5, 5])
    (event,) = tables.events.to_dict("records")
    assert (event["event"], event["frame"], event["track_id"]) == ("gap", 1, 3)
    assert (event["y_px"], event["x_px"]) == (15, 16)


def test_a_division_has_a_row_a_daughter_and_ends_the_mother():
    cells = {
        1: [square(0, 20, 20), square(1, 20, 20)],
        2: [square(2, 15, 20, 3), square(3, 15, 20, 3)],
        3: [square(2, 25, 20, 3), square(3, 25, 20, 3)],
    }
    tables = measure(*movie_of(cells, 4, parents={2: 1, 3: 1}))
    assert tables.tracks["ends_by"].tolist() == ["division", "movie_end", "movie_end"]
    assert tables.tracks["n_daughters"].tolist() == [2, 0, 0]
    assert tables.tracks["parent_track_id"].tolist() == [pd.NA, 1, 1]
    assert tables.events["event"].tolist() == ["division", "division"]
    assert tables.events["frame"].tolist() == [2, 2]
    assert tables.events["track_id"].tolist() == [1, 1]
    assert tables.events["other_track_id"].tolist() == [2, 3]
    assert tables.events["y_px"].tolist() == [16, 26]


def test_tracks_appear_disappear_merge_and_leave_the_field():
    cells = {
        1: [square(frame, 10, 10) for frame in range(5)],
        2: [square(frame, 10, 20) for frame in range(3)],
        3: [square(frame, 30, 40) for frame in (1, 2)],
        4: [square(0, 40, 72), square(1, 40, 75)],
    }
    tables = measure(*movie_of(cells, 5, merged_into={2: 1}))
    assert tables.tracks["ends_by"].tolist() == ["movie_end", "merge", "lost", "border"]
    rows = tables.events[["event", "frame", "track_id", "other_track_id", "at_border"]].to_numpy().tolist()
    assert rows == [
        ["appearance", 1, 3, pd.NA, False],
        ["disappearance", 1, 4, pd.NA, True],
        ["merge", 2, 2, 1, False],
        ["disappearance", 2, 3, pd.NA, False],
    ]


def test_mean_area_leaves_out_frames_in_which_the_frame_cuts_the_cell():
    cells = {1: [square(0, 20, 20, 8), square(1, 20, 76, 4)], 2: [square(0, 0, 0), square(1, 0, 0)]}
    tracks = measure(*movie_of(cells, 2)).tracks
    assert tracks["area_mean_px2"][0] == 64
    assert np.isnan(tracks["area_mean_px2"][1])


def test_frames_have_cover_flicker_and_grey_values():
    cells = {
        1: [square(0, 5, 5, 10), square(1, 5, 5, 12), square(2, 5, 5, 10)],
        2: [square(0, 30, 30, 10), square(1, 30, 30, 10), square(2, 30, 30, 10)],
    }
    movie, labels, lineage = movie_of(cells, 3)
    frames = measure(movie, labels, lineage).frames
    assert frames["n_cells"].tolist() == [2, 2, 2]
    assert frames["confluence"].tolist() == pytest.approx([200 / 4800, 244 / 4800, 200 / 4800])
    # |100 - 288 + 100| / 144 of one cell and nothing of the other.
    assert frames["area_flicker"][1] == pytest.approx(88 / 144 / 2)
    assert np.isnan(frames["area_flicker"][[0, 2]]).all()
    assert frames["intensity_mean"].tolist() == pytest.approx([frame.mean() for frame in movie])


def test_labels_that_the_lineage_does_not_know_are_ignored():
    movie, labels, lineage = movie_of({1: [square(0, 5, 5)], 2: [square(0, 30, 30)]}, 1)
    known = Lineage(lineage.nodes[lineage.nodes["track_id"] == 1])
    tables = measure(movie, labels, known)
    assert tables.cells["segmentation_label"].tolist() == [101]
    assert tables.frames["n_cells"].tolist() == [1]
    assert tables.frames["confluence"][0] == pytest.approx(25 / 4800)


def test_a_movie_without_cells_has_all_tables_with_their_columns():
    empty = np.zeros((2, 20, 30), np.uint8)
    tables = measure(Movie.from_array(empty), LabelMovie.from_array(empty), Lineage.empty())
    for schema in ALL_TABLES:
        table = getattr(tables, schema.name)
        assert list(table.columns) == schema.names(PIXELS)
        assert len(table) == (2 if schema.name == "frames" else 0)
        assert {str(dtype) for dtype in schema.empty().dtypes} >= {str(dtype) for dtype in table.dtypes}
    assert tables.frames["n_cells"].tolist() == [0, 0]
    assert tables.frames["confluence"].tolist() == [0, 0]


def test_one_frame_has_shapes_and_protrusions_but_no_motion():
    labels = star([0, 120, 240], length=50)[None].astype(np.uint8)
    nodes = pd.DataFrame({"frame": [0], "label": 1, "track_id": 9, "y": 60.0, "x": 60.0})
    tables = measure(Movie.from_array(labels), LabelMovie.from_array(labels), Lineage(nodes))
    assert tables.cells["n_protrusions"].tolist() == [3]
    assert np.isnan(tables.cells[["speed_px_per_frame", "turning_angle_deg"]].to_numpy()).all()
    track = tables.tracks.iloc[0]
    assert track["duration_frames"] == track["path_length_px"] == track["displacement_px"] == 0
    motion = [
        "directionality_ratio",
        "mean_speed_px_per_frame",
        "msd_slope",
        "direction_correlation_time_frames",
    ]
    assert np.isnan(track[motion].astype(float)).all()
    assert len(tables.msd) == 0


def test_rows_are_by_frame_then_track_then_tip():
    labels = np.zeros((2, 121, 300), np.uint8)
    labels[:, :, :121][:, star([10, 130, 250], length=50)] = 8
    labels[:, :, 150:271][:, star([70, 190], length=50)] = 3
    nodes = pd.DataFrame(
        {"frame": [0, 0, 1, 1], "label": [8, 3, 8, 3], "track_id": [1, 2, 1, 2], "y": 60.0, "x": 60.0}
    )
    tables = measure(Movie.from_array(labels), LabelMovie.from_array(labels), Lineage(nodes))
    assert tables.cells[["frame", "track_id"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    order = tables.protrusions[["frame", "track_id", "tip"]].to_numpy().tolist()
    assert order == sorted(order)
    assert tables.protrusions["protrusion_id"].tolist() == [1, 2, 3, 4, 5] * 2


def test_frames_measured_one_by_one_and_stored_assemble_to_the_same_tables(tmp_path):
    movie, labels, lineage = movie_of(mover(3, [0, 1, 2]) | {4: [square(1, 40, 5)]}, 3)
    config = MeasurementConfig()

    def stored(frame: int) -> FrameMeasures:
        measures = measure_labels(movie, labels, frame, config)
        measures.cells.to_parquet(tmp_path / "cells.parquet")
        return replace(measures, cells=pd.read_parquet(tmp_path / "cells.parquet"))

    tables = assemble((stored(frame) for frame in range(3)), lineage, PIXELS, config)
    whole = measure(movie, labels, lineage)
    for schema in ALL_TABLES:
        pd.testing.assert_frame_equal(
            getattr(tables, schema.name), getattr(whole, schema.name), check_exact=True
        )


def test_progress_is_told_after_every_frame():
    told = []
    measure(*movie_of(mover(1, [0, 1]), 2), progress=lambda *step: told.append(step))
    assert told == [("measure", 1, 2), ("measure", 2, 2)]


def test_frames_are_read_one_at_a_time_and_once():
    movie, labels, lineage = movie_of(mover(1, [0, 1, 2]), 3)
    read: list[int] = []
    counted = movie.map_frames(lambda frame, pixels: read.append(frame) or pixels)
    measure(counted, labels, lineage)
    assert read == [0, 1, 2]


def test_labels_of_another_size_are_refused():
    movie, _, lineage = movie_of(mover(1, [0]), 1)
    with pytest.raises(InvalidInputError, match="the same size: use the labels of this movie"):
        measure(movie, LabelMovie.from_array(np.zeros((2, 60, 80), np.uint8)), lineage)


def test_a_lineage_of_other_labels_is_refused():
    movie, labels, lineage = movie_of(mover(1, [0, 1]), 2)
    other = Lineage(lineage.nodes.assign(label=7))
    with pytest.raises(InvalidInputError, match="track 1 as label 7 in frame 0"):
        measure(movie, labels, other)


def test_a_drift_of_another_length_is_refused():
    with pytest.raises(InvalidInputError, match="drift has 3 frames, the movie has 2"):
        measure(*movie_of(mover(1, [0, 1]), 2), drift=Drift.none(3))


def test_discs_are_measured_as_discs():
    labels = disc(30)[None].astype(np.uint8)
    nodes = pd.DataFrame({"frame": [0], "label": 1, "track_id": 1, "y": 60.0, "x": 60.0})
    calibration = Calibration(pixel_size_um=2)
    cell = measure(
        Movie.from_array(labels, calibration), LabelMovie.from_array(labels), Lineage(nodes)
    ).cells.iloc[0]
    assert cell["area_um2"] == pytest.approx(np.pi * 60**2, rel=0.01)
    assert cell["body_radius_um"] == pytest.approx(60, abs=1)
    assert cell["feret_max_um"] == pytest.approx(120, abs=4)
