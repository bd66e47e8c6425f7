"""The edge of cells whose motion is known: outlines, matching, velocities, kymographs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.events import edge_events
from podia.measurement.edge.following import EdgeFollower, origins
from podia.measurement.edge.matching import Outline, match_outlines
from podia.measurement.edge.outlines import (
    Outlines,
    curvatures,
    derivatives,
    find_outlines,
    outward_normals,
    signed_area,
)
from podia.measurement.regions import find_regions
from podia.testing.drawn_cells import disc, ring, star, strip

CONFIG = EdgeConfig()
SCALE = CONFIG.curvature_scale_px / CONFIG.spacing_px
ROUGH = 0.35
"""How far at most the outline of a disc on the pixel grid is off its circle, in px, where it is smoothed."""


def outlines_of(labels: np.ndarray, image: np.ndarray | None = None) -> Outlines:
    image = np.zeros(labels.shape) if image is None else image
    return find_outlines(find_regions(labels.astype(np.int32)), image, CONFIG, 4.0)


def outline_of(mask: np.ndarray) -> Outline:
    found = outlines_of(mask)
    points = found.points.astype(np.float64)
    (first,) = derivatives(points, found.starts, SCALE, orders=(1,))
    return Outline(points, outward_normals(first))


def followed(frames: list[np.ndarray], drift: Drift | None = None, **nodes: object) -> EdgeFollower:
    """Follow the label 1 of every frame as track 1, or what `nodes` say."""
    rows = {"frame": range(len(frames)), "label": 1, "track_id": 1} | nodes
    edges = EdgeFollower(Lineage(pd.DataFrame({**rows, "y": 0.0, "x": 0.0})), drift, CONFIG)
    for frame, labels in enumerate(frames):
        edges.add(frame, outlines_of(labels))
    return edges


def velocity_and_angle(edges: EdgeFollower, centre: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the last row of velocities and the direction of its positions from `centre`, from +x towards +y."""
    kymographs = edges.kymographs()
    velocity, y, x = (kymographs.of_track(1, name)[1][-1] for name in ("velocity", "y", "x"))
    return velocity, np.arctan2(y - centre[0], x - centre[1])


def test_an_outline_is_even_closed_and_a_fraction_of_a_pixel_from_the_truth():
    line = outline_of(disc(30))
    steps = np.hypot(*(np.roll(line.points, -1, axis=0) - line.points).T)
    assert steps == pytest.approx(1, abs=0.05)
    assert np.hypot(*(line.points - 60).T) == pytest.approx(30, abs=ROUGH + 0.1)
    assert signed_area(line.points) == pytest.approx(np.pi * 30**2, rel=0.01)
    outwards = (line.points - 60) / 30
    assert (line.normals * outwards).sum(axis=1).min() > 0.98


def test_curvature_is_one_over_the_radius_and_negative_in_a_bay():
    found = outlines_of(disc(40))
    k = curvatures(*derivatives(found.points.astype(float), found.starts, 6.0, orders=(1, 2)))
    # A Gaussian of s px takes exp(-s^2 / 2 R^2) off a circle of R px; the grid leaves a rest.
    assert k.mean() == pytest.approx(1 / 40, rel=0.08)
    bitten = outlines_of(disc(40) & ~disc(15, centre=(60, 100)))
    k = curvatures(*derivatives(bitten.points.astype(float), bitten.starts, 3.0, orders=(1, 2)))
    middle = np.hypot(*(bitten.points - [60, 85]).T) < 4
    assert k[middle].mean() == pytest.approx(-1 / 15, rel=0.25)


def test_holes_have_no_outline_and_the_largest_piece_has_the_only_one():
    whole = outlines_of(ring(20, 40) | disc(5, centre=(8, 8)))
    assert np.hypot(*(whole.points - 60).T) == pytest.approx(40, abs=ROUGH + 0.1)


def test_cells_of_few_pixels_and_frames_without_cells_have_outlines_too():
    labels = np.zeros((20, 20), int)
    labels[5, 5] = 3
    labels[10:12, 10] = 7
    found = outlines_of(labels)
    assert found.labels.tolist() == [3, 7]
    assert (np.diff(found.starts) >= 12).all()
    assert len(outlines_of(np.zeros((20, 20), int)).points) == 0


