from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from perfect_prediction import lowest_iou, perfect_prediction
from podia.data.errors import InvalidInputError
from podia.data.length import Length
from podia.networks.outputs.binary import Binary, BinaryDecode
from podia.networks.outputs.center_classification import CenterClassification
from podia.networks.outputs.contour import Contour, ContourDecode
from podia.networks.outputs.distance import Distance, DistanceDecode
from podia.networks.outputs.spots import Spots, SpotsDecode, SpotsTarget
from podia.networks.outputs.targets import make_target
from podia.simulation.simulate import simulate
from podia.testing.drawn_cells import disc, star, strip

CONTOUR_THRESHOLD = ContourDecode(method="contour_threshold")
WAYS = [
    pytest.param(Contour(), CONTOUR_THRESHOLD, id="contour-threshold"),
    pytest.param(Contour(), ContourDecode(), id="contour-watershed"),
    pytest.param(Distance(), DistanceDecode(), id="distance"),
]
EVERY_WAY = [
    *WAYS,
    pytest.param(Binary(softmax=True), BinaryDecode(), id="softmax"),
    pytest.param(Binary(), BinaryDecode(split_depth_px=3), id="binary-split"),
]
OUTLINES = [pytest.param(head, id=head.name) for head in (Contour(), Distance())]


def touching_cells_with_arms() -> np.ndarray:
    """Two bodies side by side, each with long arms; one of them lies along the other's body."""
    left = star([110.0, 200.0], length=45, half_width=2.0, radius=16, size=140, centre=(70, 50))
    right = star([60.0, 330.0], length=50, half_width=2.0, radius=18, size=140, centre=(70, 84))
    labels = right.astype(np.int32) * 2
    labels[left & ~right] = 1
    return labels


def is_one_piece(mask: np.ndarray) -> bool:
    return ndi.label(mask, np.ones((3, 3)))[1] == 1


@pytest.mark.parametrize(("head", "config"), WAYS)
def test_touching_cells_with_thin_arms_come_back(head, config):
    truth = touching_cells_with_arms()
    result = head.decode(perfect_prediction(truth, head), config)
    assert result.max() == 2
    assert lowest_iou(truth, result) > 0.97


@pytest.mark.parametrize("head", OUTLINES)
@pytest.mark.parametrize("seed", [1, 2])
def test_cells_of_a_simulated_movie_come_back(head, seed):
    labels = simulate(n_frames=1, size_px=384, n_cells=12, seed=seed).labels.frame(0)
    result = head.decode(perfect_prediction(labels, head))
    assert lowest_iou(labels, result) > 0.95
    assert result.max() == len(np.unique(labels)) - 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(10, 90), st.integers(10, 90), st.integers(6, 14)), min_size=1, max_size=8)
)
def test_any_touching_discs_come_back_from_distances(discs):
    truth = np.zeros((101, 101), np.int32)
    for k, (y, x, radius) in enumerate(discs, 1):
        truth[disc(radius, size=101, centre=(y, x))] = k
    # A sliver that later discs leave of one is no cell.
    for k, (_, _, radius) in enumerate(discs, 1):
        if np.count_nonzero(truth == k) < 0.7 * np.pi * radius**2:
            truth[truth == k] = 0
    result = Distance().decode(perfect_prediction(truth, Distance()))
    assert result.max() == len(np.unique(truth)) - 1
    # Of the smallest disc, 80 px are left at least: ten on its outline may go to a neighbour.
    assert lowest_iou(truth, result) > 0.85


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
def test_labels_are_numbered_from_the_top_each_in_one_piece(head, config):
    truth = np.zeros((60, 90), np.int32)
    truth[30:50, 5:25], truth[5:25, 60:80], truth[10:30, 30:50] = 1, 2, 3
    result = head.decode(perfect_prediction(truth, head), config)
    assert result.dtype == np.int32
    assert [result[10, 70], result[20, 40], result[40, 10]] == [1, 2, 3]
    assert all(is_one_piece(result == k) for k in (1, 2, 3))


@pytest.mark.parametrize(("head", "config"), [*EVERY_WAY, pytest.param(Spots(), SpotsDecode(), id="spots")])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_any_prediction_gives_numbered_labels_of_one_piece_each(head, config, seed):
    rng = np.random.default_rng(seed)
    noise = np.stack([ndi.gaussian_filter(rng.standard_normal((48, 56)), 1.5) for _ in range(3)])
    prediction = np.clip(0.5 + 2 * noise, 0, 1).astype(np.float32)
    if head in (Contour(), Binary(softmax=True)):
        prediction /= prediction.sum(0) + 1e-6
    result = head.decode(prediction, config)
    assert result.shape == (48, 56)
    np.testing.assert_array_equal(np.unique(result[result > 0]), np.arange(1, result.max() + 1))
    assert all(is_one_piece(result == k) for k in range(1, result.max() + 1))
    first = [int(np.flatnonzero(result == k)[0]) for k in range(1, result.max() + 1)]
    assert first == sorted(first)
    np.testing.assert_array_equal(head.decode(prediction, config), result)


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
@pytest.mark.parametrize("full", [False, True])
def test_empty_and_full_frames(head, config, full):
    truth = np.full((20, 30), int(full), np.int32)
    np.testing.assert_array_equal(head.decode(perfect_prediction(truth, head), config), truth)


