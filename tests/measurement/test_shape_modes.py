"""Outlines whose descriptors, modes, clusters and transitions geometry gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.lineage import Lineage
from podia.measurement.config import ShapeConfig
from podia.measurement.shapes.clusters import cluster_shapes, count_transitions
from podia.measurement.shapes.fourier import (
    COLUMNS,
    N_HARMONICS,
    ORDERS,
    fourier_coefficients,
    normalised,
    outline_of,
)
from podia.measurement.shapes.modes import find_modes
from podia.measurement.shapes.rounding import division_rounding
from podia.measurement.shapes.summarise import summarise_shapes

TURN = np.exp(2j * np.pi * np.arange(400) / 400)


def ellipse(half_length: float, half_width: float) -> np.ndarray:
    return half_length * TURN.real + 1j * half_width * TURN.imag


def pear(lean: float) -> np.ndarray:
    return ellipse(3, 2) * (1 + lean * TURN.real)


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
    one, other = normalised(fourier_coefficients(outline)), normalised(fourier_coefficients(moved))
    np.testing.assert_allclose(other, one, atol=1e-6)


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