def test_the_frames_edge_is_no_edge_of_the_cell():
    found = outlines_of(disc(30, centre=(10, 60)))
    assert found.is_cut.any()
    assert (found.points[found.is_cut, 0] < 1.5).all()
    assert (found.points[~found.is_cut, 0] >= 1.5).all()


def test_the_band_under_the_edge_is_of_the_cell_itself():
    cell = disc(30)
    # 4 px of 50 around 90, beside a neighbour of 255.
    image = np.where(disc(26), 90.0, 50.0)
    image[~cell] = 255
    found = outlines_of(cell, image)
    assert found.intensity.mean() == pytest.approx(50, abs=6)
    assert found.intensity.max() < 100


def test_a_moving_disc_has_the_velocity_v_cos():
    edges = followed([disc(30), disc(30, centre=(61.5, 63))])
    velocity, angle = velocity_and_angle(edges, (61.5, 63))
    assert velocity == pytest.approx(1.5 * np.sin(angle) + 3 * np.cos(angle), abs=2 * ROUGH)
    assert np.corrcoef(velocity, 1.5 * np.sin(angle) + 3 * np.cos(angle))[0, 1] > 0.99


@pytest.mark.parametrize("growth", [4, 1.5, -2, -5])
def test_a_growing_disc_has_one_velocity(growth):
    edges = followed([disc(30), disc(30 + growth)])
    velocity, _ = velocity_and_angle(edges, (60, 60))
    assert velocity == pytest.approx(growth, abs=2 * ROUGH)
    assert velocity.mean() == pytest.approx(growth, abs=0.1)
    (row,) = edges.edges().query("frame == 1").to_dict("records")
    assert row["edge_velocity_mean"] == pytest.approx(growth, abs=0.1)
    assert row["protruding_share" if growth > 0 else "retracting_share"] == 1
    assert row["edge_length"] == pytest.approx(2 * np.pi * (30 + growth), rel=0.01)


def test_velocity_is_by_time_over_a_gap_and_drift_is_no_motion():
    frames = [disc(30), np.zeros((121, 121), bool), disc(34)]
    edges = followed(frames, frame=[0, 2])
    velocity, _ = velocity_and_angle(edges, (60, 60))
    assert velocity.mean() == pytest.approx(2, abs=0.1)
    # The area is what was gained over both frames.
    gained = edges.kymographs().of_track(1, "area_gained")[1][-1]
    assert gained.sum() == pytest.approx(np.pi * (34**2 - 30**2), rel=0.05)
    standing = followed(
        [disc(30), disc(30, centre=(64, 57))], Drift.from_shifts(np.array([[0.0, 0.0], [4.0, -3.0]]))
    )
    velocity, _ = velocity_and_angle(standing, (60, 60))
    assert velocity == pytest.approx(0, abs=ROUGH)


@pytest.mark.parametrize(("before", "after"), [(30, 36), (30, 45), (20, 50), (45, 30), (50, 22)])
def test_the_tip_of_an_arm_moves_as_far_as_the_arm_grows(before, after):
    edges = followed([star([30, 200], length=length, size=131) for length in (before, after)])
    kymographs = edges.kymographs()
    velocity = kymographs.of_track(1, "velocity")[1][-1]
    fastest = velocity.max() if after > before else velocity.min()
    # A tip of 3 px radius, smoothed along the edge over 1 px, loses some.
    assert fastest == pytest.approx(after - before, rel=0.3)
    assert abs(fastest) <= abs(after - before) + 1
    # The body between the arms stays where it is.
    assert np.median(np.abs(velocity)) < ROUGH


@pytest.mark.parametrize("sense", [1, -1])
@pytest.mark.parametrize(("half_width", "step"), [(6, 3), (3, 2), (14, 2)])
def test_an_arm_gains_or_loses_its_area_in_one_event_of_its_width(half_width, step, sense):
    reach = range(22, 54, step)[::sense]
    frames = [disc(18) | strip((60, 60), (60, 60 + end), half_width, round_end=False) for end in reach]
    edges = followed(frames)
    (event,) = edge_events(edges.kymographs(), CONFIG).to_dict("records")
    assert event["event"] == ("protrusion" if sense > 0 else "retraction")
    change = int(frames[-1].sum()) - int(frames[0].sum())
    # What moves by less than half a pixel a frame is in no event, such as the sides of a thin arm.
    assert event["area_gained"] == pytest.approx(change, rel=0.1)
    # At the corners of the tip some edge of the sides takes part.
    assert 0 < event["width"] - (2 * half_width + 1) < 6


