"""Mask R-CNN behind the contract of all networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mask_rcnn_cases import SETTINGS, needs_torchvision, small_mask_rcnn, two_discs
from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError
from podia.networks.card import ModelCard
from podia.networks.inference.parts import Sample
from podia.networks.model_file import load_model, save_model
from podia.networks.models.cost import count_multiply_adds, count_parameters
from podia.networks.models.published import torchvision_loading
from podia.networks.models.published.detection import Detector
from podia.networks.models.published.detection_loss import detection_loss
from podia.networks.models.published.mask_rcnn import MaskRcnn
from podia.networks.models.published.true_cells import TrueCells
from podia.networks.models.registry import build_network, find_architecture
from podia.networks.outputs.instances import Instances
from podia.training.losses.registry import build_loss, parse_loss

LOSS = build_loss(parse_loss({}, Instances()), Instances())


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def trained() -> MaskRcnn:
    """A network that has learned one frame by heart."""
    torch.manual_seed(0)
    network = small_mask_rcnn().train()
    frame, truth = two_discs()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(45):
        optimiser.zero_grad()
        loss, _ = network.training_loss(frame, truth, LOSS)
        loss.backward()
        optimiser.step()
    return network.eval()


def prediction_of(network: MaskRcnn, frame: Tensor) -> Tensor:
    with torch.inference_mode():
        return network(frame)[0][0, 0]


@needs_torchvision
def test_one_frame_learned_by_heart_gives_its_cells_back(trained: MaskRcnn) -> None:
    frame, truth = two_discs()
    cells = Instances().decode(prediction_of(trained, frame).numpy())
    assert 2 <= cells.max() <= 4
    for label in (3, 7):
        true = truth[0, 0, 0].numpy() == label
        ious = [((cells == n) & true).sum() / ((cells == n) | true).sum() for n in range(1, cells.max() + 1)]
        assert max(ious) > 0.7


@needs_torchvision
@pytest.mark.parametrize("scale", [0.5, 1.5, 2.0])
def test_cells_come_out_at_the_frames_size_whatever_size_is_looked_at(scale: float) -> None:
    network = small_mask_rcnn(scale=scale).eval()
    side = network.stride * (4 if scale == 2 else 2)
    with torch.inference_mode():
        features = network.encode(torch.zeros(2, 1, side, side))
        assert features[0].shape[-1] * 4 == side * scale
        assert network.decode(features).shape == (2, 2, side, side)


@needs_torchvision
def test_a_frame_does_not_depend_on_the_others_in_its_batch(trained: MaskRcnn) -> None:
    frame, _ = two_discs()
    both = torch.cat([frame, frame.flip(-1)])
    with torch.inference_mode():
        together, state = trained(both)
        alone = torch.cat([trained(one[None])[0] for one in both])
    assert state == ()
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


@needs_torchvision
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "focal", "shape_aware"])
def test_gradients_reach_every_parameter(loss: Any) -> None:
    network = small_mask_rcnn().train()
    network.rpn.fg_bg_sampler.batch_size_per_image = (
        5000  # every anchor, so that no level is left out by chance
    )
    frame, truth = two_discs()
    target = truth
    if loss == "shape_aware":
        target = torch.cat([truth, 1 + truth], dim=2)
    value, _ = network.training_loss(
        frame, target, build_loss(parse_loss({"name": loss}, Instances()), Instances())
    )
    value.backward()
    untouched = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert untouched == set()


@needs_torchvision
def test_a_saved_model_comes_back_identical(trained: MaskRcnn, tmp_path: Path) -> None:
    card = ModelCard(name="small", architecture="mask-rcnn", network=SETTINGS)
    save_model(tmp_path / "small.safetensors", trained, card)
    loaded, _ = load_model(tmp_path / "small.safetensors")
    frame, _ = two_discs()
    assert isinstance(loaded, MaskRcnn)
    assert torch.equal(prediction_of(loaded, frame), prediction_of(trained, frame))


@needs_torchvision
def test_what_is_unlabelled_teaches_nothing_and_the_labelled_cells_still_count() -> None:
    network = small_mask_rcnn().train()
    frame, truth = two_discs()
    unknown, _ = network.training_loss(frame, torch.full_like(truth, -1), LOSS)
    assert unknown.item() == 0
    unknown.backward()  # and that is no error
    empty, _ = network.training_loss(frame, torch.zeros_like(truth), LOSS)
    assert empty.item() > 0.5  # two of the five losses are of background
    partial, _ = network.training_loss(frame, torch.where(truth == 3, 3, -1), LOSS)
    assert partial.isfinite()
    assert partial.item() > 0.5


@needs_torchvision
def test_boxes_in_unlabelled_areas_are_not_background() -> None:
    network = small_mask_rcnn().train()
    _, truth = two_discs()
    seen: list[Tensor] = []

    def note(kinds: list[Tensor]) -> Any:
        seen.extend(kinds)
        return sampler(kinds)

    sampler = network.rpn.fg_bg_sampler
    network.rpn.fg_bg_sampler = note
    half = truth[0, 0].clone()
    half[:, :, 32:] = -1
    features = network.encode(torch.zeros(1, 1, 64, 64))
    detector = Detector(network.rpn, network.roi_heads)
    detection_loss(detector, features, [TrueCells.of(half)], LOSS, 1.0)
    anchors = detector.propose(features).anchors[0]
    background = anchors[seen[0] == 0]
    assert len(background)
    assert (
        background[:, 0] + background[:, 2]
    ).max() / 2 <= 36  # their middle is on the labelled half, or near it
    assert (anchors[seen[0] == 1][:, 0] < 32).all()


@needs_torchvision
def test_the_network_is_torchvisions_by_names_shapes_and_number_of_parameters() -> None:
    torchvision = torchvision_loading.load_torchvision()
    with torch.device("meta"):
        mine = build_network("mask-rcnn", {"norm": "batch"})
        its = torchvision.models.detection.maskrcnn_resnet50_fpn(
            weights=None, weights_backbone=None, num_classes=2
        )
    shapes = [{name: t.shape for name, t in network.state_dict().items()} for network in (mine, its)]
    assert shapes[0] == shapes[1]
    # torchvision states 44,401,393 for 91 classes, the frozen normalisation not among them.
    of_89_classes = 89 * (1024 + 1) + 4 * 89 * (1024 + 1) + 89 * (256 + 1)
    with torch.device("meta"):
        assert count_parameters(build_network("mask-rcnn")).fine_tuning == 44_401_393 - of_89_classes


@needs_torchvision
def test_a_whole_resnet50_sees_a_frame_of_two_strides() -> None:
    network = build_network("mask-rcnn", {"proposals": 10, "max_cells": 2}, seed=0).eval()
    with torch.inference_mode():
        prediction, _ = network(two_discs()[0])
    assert prediction.shape == (1, 1, 2, 64, 64)
    assert prediction[:, :, 0].max() <= 2


@needs_torchvision
def test_published_weights_load_whole_under_old_names_or_are_refused() -> None:
    network, giver = small_mask_rcnn(), small_mask_rcnn()
    tensors = {
        name.replace("mask_head.0.0.", "mask_head.mask_fcn1."): torch.full_like(tensor, 0.5)
        for name, tensor in giver.state_dict().items()
    }
    tensors["roi_heads.box_predictor.cls_score.weight"] = torch.zeros(91, 32)
    before = network.roi_heads.box_predictor.cls_score.weight.clone()
    assert network.load_published(tensors) == "All layers but those that tell classes"
    assert (network.roi_heads.mask_head[0][0].weight == 0.5).all()
    assert (network.backbone.body.conv1.weight == 0.5).all()
    assert torch.equal(network.roi_heads.box_predictor.cls_score.weight, before)
    resnet = {**giver.backbone.body.state_dict(), "fc.weight": torch.zeros(1000, 512)}
    assert network.load_published(resnet) == "The layers of the encoder"
    del resnet["layer1.0.conv1.weight"]
    with pytest.raises(InvalidInputError, match=r"1 tensors are missing \(layer1\.0\.conv1\.weight\)"):
        network.load_published(resnet)
    with pytest.raises(InvalidInputError, match="another network than resnet18"):
        network.load_published({"conv1.weight": torch.zeros(8, 3, 7, 7)})


@needs_torchvision
def test_it_is_no_graph_and_has_no_fixed_cost() -> None:
    network = small_mask_rcnn()
    with pytest.raises(
        ConfigurationError, match="cannot be exported as a graph to other programs or runtimes"
    ):
        Sample.of(network, torch.zeros(1, 1, 64, 64))
    with pytest.raises(ConfigurationError, match="cannot be given a fixed cost"):
        count_multiply_adds(network)


def test_without_torchvision_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision_loading, "find_spec", lambda name: None)  # noqa: ARG005
    torchvision_loading.load_torchvision.cache_clear()
    with pytest.raises(MissingDependencyError, match=r'needs torchvision.*pip install "podia\[mask-rcnn\]"'):
        build_network("mask-rcnn")
    torchvision_loading.load_torchvision.cache_clear()


def test_only_this_architecture_finds_instances_and_it_nothing_else() -> None:
    with pytest.raises(ConfigurationError, match="this architecture does not support the head 'instances'"):
        find_architecture("podia").configure({"head": "instances"})
    with pytest.raises(ConfigurationError, match="Setting 'head' is 'mask'"):
        find_architecture("mask-rcnn").configure({"head": "mask"})
    with pytest.raises(ConfigurationError, match=r"0\.5, 1, 1\.5 or 2"):
        find_architecture("mask-rcnn").configure({"scale": 3.0})
