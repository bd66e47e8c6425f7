from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError
from podia.networks.inference import resolve
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resolve import Placement, choose_model, choose_placement


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Modules that can be found; tests take some away."""
    modules = {"torch", "openvino", "onnxruntime", "onnxscript"}
    monkeypatch.setattr(resolve, "find_spec", lambda name: object() if name in modules else None)
    return modules


def place(**values: object) -> Placement:
    return choose_placement(InferenceConfig.parse(values))


def test_auto_takes_openvino_on_a_cpu_where_it_is_installed(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert place() == Placement("openvino")
    installed.remove("openvino")
    assert place() == Placement("torch", threads=2)


def test_auto_takes_torch_on_a_gpu(installed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert place() == Placement("torch", "cuda")
    assert place(device="cpu") == Placement("openvino")
    assert place(backend="openvino") == Placement("openvino")
    assert installed


@pytest.mark.parametrize(
    ("backend", "lacking"), [("openvino", "openvino"), ("onnx", "onnxruntime"), ("onnx", "onnxscript")]
)
def test_a_backend_that_is_not_installed_is_not_replaced(
    installed: set[str], backend: str, lacking: str
) -> None:
    installed.remove(lacking)
    with pytest.raises(
        MissingDependencyError,
        match=rf"'{backend}' requires {lacking}, which .* pip install \"podia\[{backend}\]\"",
    ):
        place(backend=backend)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_not_replaced(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigurationError, match=f"device '{device}' is not available: torch finds none"):
        place(device=device)


def test_combinations_that_no_backend_offers_are_refused(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(ConfigurationError, match="'openvino' runs on the CPU, not on 'cuda'"):
        place(backend="openvino", device="cuda")
    with pytest.raises(ConfigurationError, match="'onnx' runs in float32, not in bfloat16"):
        place(backend="onnx", precision="bfloat16")
    assert installed


def test_threads_belong_to_what_results_depend_on_only_where_bits_change(installed: set[str]) -> None:
    few, many = (place(backend="openvino", threads=threads) for threads in (1, 8))
    assert few.identity() == many.identity()
    few, many = (place(backend="torch", device="cpu", threads=threads) for threads in (1, 8))
    assert few.identity() != many.identity()
    assert installed


def test_a_placement_tells_the_version() -> None:
    assert str(Placement("torch", threads=2)) == f"torch {torch.__version__}, cpu, float32"


def test_a_model_is_known_by_its_content(discs_model: Path) -> None:
    chosen = choose_model(InferenceConfig(model=str(discs_model), backend="torch"))
    assert chosen.sha256 == hashlib.sha256(discs_model.read_bytes()).hexdigest()
    assert chosen.card.name == "discs"


def test_decode_settings_replace_the_models_own_one_by_one(discs_model: Path) -> None:
    config = InferenceConfig(model=str(discs_model), backend="torch", decode={"threshold": 0.7})
    chosen = choose_model(config)
    assert chosen.decode == chosen.card.decode.model_copy(update={"threshold": 0.7})


def test_unknown_decode_settings_are_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"Unknown setting 'treshold'. Did you mean 'threshold'"):
        InferenceConfig.parse({"decode": {"treshold": 0.7}})


def test_an_unknown_model_is_answered_with_what_there_is() -> None:
    with pytest.raises(InvalidInputError, match=r"There is no model 'podia-fase'\..*included model"):
        choose_model(InferenceConfig(model="podia-fase"))
