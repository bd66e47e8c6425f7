"""ResNet-18 against a reference written out from its tensors alone, and the sizes that are published."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, max_pool2d, relu

from podia.data.errors import InvalidInputError
from podia.networks.models.encoder_weights import load_encoder_weights, read_tensors
from podia.networks.models.registry import build_network
from podia.networks.models.resnet18 import ResNet18Encoder

SMALL = (4, 6, 8, 8)


def reference_features(tensors: dict[str, Tensor], grey: Tensor) -> list[Tensor]:
    """Return the five features of ResNet-18 step by step, for a grey frame given as a colour image in -1..1."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        return batch_norm(x, mean, var, tensors[f"{name}.weight"], tensors[f"{name}.bias"], eps=1e-5)

    colours = (grey.repeat(1, 3, 1, 1) + 1) / 2
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    x = conv2d((colours - mean) / deviation, tensors["conv1.weight"], stride=2, padding=3)
    features = [relu(norm(x, "bn1"))]
    x = max_pool2d(features[0], 3, stride=2, padding=1)
    for stage in (1, 2, 3, 4):
        for block in (0, 1):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = conv2d(x, tensors[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = conv2d(relu(norm(y, f"{name}.bn1")), tensors[f"{name}.conv2.weight"], padding=1)
            if f"{name}.downsample.0.weight" in tensors:
                x = norm(
                    conv2d(x, tensors[f"{name}.downsample.0.weight"], stride=stride), f"{name}.downsample.1"
                )
            x = relu(norm(y, f"{name}.bn2") + x)
        features.append(x)
    return features


@pytest.fixture
def trained() -> ResNet18Encoder:
    """An encoder whose running statistics are not those of a new one."""
    torch.manual_seed(0)
    encoder = ResNet18Encoder(SMALL)
    with torch.no_grad():
        encoder.train()(torch.randn(2, 1, 64, 96) * 2 + 1)
    return encoder.eval()


def test_features_equal_the_reference(trained: ResNet18Encoder) -> None:
    grey = torch.randn(2, 1, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = trained(grey)
        expected = reference_features(dict(trained.state_dict()), grey)
    assert [feature.shape[1] for feature in features] == list(trained.channels)
    assert [64 // feature.shape[2] for feature in features] == [2, 4, 8, 16, 32]
    for feature, its in zip(features, expected, strict=True):
        torch.testing.assert_close(feature, its, rtol=1e-4, atol=1e-5)


def test_parameters_are_those_that_are_published() -> None:
    with torch.device("meta"):
        encoder = ResNet18Encoder()
        link = build_network("linknet")
        unet = build_network("unet", {"batch_norm": False})
    # torchvision's documentation has 11,689,512, of which the classifier is 512 * 1000 + 1000.
    assert sum(p.numel() for p in encoder.parameters()) == 11_689_512 - 513_000
    # LinkNet's table I: 11.5 million.
    assert round(sum(p.numel() for p in link.parameters()) / 1e6, 1) == 11.5
    # Ronneberger et al. do not count; by hand, two 3x3 a level, 2x2 up, for one channel in and one out.
    down = [9 * a * b + b + 9 * b * b + b for a, b in zip((1, 64, 128, 256, 512), _DEPTHS, strict=True)]
    up = [4 * 2 * b * b + b + 9 * 2 * b * b + b + 9 * b * b + b for b in _DEPTHS[:-1]]
    assert sum(p.numel() for p in unet.parameters()) == sum(down) + sum(up) + 64 + 1


_DEPTHS = (64, 128, 256, 512, 1024)


def test_tensors_are_named_as_in_torchvision() -> None:
    with torch.device("meta"):
        names = set(ResNet18Encoder().state_dict())
    assert len(names) == 120  # torchvision's 122, less fc.weight and fc.bias
    assert {
        "conv1.weight",
        "bn1.running_var",
        "layer1.1.bn2.weight",
        "layer2.0.downsample.0.weight",
        "layer4.0.downsample.1.running_mean",
        "layer4.1.conv2.weight",
    } <= names


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_public_file_is_loaded_whole_with_its_classifier_left_over(
    trained: ResNet18Encoder, tmp_path: Path, suffix: str
) -> None:
    counted = {k: v for k, v in trained.state_dict().items() if not k.endswith("num_batches_tracked")}
    path = tmp_path / f"weights{suffix}"
    tensors = {**counted, "fc.weight": torch.zeros(10, 8), "fc.bias": torch.zeros(10)}
    torch.save(tensors, path) if suffix == ".pth" else save_file(tensors, path)
    other = ResNet18Encoder(SMALL)
    assert load_encoder_weights(other, path) == ("fc.bias", "fc.weight")
    for name, tensor in counted.items():
        assert torch.equal(other.state_dict()[name], tensor)


def test_wrong_weights_are_refused_and_say_why(trained: ResNet18Encoder) -> None:
    with pytest.raises(InvalidInputError, match=r"lack 'conv1\.weight'.*torchvision's names"):
        load_encoder_weights(trained, {"stem.weight": torch.zeros(1)})
    with pytest.raises(InvalidInputError, match="another width"):
        load_encoder_weights(ResNet18Encoder((4, 6, 8, 12)), dict(trained.state_dict()))


class NotATensor:
    """Something that a pickle could make."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (NotATensor(), "contains objects other than tensors"),
        ({"epoch": 3, "state_dict": {}}, "not a state dictionary"),
        (b"", "damaged"),
    ],
)
def test_a_file_with_more_than_tensors_is_not_unpickled(
    content: object, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(InvalidInputError, match=message):
        read_tensors(path)


def test_a_frame_network_sees_three_channels_of_imagenets_mean() -> None:
    from podia.networks.models.resnet18 import imagenet_channels

    # Grey 0.485 of 0..1 is red's mean, hence 0 there.
    channels = imagenet_channels(torch.full((1, 1, 2, 2), 2 * 0.485 - 1))
    expected = torch.tensor([0.0, (0.485 - 0.456) / 0.224, (0.485 - 0.406) / 0.225])
    torch.testing.assert_close(channels[0, :, 0, 0], expected, rtol=1e-4, atol=1e-6)
