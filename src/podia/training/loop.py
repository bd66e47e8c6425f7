"""The training loop: stages of steps, validation, checkpoints; independent of the network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from podia.networks.models.network import Network, Tensors
from podia.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from podia.training.history import History
from podia.training.loader import Batch, ClipLoader
from podia.training.optimisation import build_optimiser, learning_rate
from podia.training.recipe import Recipe, StageRecipe
from podia.training.validation import Scores

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Loss = Callable[[Tensor, Tensor], Tensor]
"""``loss(logits (N, K, H, W), target (N, C, H, W))``, ignoring unlabelled pixels."""


@dataclass(frozen=True)
class LoopHooks:
    """Callbacks of the loop."""

    batches: Callable[[int, StageRecipe, int], ClipLoader]
    """``batches(stage number, stage, first step)``: the loader for a stage, starting at a step."""
    validate: Callable[[Network], Scores]
    save_best: Callable[[Network, Scores], None]
    """Called with the best weights so far."""
    progress: Callable[[TrainingState, float, Scores | None], None]


@dataclass(frozen=True)
class Limits:
    """Limits at which a training stops before its last step; at least one step is done."""

    seconds: float | None = None
    """Limit for this call, without earlier calls of the same training."""
    checkpoint_every: int = 50


def run_training(
    network: Network,
    recipe: Recipe,
    loss: Loss,
    fabric: Fabric,
    folder: Path,
    hooks: LoopHooks,
    *,
    recipe_hash: str,
    limits: Limits,
) -> TrainingState:
    """Train `network` in place to the end of `recipe` or to a limit, resuming from a checkpoint in `folder`."""
    checkpoint = folder / "checkpoint.safetensors"
    state = TrainingState()
    carried: Tensors = ()
    if checkpoint.is_file():
        state, carried = load_checkpoint(checkpoint, network=network, optimiser=None, recipe_hash=recipe_hash)
        if not fabric.is_global_zero:
            carried = ()  # the checkpoint has the state of the first device; other devices process other movies
    history = History(folder, from_step=state.step) if fabric.is_global_zero else None
    clock, resumed_at = _Clock(earlier=state.seconds), state.step
    first = 0
    for number, stage in enumerate(recipe.stages):
        last = first + stage.steps
        if (
            state.step < last
            and not is_finished(state, recipe)
            and (state.step == resumed_at or not _is_out_of_time(limits, clock, fabric))
        ):
            runner = _StageRun(
                network, recipe, number, stage, first, loss, fabric, folder, hooks, recipe_hash, limits
            )
            state, carried = runner.run(state, carried, history, clock)
        first = last
    if history is not None:
        history.close()
    return state


def is_finished(state: TrainingState, recipe: Recipe) -> bool:
    """Return whether a training has done all steps, or has run out of patience in its last stage."""
    in_last_stage = state.step > recipe.n_steps - recipe.stages[-1].steps
    return state.step >= recipe.n_steps or (in_last_stage and _is_out_of_patience(state, recipe))


def _is_out_of_patience(state: TrainingState, recipe: Recipe) -> bool:
    """Return whether the current stage has run out of patience."""
    patience = recipe.validation.patience
    return patience is not None and state.validations_without_gain >= patience


class _Clock:
    """Duration of this call and of earlier calls of the same training."""

    def __init__(self, earlier: float) -> None:
        self._earlier = earlier
        self._began = time.perf_counter()

    @property
    def here(self) -> float:
        """Seconds of this call."""
        return time.perf_counter() - self._began

    @property
    def total(self) -> float:
        """Seconds of all calls."""
        return self._earlier + self.here


def _is_out_of_time(limits: Limits, clock: _Clock, fabric: Fabric) -> bool:
    """Return whether the time limit is reached, by the clock of the first device: all must stop at the same step."""
    return limits.seconds is not None and fabric.broadcast(clock.here >= limits.seconds)


class _LossModule(torch.nn.Module):
    """A network with its loss, as a module: Fabric handles several devices and lower precision only in `forward`."""

    def __init__(self, network: Network, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.loss = loss

    def forward(self, frames: Tensor, targets: Tensor, state: Tensors | None) -> tuple[Tensor, Tensors]:
        """Return the loss, and the state after the clips."""
        return self.network.training_loss(frames, targets, self.loss, state)


@dataclass
class _StageRun:
    network: Network
    recipe: Recipe
    number: int
    stage: StageRecipe
    first: int
    loss: Loss
    fabric: Fabric
    folder: Path
    hooks: LoopHooks
    recipe_hash: str
    limits: Limits

    def run(
        self, state: TrainingState, carried: Tensors, history: History | None, clock: _Clock
    ) -> tuple[TrainingState, Tensors]:
        """Run the steps of the stage from `state`; the first device, which has a history, reports progress.

        If patience runs out, the rest of the stage is skipped.
        """
        last = self.first + self.stage.steps
        if state.step == self.first:
            state = replace(state, validations_without_gain=0)
        for parameter in self.network.encoder_parameters():
            parameter.requires_grad_(not self.stage.freeze_encoder)
        optimiser = build_optimiser(self.network.parameters(), self.stage)
        checkpoint = self.folder / "checkpoint.safetensors"
        model, wrapped = self.fabric.setup(_LossModule(self.network, self.loss), optimiser)
        if state.step > self.first:
            # After the network was moved to its device: the optimiser's moments are created beside its weights.
            load_checkpoint(
                checkpoint, network=self.network, optimiser=optimiser, recipe_hash=self.recipe_hash
            )
        carried = self.fabric.to_device(carried)
        loader = self.hooks.batches(self.number, self.stage, state.step - self.first)
        waited = state.seconds_waited
        self._to_training_mode()
        for batch in loader:
            value, carried = self._step(model, wrapped, batch, carried, state.step - self.first)
            state = replace(
                state,
                step=state.step + 1,
                seconds=clock.total,
                seconds_waited=waited + loader.seconds_waited,
            )
            scores = None
            if state.step % self.recipe.validation.every_steps == 0 or state.step == self.recipe.n_steps:
                scores = self._validate()
                state = self._update_best(state, scores)
                state = replace(state, seconds=clock.total)
            if history is not None:
                self._record_step(history, state, value, scores)
            if _is_out_of_patience(state, self.recipe) and last < self.recipe.n_steps:
                state = replace(state, step=last, validations_without_gain=0)
            over = (
                state.step >= last
                or is_finished(state, self.recipe)
                or _is_out_of_time(self.limits, clock, self.fabric)
            )
            if self.fabric.is_global_zero and (over or state.step % self.limits.checkpoint_every == 0):
                save_checkpoint(
                    checkpoint,
                    network=self.network,
                    optimiser=optimiser,
                    carried=carried,
                    state=state,
                    recipe_hash=self.recipe_hash,
                )
            if over:
                break
        loader.close()
        return state, carried

    def _to_training_mode(self) -> None:
        """Set the network to training mode, except for a frozen encoder: its batch norm keeps its means (Keras)."""
        self.network.train()
        if not self.stage.freeze_encoder:
            return
        for module in self.network.modules():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()

    def _step(
        self,
        model: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        batch: Batch,
        carried: Tensors,
        step: int,
    ) -> tuple[float, Tensors]:
        """Do one step; return its loss and the detached state to carry on."""
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(self.stage, step)
        # Seed dropout by (seed, step, device), as clips are, so that a resumed training draws the same.
        seeds = np.random.SeedSequence([self.recipe.seed, self.number, step, self.fabric.global_rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        frames = self.fabric.to_device(batch.frames)
        targets = self.fabric.to_device(batch.targets)
        begin = carried if self.recipe.truncated_backpropagation and not batch.first and carried else None
        value, state = model(frames, targets, begin)
        optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(value)
        if self.stage.max_gradient_norm is not None:
            self.fabric.clip_gradients(model, optimiser, max_norm=self.stage.max_gradient_norm)
        optimiser.step()
        kept = tuple(tensor.detach() for tensor in state) if self.recipe.truncated_backpropagation else ()
        return float(value.detach()), kept

    def _validate(self) -> Scores:
        """Return the scores, which the first device computes while the others wait."""
        scores = self.hooks.validate(self.network) if self.fabric.is_global_zero else None
        self._to_training_mode()
        return cast(Scores, self.fabric.broadcast(scores))

    def _record_step(
        self, history: History, state: TrainingState, loss: float, scores: Scores | None
    ) -> None:
        """Write a step to the history, and report progress."""
        history.add(
            step=state.step,
            stage=self.number + 1,
            loss=loss,
            learning_rate=learning_rate(self.stage, state.step - 1 - self.first),
            SEG=None if scores is None else scores.seg,
            Jaccard=None if scores is None else scores.jaccard,
            F=None if scores is None else scores.f_score,
            tip_F=None if scores is None else scores.tip_f_score,
            seconds=state.seconds,
            seconds_waited=state.seconds_waited,
        )
        self.hooks.progress(state, loss, scores)

    def _save_best(self, scores: Scores) -> None:
        if self.fabric.is_global_zero:
            self.hooks.save_best(self.network, scores)

    def _update_best(self, state: TrainingState, scores: Scores) -> TrainingState:
        """Return `state` after a validation; save the weights if they are the best so far."""
        score = scores.of(self.recipe.validation.metric)
        if score != score:  # NaN: there is nothing to validate on, so the last weights are the best
            self._save_best(scores)
            return replace(state, best_step=state.step)
        if state.best_score is None or score > state.best_score:
            self._save_best(scores)
            return replace(state, best_score=score, best_step=state.step, validations_without_gain=0)
        return replace(state, validations_without_gain=state.validations_without_gain + 1)