@pytest.mark.parametrize("head", OUTLINES)
def test_arm_of_two_pixels_stays_with_its_cell(head):
    """All of it is contour: the published decode loses it beyond two pixels."""
    cell = (disc(14) | strip((60.5, 60), (60.5, 110), 0.9)).astype(np.int32)
    assert head.decode(perfect_prediction(cell, head))[60, 109] == 1
    assert Contour().decode(perfect_prediction(cell, Contour()), CONTOUR_THRESHOLD)[60, 109] == 0


def test_narrow_neck_is_no_wall_between_two_cells_of_the_distance_head():
    """Two lobes joined by 3 px: nothing says that another cell is near."""
    dumbbell = (disc(14, centre=(60, 40)) | disc(8, centre=(60, 80)) | strip((60, 40), (60, 80), 1.0)).astype(
        np.int32
    )
    prediction = perfect_prediction(dumbbell, Distance())
    assert Distance().decode(prediction).max() == 1
    assert Distance().decode(prediction, DistanceDecode(min_pass_depth=0)).max() == 2


def test_seed_that_is_too_small_joins_a_larger_one_but_may_stand_alone():
    truth = np.zeros((20, 40), np.int32)
    truth[5:15, 5:15] = 1
    truth[8:11, 15:18] = 2
    truth[8:11, 30:33] = 3
    prediction = perfect_prediction(truth, Contour())
    assert Contour().decode(prediction, ContourDecode(min_seed_area_px=1)).max() == 3
    result = Contour().decode(prediction, ContourDecode(min_seed_area_px=4))
    assert result.max() == 2
    assert result[9, 16] == result[9, 10]


def test_contour_threshold_grows_cells_into_contour_pixels_up_to_two_pixels_away():
    prediction = np.zeros((3, 9, 20), np.float32)
    prediction[0] = 1.0
    prediction[:, 3:6, 3:6] = np.array([0.0, 1.0, 0.0])[:, None, None]
    prediction[:, 3:6, 6:12] = np.array([0.5, 0.2, 0.3])[:, None, None]
    result = Contour().decode(prediction, CONTOUR_THRESHOLD)
    np.testing.assert_array_equal(result[4], [0] * 3 + [1] * 5 + [0] * 12)


def test_contour_threshold_leaves_out_cell_pixels_that_may_be_contour():
    prediction = np.zeros((3, 5, 9), np.float32)
    prediction[1] = 1.0
    prediction[:, :, 4] = np.array([0.0, 0.7, 0.3])[:, None]
    assert Contour().decode(prediction, CONTOUR_THRESHOLD).max() == 2
    assert (
        Contour().decode(prediction, ContourDecode(method="contour_threshold", contour_threshold=0.4)).max()
        == 1
    )


def test_contour_pixel_between_two_cells_goes_to_the_nearer():
    truth = np.zeros((12, 20), np.int32)
    truth[2:10, 2:10], truth[2:10, 10:18] = 1, 2
    np.testing.assert_array_equal(
        Contour().decode(perfect_prediction(truth, Contour()), CONTOUR_THRESHOLD), truth
    )


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
def test_holes_up_to_the_limit_are_filled(head, config):
    truth = np.zeros((40, 40), np.int32)
    truth[5:35, 5:35] = 1
    truth[12:16, 12:16] = 0
    truth[20:30, 20:30] = 0
    prediction = perfect_prediction(truth, head)
    limited = head.decode(prediction, config.model_copy(update={"max_hole_area_px": 20}))
    assert limited[13, 13] == 1
    assert limited[25, 25] == 0
    assert head.decode(prediction, config)[25, 25] == 1


@pytest.mark.parametrize(("head", "config"), WAYS)
def test_gap_that_several_cells_enclose_is_no_hole(head, config):
    truth = np.zeros((40, 40), np.int32)
    truth[5:35, 5:20], truth[5:35, 20:35] = 1, 2
    truth[15:25, 15:25] = 0
    assert head.decode(perfect_prediction(truth, head), config)[20, 20] == 0


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
def test_size_limits_and_border(head, config):
    truth = np.zeros((60, 60), np.int32)
    truth[:12, 10:22], truth[20:30, 20:30], truth[35:55, 30:50] = 1, 2, 3
    prediction = perfect_prediction(truth, head)

    def kept(**changes: object) -> list[int]:
        result = head.decode(prediction, config.model_copy(update=changes))
        return sorted(np.bincount(result[result > 0])[1:].tolist())

    assert kept() == [100, 144, 400]
    assert kept(min_area_px=120) == [144, 400]
    assert kept(max_area_px=200) == [100, 144]
    assert kept(exclude_border=True) == [100, 400]
    assert kept(field_margin_px=11) == [100, 144, 400], "one row of the upper cell is inside"
    assert kept(field_margin_px=12) == [100, 400]
    assert kept(field_margin_px=30) == []


