"""Outlines whose descriptors, modes, clusters and transitions geometry gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.lineage import Lineage
from podia.measurement.config import ShapeConfig
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.outlines import find_outlines
from podia.measurement.regions import find_regions
from podia.measurement.shapes.clusters import cluster_shapes, count_transitions
from podia.measurement.shapes.fourier import (
    COLUMNS,
    N_HARMONICS,
    ORDERS,
    fourier_coefficients,
    normalised,
    outline_descriptors,
    outline_of,
    turned_alike,
)
from podia.measurement.shapes.modes import find_modes
from podia.measurement.shapes.rounding import division_rounding
from podia.measurement.shapes.summarise import summarise_shapes

TURN = np.exp(2j * np.pi * np.arange(400) / 400)
HALF_TURN = np.where(ORDERS % 2 == 0, -1, 1)
"""What turns normalised descriptors by half."""


def ellipse(half_length: float, half_width: float) -> np.ndarray:
    return half_length * TURN.real + 1j * half_width * TURN.imag


def pear(lean: float) -> np.ndarray:
    return ellipse(3, 2) * (1 + lean * TURN.real)


def drop(lean: float) -> np.ndarray:
    """Wider at one end."""
    return 3 * TURN.real + 1j * TURN.imag * (1.5 + lean * TURN.real)


def crescent(bend: float) -> np.ndarray:
    """Alike at its two ends: bent across its length."""
    return ellipse(3, 2) + 1j * bend * (3 * TURN.real) ** 2 / 3


def bent_mask(turn_deg: float, centre: tuple[float, float]) -> np.ndarray:
    """A wide ellipse with a bite out of its long side."""
    y, x = np.mgrid[:120, :120] - np.array(centre)[:, None, None]
    turn = np.radians(turn_deg)
    along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    bite = np.hypot(along / 20, (across + 18) / 14) < 1
    return (np.hypot(along / 30, across / 18) < 1) & ~bite


def test_a_circle_has_one_coefficient():
    found = normalised(fourier_coefficients(5 * TURN + 3 - 2j))
    assert abs(found[ORDERS == 1]) == pytest.approx(1, abs=1e-4)
    assert np.abs(found[ORDERS != 1]).max() < 1e-3


def test_an_outline_comes_back_from_its_descriptors():
    drawn = outline_of(normalised(fourier_coefficients(ellipse(4, 3))), 200)
    assert np.abs(drawn.imag).max() / np.abs(drawn.real).max() == pytest.approx(0.75, abs=0.002)
    # Even steps along the outline are no even turn of the ellipse, so the first harmonic is not all of it.
    assert np.abs(drawn.real).max() == pytest.approx(1, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(
    angle=st.floats(0, 6.28),
    size=st.floats(0.1, 50),
    start=st.integers(0, 399),
    y=st.floats(-100, 100),
    backwards=st.booleans(),
)
def test_place_size_rotation_starting_point_and_sense_do_not_count(angle, size, start, y, backwards):
    outline = pear(0.4)
    moved = np.roll(outline, start) * size * np.exp(1j * angle) + 1j * y
    moved = moved[::-1] if backwards else moved
    one, other = (turned_alike(normalised(fourier_coefficients(line))[None]) for line in (outline, moved))
    np.testing.assert_allclose(other, one, atol=1e-6)


def crescents_as_traced(n_frames: int) -> np.ndarray:
    """A rigid crescent, turned and shifted against the pixels of each frame, so that its outline flickers."""
    generator = np.random.default_rng(0)
    found = []
    for turn in np.linspace(0, 360, n_frames, endpoint=False):
        centre = tuple(60 + generator.uniform(-1, 1, 2))
        mask = bent_mask(turn, centre)
        outlines = find_outlines(find_regions(mask.astype(np.int32)), mask, EdgeConfig(), 4.0)
        found.append(outline_descriptors(outlines)[0])
    return np.ascontiguousarray(found).view(complex)


@pytest.mark.parametrize("flipped", [[], [3], list(range(1, 24, 2)), list(range(24))])
def test_a_rigid_crescent_that_turns_has_hardly_any_mode_whichever_end_was_first(flipped):
    shapes = crescents_as_traced(24)
    shapes[flipped] *= HALF_TURN
    alike = turned_alike(shapes)
    modes = find_modes(alike.view(float))
    # In half lengths of the cell, 30 px: the outline of a rigid cell is a fraction of a pixel off. Turned about by
    # where each outline leans it was 0.12.
    assert modes.deviations[0] < 0.01
    np.testing.assert_array_equal(alike, turned_alike(crescents_as_traced(24)))


def test_cells_that_lean_lie_the_same_way_beside_crescents():
    outlines = [drop(lean) for lean in (0.3, 0.6, 0.9)] + [crescent(bend) for bend in (0.3, 0.4, 0.45, 0.5)]
    shapes = np.array([normalised(fourier_coefficients(outline)) for outline in outlines])
    shapes[[0, 2, 4, 5]] *= HALF_TURN
    alike = turned_alike(shapes)
    for group in (alike[:3], alike[3:]):
        even = np.ascontiguousarray(group[:, HALF_TURN < 0]).view(float)
        assert (even @ even.T > 0).all()
    np.testing.assert_array_equal(turned_alike(shapes * HALF_TURN), alike)


def test_the_tables_of_a_crescent_have_no_mode_of_half_turns():
    values = crescents_as_traced(24)
    frames = np.arange(24)
    cells = pd.DataFrame(
        {"frame": frames, "time": frames * 1.0, "label": 1, "track_id": 1, "touches_border": False}
    )
    descriptors = pd.DataFrame(values.view(float), columns=list(COLUMNS)).assign(frame=frames, label=1)
    drawn = summarise_shapes(cells, descriptors, ShapeConfig(n_clusters=2)).outlines.query("of == 'mode'")
    low, high = (drawn[drawn["deviation"] == far].query("number == 1") for far in (-1.0, 1.0))
    assert (
        np.abs(high[["outline_y", "outline_x"]].to_numpy() - low[["outline_y", "outline_x"]].to_numpy()).max()
        < 0.1
    )


def test_an_outline_without_extent_has_no_descriptors():
    assert np.isnan(normalised(np.zeros(2 * N_HARMONICS, complex))).all()


def test_modes_are_the_directions_in_which_shapes_were_made_to_differ():
    generator = np.random.default_rng(0)
    directions = np.linalg.qr(generator.normal(size=(6, 6)))[0]
    scores = generator.normal(size=(4000, 6)) * np.array([5, 2, 1, 0.1, 0.1, 0.1])
    modes = find_modes(scores @ directions.T + 7)
    assert np.abs(np.diag(directions.T @ modes.directions)[:3]) == pytest.approx(1, abs=0.01)
    assert modes.variance_shares[:2] == pytest.approx([25 / 30.03, 4 / 30.03], rel=0.1)
    assert modes.deviations[:3] == pytest.approx([5, 2, 1], rel=0.05)


def test_clusters_are_numbered_by_size_and_always_the_same():
    generator = np.random.default_rng(0)
    centres = np.repeat([[0.0, 0], [10, 0], [0, 10]], [30, 60, 10], axis=0)
    found = cluster_shapes(centres + generator.normal(0, 0.3, centres.shape), 3)
    assert found.tolist() == [2] * 30 + [1] * 60 + [3] * 10


def test_fewer_shapes_than_clusters_are_one_cluster():
    assert set(cluster_shapes(np.zeros((20, 3)), 4)) == {1}


def test_transitions_count_frames_in_a_row_of_one_track():
    shapes = pd.DataFrame(
        [(0, 1, 1), (0, 2, 2), (1, 1, 2), (1, 2, 2), (2, 1, pd.NA), (3, 1, 1), (5, 1, 2)],
        columns=["frame", "track_id", "cluster"],
    ).astype({"cluster": "Int64"})
    table = count_transitions(shapes, 2)
    assert table["n"].tolist() == [0, 1, 0, 1]
    assert table["probability"].tolist() == [0, 1, 0, 1]
    assert table["expected"].tolist() == [0, 1, 0, 1]


def test_mothers_round_up_before_they_divide():
    cells = pd.DataFrame(
        {
            "track_id": [1] * 4 + [2] * 4 + [3, 4],
            "frame": [0, 1, 2, 3] * 2 + [4, 4],
            "circularity": [0.4, 0.5, 0.8, 1.0, 0.4, 0.5, 0.6, 0.5, 0.9, 0.9],
            "touches_border": [False] * 10,
        }
    )
    nodes = cells.assign(label=cells["track_id"], y=0.0, x=0.0)
    table = division_rounding(cells, Lineage(nodes, {3: 1, 4: 1}))
    assert table["frames_before"].tolist() == [0, 1, 2, 3]
    assert table["circularity"].tolist() == [1.0, 0.8, 0.5, 0.4]
    assert table["rounded_share"].tolist() == [1, 0, 0, 0]
    assert table["n_mothers"].tolist() == [1] * 4
    assert len(division_rounding(cells, Lineage(nodes))) == 0


@pytest.mark.parametrize("n_cells", [0, 5, 40])
def test_tables_of_shapes_whatever_there_is(n_cells):
    outlines = [normalised(fourier_coefficients(pear(0.4 * (i % 2)))) for i in range(n_cells)]
    values = np.array(outlines, complex).reshape(-1, len(ORDERS)).view(float)
    frames = np.arange(n_cells)
    cells = pd.DataFrame(
        {"frame": frames, "time": frames * 1.0, "label": 1, "track_id": 1, "touches_border": False}
    )
    cells["touches_border"] = cells["touches_border"].astype(bool) | (frames == 3)
    descriptors = pd.DataFrame(values, columns=list(COLUMNS)).assign(frame=frames, label=1)
    tables = summarise_shapes(cells, descriptors, ShapeConfig(n_clusters=2))
    assert len(tables.cells) == n_cells
    if n_cells < 10:
        assert tables.cells["cluster"].isna().all()
        assert len(tables.modes) == 0
        return
    assert tables.cells["cluster"].isna().sum() == 1
    assert tables.modes["variance_share"][0] == pytest.approx(1)
    assert tables.transitions["probability"].tolist() == [0, 1, 1, 0]
    assert set(tables.outlines["of"]) == {"mode", "cluster"}
