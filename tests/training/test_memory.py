"""What a step of training takes, and what there is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from podia.files import available_memory
from podia.networks.models.registry import build_network
from podia.training.available_memory import available_bytes
from podia.training.batch_memory import batch_bytes
from tiny_trainings import tiny_recipe

KIB = 1024
CPU = torch.device("cpu")


def needed(**changes: object) -> int:
    plan = tiny_recipe(**changes)
    return batch_bytes(build_network(plan.architecture, plan.network, seed=0), plan, plan.stages[0])


def test_activations_grow_with_the_batch_and_the_optimisers_moments_do_not() -> None:
    plan = tiny_recipe()
    network = build_network(plan.architecture, plan.network, seed=0)
    moments = 3 * 4 * sum(parameter.numel() for parameter in network.parameters())
    one, four = (needed(stages=[{"steps": 1, "batch_size": n}]) for n in (1, 4))
    assert one > moments
    assert four - moments == pytest.approx(4 * (one - moments), rel=1e-6)


def test_bfloat16_takes_less() -> None:
    assert needed(precision="bf16-mixed") < 0.8 * needed()


def test_looking_leaves_the_network_as_it_was() -> None:
    plan = tiny_recipe()
    network = build_network(plan.architecture, plan.network, seed=0).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    batch_bytes(network, plan, plan.stages[0])
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 6000 KiB to be had; the folder is that of its control group."""
    group = tmp_path / "cgroup"
    group.mkdir()
    free = SimpleNamespace(available=6000 * KIB)
    monkeypatch.setattr(available_memory.psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(available_memory, "_CONTROL_GROUP", group)
    return group


@pytest.mark.usefixtures("machine")
def test_without_a_container_the_machines_memory_counts() -> None:
    assert available_bytes(CPU) == 6000 * KIB


def test_a_container_without_a_limit_has_the_machines_memory(machine: Path) -> None:
    (machine / "memory.max").write_text("max\n")
    (machine / "memory.current").write_text("123456\n")
    assert available_bytes(CPU) == 6000 * KIB


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_limit_counts_and_its_files_pages_are_free(machine: Path, version: int) -> None:
    names = ("memory.max", "memory.current", "memory.stat")
    if version == 1:
        names = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat")
        (machine / "memory").mkdir()
    limit, usage, statistics = (machine / name for name in names)
    limit.write_text(f"{3000 * KIB}\n")
    usage.write_text(f"{2000 * KIB}\n")
    statistics.write_text(f"anon 1\ninactive_file {500 * KIB}\n")
    assert available_bytes(CPU) == 1500 * KIB
