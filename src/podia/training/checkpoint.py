"""Checkpoints: the complete state of a training, without pickles. A resumed training ends with the same weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from podia.data.errors import InvalidInputError
from podia.files.atomic import atomic_path


@dataclass(frozen=True)
class TrainingState:
    """Progress of a training; times include all stages and resumed calls."""

    step: int = 0
    best_score: float | None = None
    best_step: int | None = None
    validations_without_gain: int = 0
    seconds: float = 0.0
    seconds_waited: float = 0.0


def save_checkpoint(
    path: Path,
    *,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    carried: tuple[Tensor, ...],
    state: TrainingState,
    recipe_hash: str,
) -> None:
    """Write the weights, the optimiser's moments and the state carried between clips."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    values = optimiser.state_dict()
    for index, moments in values["state"].items():
        tensors |= {f"optimiser.{index}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    tensors |= {f"carried.{index}": tensor for index, tensor in enumerate(carried)}
    facts = {"state": asdict(state), "groups": values["param_groups"], "recipe": recipe_hash}
    with atomic_path(path) as temporary:
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
            temporary,
            metadata={"training": json.dumps(facts)},
        )


def load_checkpoint(
    path: Path, *, network: nn.Module, optimiser: torch.optim.Optimizer | None, recipe_hash: str
) -> tuple[TrainingState, tuple[Tensor, ...]]:
    """Restore `network` and `optimiser` from the checkpoint at `path`; return its progress.

    If the checkpoint ends a stage, it has no optimiser state and the optimiser is unchanged.

    Raises
    ------
    InvalidInputError
        If the checkpoint belongs to another recipe or other data.
    """
    with safe_open(path, framework="pt") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["training"])
        if facts["recipe"] != recipe_hash:
            raise InvalidInputError(
                f"'{path.parent}' contains a training with another recipe or other data. Choose another "
                "output folder, or delete this one to start again."
            )
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    network.load_state_dict(_below(tensors, "network."))
    if optimiser is not None:
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _below(tensors, "optimiser.").items():
            index, _, key = name.partition(".")
            moments.setdefault(int(index), {})[key] = tensor
        optimiser.load_state_dict({"state": moments, "param_groups": facts["groups"]})
    carried = _below(tensors, "carried.")
    return TrainingState(**facts["state"]), tuple(carried[str(i)] for i in range(len(carried)))


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