@pytest.mark.parametrize("head", [Binary(softmax=True), Binary(), Contour(), Distance()], ids=repr)
def test_closing_joins_a_cell_across_a_thin_gap(head):
    truth = np.zeros((40, 60), np.int32)
    truth[10:30, 10:30], truth[10:30, 31:50] = 1, 1
    prediction = perfect_prediction(truth, head)
    assert head.decode(prediction, head.decode_config(closing_radius_px=3))[20, 30] > 0
    assert head.decode(prediction)[20, 30] == 0


def test_foreground_is_split_at_necks_if_asked():
    truth = (disc(16, centre=(60, 45)) | disc(16, centre=(60, 75))).astype(np.int32)
    prediction = perfect_prediction(truth, Binary())
    assert Binary().decode(prediction).max() == 1
    assert Binary().decode(prediction, BinaryDecode(split_depth_px=3)).max() == 2


def test_spots_become_discs():
    truth = np.zeros((40, 60), np.int32)
    truth[10:19, 10:19], truth[20:29, 40:49] = 1, 2
    target = make_target(truth, Spots(), SpotsTarget(spot_sigma=Length(px=3)))
    result = Spots().decode(target, SpotsDecode(spot_radius_px=2))
    assert result.max() == 2
    assert result[14, 14] == 1
    assert result[24, 44] == 2
    assert np.count_nonzero(result) == 2 * 13


@pytest.mark.parametrize("head", [Spots(), CenterClassification()], ids=repr)
def test_discs_have_no_limits_of_size_and_the_field_margin_is_that_of_their_pixels(head):
    spot = np.zeros((1, 40, 60), np.float32)
    spot[0, 20, 30] = 0.9
    config = head.decode_config()
    assert not {"min_area_px", "max_area_px"} & set(type(config).model_fields)
    assert np.count_nonzero(head.decode(spot, config)) == 13
    assert head.decode(spot, config.model_copy(update={"field_margin_px": 18})).max() == 1
    assert not head.decode(spot, config.model_copy(update={"field_margin_px": 20})).any()


def test_channels_after_those_of_the_head_are_not_looked_at():
    truth = touching_cells_with_arms()
    prediction = perfect_prediction(truth, Distance())
    tips = np.ones_like(prediction[:1])
    np.testing.assert_array_equal(
        Distance().decode(np.concatenate((prediction, tips))), Distance().decode(prediction)
    )


def test_too_few_channels_are_refused():
    with pytest.raises(InvalidInputError, match="'contour' needs a prediction of 3 channels"):
        Contour().decode(np.zeros((2, 8, 8), np.float32))


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
def test_prediction_is_not_changed(head, config):
    prediction = perfect_prediction(touching_cells_with_arms(), head)
    prediction.flags.writeable = False
    head.decode(prediction, config)


@pytest.mark.parametrize(("head", "config"), EVERY_WAY)
def test_decoding_turns_with_the_frame(head, config):
    truth = touching_cells_with_arms()
    prediction = perfect_prediction(truth, head)
    turned = head.decode(np.ascontiguousarray(np.rot90(prediction, 1, (1, 2))), config)
    # Where two cells are as near, the order of pixels decides.
    assert lowest_iou(np.rot90(head.decode(prediction, config)).astype(np.int32), turned) > 0.98


@pytest.mark.parametrize(
    ("folder", "head", "least"),
    [
        ("PhC-C2DH-U373/01_GT/SEG", Distance(), 0.999),
        ("DIC-C2DH-HeLa/01_GT/SEG", Distance(), 0.999),
        ("PhC-C2DL-PSC/01_GT/SEG", Distance(), 0.999),
        ("PhC-C2DH-U373/01_GT/SEG", Contour(), 0.997),
        ("DIC-C2DH-HeLa/01_GT/SEG", Contour(), 0.998),
        ("PhC-C2DL-PSC/01_GT/SEG", Contour(), 0.99),
    ],
)
def test_decoding_loses_nothing_of_real_cells(data_dir, folder, head, least):
    from tifffile import imread

    from podia.evaluation.ctc_matching import match_labels

    ious: list[float] = []
    for path in sorted((data_dir / folder).glob("*.tif"))[:2]:
        truth = imread(path).astype(np.int32)
        ious += match_labels(truth, head.decode(perfect_prediction(truth, head))).ious
    assert np.mean(ious) > least


@pytest.mark.parametrize("head", [Contour(), Distance()], ids=repr)
def test_a_perfect_prediction_is_sure_of_its_cells(head: Any) -> None:
    truth = np.zeros((24, 24), np.int32)
    truth[2:9, 2:9], truth[12:21, 12:21] = 1, 2
    prediction = perfect_prediction(truth, head)
    confidence = head.confidence(prediction, truth)
    assert confidence[truth > 0].mean() > 0.9
    assert 0 <= confidence.min() <= confidence.max() <= 1
