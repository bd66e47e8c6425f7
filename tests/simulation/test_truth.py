from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage.graph import MCP_Geometric

from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import SimulatedMovie, simulate
from podia.simulation.tips import MIN_LENGTH_IN_WIDTHS


def test_every_label_is_one_4_connected_region(dividing: SimulatedMovie) -> None:
    for labels in dividing.labels:
        for label in np.unique(labels)[1:]:
            assert ndimage.label(labels == label)[1] == 1


def test_labels_and_lineage_name_the_same_cells(dividing: SimulatedMovie) -> None:
    nodes = dividing.lineage.nodes
    for frame, labels in enumerate(dividing.labels):
        rows = nodes[nodes["frame"] == frame]
        assert sorted(rows["track_id"]) == np.unique(labels)[1:].tolist()
        assert (rows["label"] == rows["track_id"]).all()
        centroids = ndimage.center_of_mass(labels > 0, labels, rows["label"])
        assert rows[["y", "x"]].to_numpy() == pytest.approx(np.array(centroids))


def test_tracks_have_no_gaps(dividing: SimulatedMovie) -> None:
    spans = dividing.lineage.spans()
    assert (spans["n_frames"] == spans["last_frame"] - spans["first_frame"] + 1).all()


def test_cells_are_kept_apart_even_where_it_is_crowded() -> None:
    config = SimulationConfig(n_frames=8, size_px=256, n_cells=15, division_rate_per_h=1.0, seed=3)
    for labels in simulate(config).labels:
        grown = ndimage.grey_dilation(labels, footprint=np.ones((3, 3)))
        shrunk = -ndimage.grey_dilation(np.where(labels > 0, -labels, -(2**30)), footprint=np.ones((3, 3)))
        assert not ((labels > 0) & ((grown != labels) | (shrunk != labels))).any(), "two cells touch"


def test_tips_are_on_the_mask_at_its_outline(protruding: SimulatedMovie) -> None:
    assert len(protruding.tips) > 40
    for frame, rows in protruding.tips.groupby("frame"):
        labels = protruding.labels.frame(int(frame))
        for row in rows.itertuples():
            mask = labels == row.track_id
            y, x = np.nonzero(mask)
            assert np.hypot(y - row.tip_y, x - row.tip_x).min() <= 1.0
            y, x = np.nonzero(~mask)
            assert np.hypot(y - row.tip_y, x - row.tip_x).min() <= 1.5


def test_tips_are_the_farthest_points_of_their_protrusion_inside_the_cell(protruding: SimulatedMovie) -> None:
    whole = protruding.tips[~protruding.tips["touches_border"]]
    ratios = []
    for (frame, track_id), rows in whole.groupby(["frame", "track_id"]):
        mask = np.pad(protruding.labels.frame(int(frame)) == track_id, 1)
        depth = ndimage.distance_transform_edt(mask)
        centre = np.unravel_index(depth.argmax(), mask.shape)
        far = MCP_Geometric(np.where(mask, 1.0, np.inf)).find_costs([centre])[0]
        y, x = np.mgrid[: mask.shape[0], : mask.shape[1]] - 1
        for row in rows.itertuples():
            away = np.hypot(y - row.tip_y, x - row.tip_x)
            near = mask & (away <= row.width_px)
            farthest = away[near][far[near].argmax()]
            # Pixel paths run in eight directions only: the blunt end's farthest pixel may lie beside the tip.
            assert farthest <= 0.5 * row.width_px + 1.0
            ratios.append(far[near].max() / row.length)
    # Steps of 1 and sqrt 2 make paths 0 to 8 % too long.
    assert 1.0 < np.median(ratios) < 1.08


def test_lengths_add_up_and_short_protrusions_are_stubs(protruding: SimulatedMovie) -> None:
    tips, stubs = protruding.tips, protruding.stubs
    from_base = np.hypot(tips["tip_y"] - tips["base_y"], tips["tip_x"] - tips["base_x"])
    assert (tips["length_beyond_body"] >= from_base - 1e-6).all()
    assert (tips["length"] > tips["length_beyond_body"]).all()
    assert (tips["length_beyond_body"] >= MIN_LENGTH_IN_WIDTHS * tips["width_px"]).all()
    assert (stubs["length_beyond_body"] < MIN_LENGTH_IN_WIDTHS * stubs["width_px"]).all()
    assert len(stubs) > 0


def test_protrusions_are_followed_through_time(protruding: SimulatedMovie) -> None:
    whole = protruding.tips[~protruding.tips["touches_border"]]
    lives = whole.groupby("protrusion_id")
    assert (lives["track_id"].nunique() == 1).all()
    assert lives.size().max() >= 5
    changes = lives["length"].diff().dropna()
    # 1 um/min on average at 0.87 um/px and 5 min; speeds spread, and the body centre wanders a little.
    assert (changes > 3.0).any()
    assert (changes < -3.0).any()
    assert changes.abs().median() < 8.0


def test_divisions_have_a_parent_that_ends_and_two_daughters_that_start(dividing: SimulatedMovie) -> None:
    spans = dividing.lineage.spans().set_index("track_id")
    families = dividing.lineage.daughters()
    assert sum(len(daughters) == 2 for daughters in families.values()) >= 3
    for parent, daughters in families.items():
        assert len(daughters) <= 2
        for daughter in daughters:
            assert spans.loc[daughter, "first_frame"] == spans.loc[parent, "last_frame"] + 1


def test_a_mother_rounds_up_and_her_daughters_lie_beside_her(dividing: SimulatedMovie) -> None:
    nodes = dividing.lineage.nodes.set_index(["track_id", "frame"])
    spans = dividing.lineage.spans().set_index("track_id")
    config = dividing.config
    seen = 0
    for parent, daughters in dividing.lineage.daughters().items():
        last = int(spans.loc[parent, "last_frame"])
        mother = dividing.labels.frame(last) == parent
        touches = mother[0].any() or mother[-1].any() or mother[:, 0].any() or mother[:, -1].any()
        if len(daughters) < 2 or touches:
            continue
        seen += 1
        area = int(mother.sum())
        radius = ndimage.distance_transform_edt(np.pad(mother, 1)).max()
        assert area == pytest.approx(np.pi * radius**2, rel=0.15), "a disc"
        assert dividing.tips.query("track_id == @parent and frame == @last").empty
        one, other = (nodes.loc[(d, last + 1), ["y", "x"]].to_numpy() for d in daughters)
        middle = 0.5 * (one + other) - dividing.drift.shifts[last + 1]
        before = nodes.loc[(parent, last), ["y", "x"]].to_numpy() - dividing.drift.shifts[last]
        assert np.hypot(*(middle - before)) < config.px(8.0)
        assert 10.0 < np.hypot(*(one - other)) * config.pixel_size_um < 26.0
    assert seen >= 2


def test_without_divisions_nobody_has_a_parent(protruding: SimulatedMovie) -> None:
    assert not protruding.lineage.parents


def test_cells_enter_and_leave_the_view() -> None:
    config = SimulationConfig(
        n_frames=40, size_px=128, n_cells=2, speed_um_per_min=1.5, division_rate_per_h=0
    )
    spans = simulate(config).lineage.spans()
    assert (spans["first_frame"] > 0).any()
    assert (spans["last_frame"] < 39).any()


def test_a_movie_without_cells_has_empty_truth() -> None:
    empty = simulate(n_frames=2, size_px=128, n_cells=0)
    assert empty.lineage.nodes.empty
    assert empty.tips.empty
    assert not empty.labels.to_array().any()
