"""Networks that find cells one by one, everywhere around the network: decoding, views, tiles, backends, a movie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mask_rcnn_cases import SETTINGS, needs_torchvision, small_mask_rcnn
from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError
from podia.data.movie import Movie
from podia.networks.card import ModelCard
from podia.networks.inference.augment import augmented_engine
from podia.networks.inference.cells import find_cells
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engines import engine_for
from podia.networks.inference.resolve import Placement, choose_model, choose_placement
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.model_file import save_model
from podia.networks.models.frame_network import FrameNetwork
from podia.networks.models.network import Tensors
from podia.networks.models.published.mask_rcnn import MaskRcnnConfig
from podia.networks.outputs.base import AnnotationType
from podia.networks.outputs.instances import Instances, InstancesDecode
from podia.networks.outputs.targets import make_target


class BrightCells(FrameNetwork):
    """Stands for Mask R-CNN: the bright and the very bright are two cells, their brightness is their score."""

    stride = 4

    def __init__(self) -> None:
        super().__init__(MaskRcnnConfig())

    def encode(self, frames: Tensor) -> Tensors:
        return (frames,)

    def decode(self, features: Tensors) -> Tensor:
        (frames,) = features
        return torch.cat([(frames > 0).float() + (frames > 0.75), frames.clamp(min=0)], dim=1)


def predicted(*cells: tuple[int, float, tuple[slice, slice]]) -> np.ndarray:
    prediction = np.zeros((2, 12, 16), np.float32)
    for number, score, where in cells:
        prediction[0][where], prediction[1][where] = number, score
    return prediction


LEFT, RIGHT, BELOW = np.s_[1:5, 1:5], np.s_[1:5, 9:15], np.s_[8:11, 2:4]


def test_decoding_is_a_threshold_on_scores_and_a_filter_on_sizes() -> None:
    prediction = predicted((4, 0.9, LEFT), (2, 0.4, RIGHT), (9, 0.8, BELOW))
    cells = Instances().decode(prediction)
    assert [int((cells == n).sum()) for n in (1, 2)] == [16, 6]
    assert cells.max() == 2
    assert Instances().decode(prediction, InstancesDecode(min_area_px=10)).max() == 1
    assert Instances().decode(prediction, InstancesDecode(threshold=0.3)).max() == 3


def test_of_a_cell_that_a_surer_one_cuts_in_two_the_larger_piece_stays() -> None:
    prediction = predicted((1, 0.7, np.s_[2:5, 1:15]), (2, 0.9, np.s_[0:12, 10:12]))
    cells = Instances().decode(prediction)
    assert sorted(np.bincount(cells.ravel())[1:].tolist()) == [24, 27]


def test_what_is_to_be_predicted_are_the_labels_and_the_probability_is_the_score() -> None:
    labels = np.array([[0, 70_001], [-1, 3]], np.int32)
    assert make_target(labels, Instances())[0].tolist() == [[0, 70_001], [-1, 3]]
    assert make_target(labels, Instances(), kind=AnnotationType(instances=False))[0].tolist() == [
        [0, -1],
        [-1, -1],
    ]
    assert Instances().foreground(predicted((3, 0.75, LEFT))).max() == 0.75


def test_flips_and_turns_agree_on_cells_and_are_not_averaged() -> None:
    frame = np.full((8, 12), -1.0, np.float32)
    frame[2:6, 1:4] = 0.9
    frame[3:5, 8:11] = 0.6
    network = BrightCells()
    alone, _ = TorchEngine(network).step(frame, None)
    for augmentation in ("flips", "all"):
        engine = augmented_engine(lambda _: TorchEngine(network), (8, 12), augmentation)
        seen, _ = engine.step(frame, None)
        assert np.unique(seen[0]).tolist() == [0, 1, 2]
        assert np.allclose(seen[1], alone[1])


def test_frames_that_would_be_cut_into_tiles_are_refused() -> None:
    config = InferenceConfig(tile_above_megapixels=0.001)
    with pytest.raises(
        ConfigurationError, match=r"cannot be cut into tiles: increase network\.tile_above_megapixels"
    ):
        engine_for(BrightCells(), (64, 64), Placement("torch"), config)


@needs_torchvision
def test_such_frames_are_refused_before_any_is_read(tmp_path: Path) -> None:
    card = ModelCard(name="small", architecture="mask-rcnn", network=SETTINGS, pixel_size_um=0.5)
    save_model(tmp_path / "small.safetensors", small_mask_rcnn(), card)
    config = InferenceConfig(
        model=str(tmp_path / "small.safetensors"), device="cpu", tile_above_megapixels=0.005
    )
    coarse, fine = (
        Movie.from_array(np.zeros((1, 64, 64), np.uint8), Calibration(size)) for size in (1.0, 0.5)
    )
    find_cells(fine, config)
    with pytest.raises(ConfigurationError, match="128 x 128 px at its pixel size, would be cut into tiles"):
        find_cells(coarse, config)


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_other_runtimes_are_refused_and_auto_takes_torch(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podia.networks.inference.resolve.find_spec", lambda name: name)
    assert choose_placement(InferenceConfig(device="cpu"), only_torch=True).backend == "torch"
    asked = InferenceConfig.parse({"backend": backend, "device": "cpu"})
    with pytest.raises(ConfigurationError, match=f"run in torch, not in '{backend}'"):
        choose_placement(asked, only_torch=True)


@needs_torchvision
def test_a_movie_is_segmented_by_a_model_file(tmp_path: Path) -> None:
    network = small_mask_rcnn()
    card = ModelCard(name="small", architecture="mask-rcnn", network=SETTINGS)
    save_model(tmp_path / "small.safetensors", network, card)
    config = InferenceConfig(
        model=str(tmp_path / "small.safetensors"), device="cpu", threads=1, decode={"threshold": 0.1}
    )
    choice = choose_model(config)
    assert choice.placement.backend == "torch"
    frame = np.random.default_rng(0).integers(0, 255, (50, 70)).astype(np.uint8)
    labels = find_cells(Movie.from_array(np.stack([frame, frame])), config, model=choice)
    assert labels.frame(0).shape == (50, 70)
    assert labels.frame(0).max() > 0  # random weights find something, if not cells
    assert np.array_equal(labels.frame(0), labels.frame(1))
