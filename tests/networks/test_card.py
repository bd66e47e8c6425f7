from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.networks.card import ModelCard, TrainingData, find_model, read_card, shipped_models
from podia.networks.model_file import load_model, save_model
from podia.networks.models.registry import build_network

VALUES = {"base_filters": 2}


def write_model(path: Path, **card: object) -> ModelCard:
    network = build_network("convlstm-mobilenet-b5", VALUES)
    values = {"name": "tiny", "architecture": "convlstm-mobilenet-b5", "network": VALUES, **card}
    written = ModelCard.parse(values)
    save_model(path, network, written)
    return written


def test_a_card_is_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "tiny.safetensors"
    card = write_model(
        path,
        pixel_size_um=0.8,
        frame_interval_s=120.0,
        data=(TrainingData(name="T98G", licence="MIT", citation="Tsai et al. 2019"),),
        recipe={"steps": 900},
        scores={"SEG": 0.75},
        limits="Dense cells.",
        licence="MIT",
    )
    assert read_card(path) == card
    assert [file.name for file in path.parent.iterdir()] == ["tiny.safetensors"]


def test_the_card_alone_is_read_without_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "tiny.safetensors"
    write_model(path)
    code = (
        "import sys; from pathlib import Path; from podia.networks.card import read_card; "
        f"read_card(Path({str(path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04pickle",
        struct.pack("<Q", 1 << 60),
        struct.pack("<Q", 4) + b"{[[[",
        struct.pack("<Q", 2) + b"[]",
    ],
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"not a safetensors file.*never as pickles"):
        read_card(path)


def test_weights_without_a_card_are_refused(tmp_path: Path) -> None:
    save_file({"conv.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InvalidInputError, match=r"no model card of podia.*podia train"):
        load_model(tmp_path / "other.safetensors")


def test_a_card_of_a_newer_podia_is_refused(tmp_path: Path) -> None:
    card = json.dumps({"name": "new", "architecture": "podia", "mood": "good"})
    save_file({"a": torch.zeros(1)}, tmp_path / "new.safetensors", metadata={"podia": card})
    with pytest.raises(InvalidInputError, match=r"'mood'.*newer podia"):
        read_card(tmp_path / "new.safetensors")


def test_a_card_that_names_another_architecture_than_the_weights_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    write_model(path, network={"base_filters": 3})
    with pytest.raises(InvalidInputError, match="do not match the architecture 'convlstm-mobilenet-b5'"):
        load_model(path)
    write_model(path, architecture="convlstm-mobilenet-b9")
    with pytest.raises(ConfigurationError, match="Unknown architecture 'convlstm-mobilenet-b9'"):
        load_model(path)


def test_a_model_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match=r"no model 'no-such-model'.*an included model"):
        find_model("no-such-model")


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_load_and_say_what_they_were_trained_on(name: str) -> None:
    network, card = load_model(name)
    assert card.name == name
    assert card.data
    assert card.licence
    assert card.scores
    assert card.limits
    assert network.config.model_dump(mode="json").items() >= card.network.items()