def test_what_positions_gain_is_the_change_of_area_whatever_the_cell_does():
    frames = [star([a, a + 100], length=reach) for a, reach in ((0, 30), (4, 42), (9, 40), (12, 25))]
    kymographs = followed(frames).kymographs()
    gained = kymographs.of_track(1, "area_gained")[1]
    length = kymographs.of_track(1, "stretch_length")[1]
    assert np.isnan(gained[0]).all()
    areas = np.array([signed_area(outline_of(mask).points) for mask in frames])
    # Strips have straight ends: at a round tip that is stretched they cut the arc.
    assert gained[1:].sum(axis=1) == pytest.approx(np.diff(areas), abs=0.01 * areas[0])
    assert length[1:].sum(axis=1) == pytest.approx([len(outline_of(mask)) for mask in frames[:-1]], rel=0.03)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 359),
    st.integers(22, 50),
    st.integers(22, 50),
    st.tuples(st.integers(-6, 6), st.integers(-6, 6)),
)
def test_paths_never_cross_and_go_around_once(angle, first, second, shift):
    before = outline_of(star([angle, angle + 100], length=first, size=141))
    after = outline_of(
        star([angle, angle + 220], length=second, size=141, centre=(70 + shift[0], 70 + shift[1]))
    )
    (path,) = match_outlines([before], [after], CONFIG)
    assert len(path) == len(before) + 1
    assert (np.diff(path) >= 0).all()
    assert path[-1] - path[0] == pytest.approx(len(after))
    back = origins(path, len(after))
    assert (np.diff(back) >= 0).all()
    assert back[-1] - back[0] <= len(before)


def test_cells_matched_together_are_matched_as_alone():
    before = [outline_of(disc(r)) for r in (12, 45, 30)]
    after = [outline_of(disc(r)) for r in (14, 43, 33)]
    together = match_outlines(before, after, CONFIG)
    for own, first, second in zip(together, before, after, strict=True):
        (alone,) = match_outlines([first], [second], CONFIG)
        assert own.tolist() == alone.tolist()


def test_a_position_stays_at_its_place_on_the_edge():
    frames = [star([angle, angle + 90], length=50) for angle in (20, 25, 30, 35)]
    kymographs = followed(frames).kymographs()
    _, y = kymographs.of_track(1, "y")
    _, x = kymographs.of_track(1, "x")
    tip = np.hypot(y[0] - 60, x[0] - 60).argmax()
    reach = np.hypot(y - 60, x - 60)
    # A cell that turns takes its positions along: that of a tip stays at the tip.
    assert (reach[:, tip] > 44).all()


def test_new_tracks_and_daughters_have_no_velocity_in_their_first_frame():
    frames = [disc(20, centre=(60, 60)).astype(int) for _ in range(2)]
    frames.append(disc(14, centre=(40, 60)) + 2 * disc(14, centre=(80, 60)).astype(int))
    edges = followed(frames, frame=[0, 1, 2, 2], label=[1, 1, 1, 2], track_id=[1, 1, 2, 3])
    table = edges.edges()
    assert table["edge_velocity_mean"].isna().tolist() == [True, False, True, True]
    assert table[["frame", "track_id"]].to_numpy().tolist() == [[0, 1], [1, 1], [2, 2], [2, 3]]


def test_nothing_is_measured_where_the_frame_cuts_the_cell():
    edges = followed([disc(30, centre=(10, 60)), disc(32, centre=(10, 60))])
    velocity = edges.kymographs().of_track(1, "velocity")[1][-1]
    y = edges.kymographs().of_track(1, "y")[1][-1]
    assert np.isnan(velocity[y < 1]).all()
    gained = edges.kymographs().of_track(1, "area_gained")[1][-1]
    assert (np.isnan(gained) == np.isnan(velocity)).all()
    assert np.nanmean(velocity) == pytest.approx(2, abs=0.15)
    assert edges.edges()["cut_share"].iloc[1] == pytest.approx(60 / 160, abs=0.07)
