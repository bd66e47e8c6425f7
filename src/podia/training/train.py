"""``podia train``: train a network from a recipe and annotated movies."""

from __future__ import annotations

import hashlib
import json
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import torch

from podia.data.config import Settings
from podia.data.errors import ConfigurationError
from podia.networks.card import ModelCard
from podia.networks.inference.allocation import keep_freed_memory
from podia.networks.model_file import save_model
from podia.networks.models.network import Network
from podia.networks.models.registry import build_network
from podia.networks.outputs.base import DecodeConfig
from podia.networks.outputs.targets import make_target
from podia.reporting.wording import count
from podia.training.checkpoint import TrainingState
from podia.training.checks import check_training
from podia.training.clips.clips import ClipSampler, SequenceSampler
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.data_list import Annotations, read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.extra import require_training_extra
from podia.training.initial_weights import set_initial_weights
from podia.training.loader import ClipLoader
from podia.training.loop import Limits, LoopHooks, run_training
from podia.training.losses.registry import build_loss
from podia.training.recipe import Recipe, StageRecipe, load_recipe
from podia.training.report.page import TrainingFacts, TrainingReport
from podia.training.split import Split, split_movies
from podia.training.tip_targets import TipTargets
from podia.training.validation import Scores, validate

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Device = Literal["auto", "cpu", "cuda", "mps"]


class TrainingProgress(Protocol):
    """Callback after every step."""

    def __call__(self, state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
        """Report the progress; `scores` after a validation."""


def quiet(state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class TrainingResources:
    """Device and time limit of a training."""

    device: Device = "auto"
    n_devices: int = 1
    """GPUs; each processes its own batches, and gradients are averaged."""
    minutes: float | None = None
    n_workers: int = 1


def train(
    recipe: str | Path | Recipe,
    data: Sequence[str | Path],
    output: str | Path,
    *,
    settings: Settings | None = None,
    name: str | None = None,
    reading: ReadingOptions | None = None,
    resources: TrainingResources | None = None,
    progress: TrainingProgress = quiet,
) -> Path:
    """Train a network and return its model file, ``OUTPUT/model.safetensors``, with the best weights.

    The best weights are those with the best validation score. An interrupted training resumes if it is started again
    with the same recipe, data and folder, and ends with the same weights. Before the first validation there is no model
    file.

    Parameters
    ----------
    recipe
        A recipe, the name of an included one, or a TOML file.
    data
        Annotated movies: folders (see :func:`podia.training.data.sources.read_annotated`) or data lists (TOML).
    output
        Folder for the model, the history and the report; created if necessary.
    settings
        Changes to the recipe, with the keys of ``podia train --set``, such as ``{"clips.patch_px": 320}``.
    name
        Name of the model, in its card and in all reports. Default: name of the folder.
    reading
        Calibration and kind of annotation, for folders in `data`.
    resources
        Device and time limit.
    progress
        Called after every step.

    Raises
    ------
    ConfigurationError
        If the recipe is inconsistent, or does not fit the labels or the memory; before the first step.
    MovieReadError, InvalidInputError
        If the data cannot be read, or `output` contains another training.
    MissingDependencyError
        If the packages for training are not installed.
    """
    require_training_extra()
    plan = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    plan = plan.with_settings(settings or {})
    annotations = read_data(data, reading).with_field_margin(plan.field_margin_px)
    split = split_movies(annotations.movies, plan.split)
    train_on(plan, annotations, split, output, name=name, resources=resources, progress=progress)
    return Path(output) / "model.safetensors"


def train_on(
    plan: Recipe,
    annotations: Annotations,
    split: Split,
    output: str | Path,
    *,
    name: str | None = None,
    resources: TrainingResources | None = None,
    progress: TrainingProgress = quiet,
) -> TrainingState:
    """Train a network as :func:`train` does, on movies that are already read and split; return the last state.

    Raises
    ------
    ConfigurationError, InvalidInputError
        As :func:`train`.
    """
    resources = resources or TrainingResources()
    folder = Path(output)
    network = build_network(plan.architecture, plan.network, seed=plan.seed)
    start = set_initial_weights(network, plan.initial_weights)
    fabric = _fabric(plan, resources)
    check_training(network, plan, split.train, device=fabric.device)
    tips = TipTargets(plan.protrusions, plan.target.tip_radius_px) if network.config.tips else None
    movies = TrainingMovies(split.train, plan.clips, tips=tips)
    keep_freed_memory()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    fabric.launch()
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    facts = TrainingFacts(
        name or folder.resolve().name or plan.name,
        plan,
        annotations,
        split,
        network.config.head,
        n_parameters,
        start,
        device_in_words(fabric),
    )
    run = _Training(
        plan, annotations, split, movies, TrainingReport(folder, facts), folder, resources, progress
    )
    recipe_hash = _hash(plan, annotations)
    folder.mkdir(parents=True, exist_ok=True)
    state = run_training(
        network,
        plan,
        build_loss(plan.loss, network.config.head, tips=network.config.tips),
        fabric,
        folder,
        LoopHooks(
            batches=partial(run.batches, network, fabric.global_rank),
            validate=run.validate,
            save_best=run.save_best,
            progress=run.report_progress,
        ),
        recipe_hash=recipe_hash,
        limits=Limits(None if resources.minutes is None else 60.0 * resources.minutes),
    )
    if fabric.is_global_zero:
        save_model(folder / "last.safetensors", network, run.card(None))
        run.report.write(state, ended=True)
    fabric.barrier()
    if fabric.world_size > 1:
        torch.distributed.destroy_process_group()  # left open, it would abort at interpreter exit
    return state


def _fabric(recipe: Recipe, resources: TrainingResources) -> Fabric:
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(resources.device, True):
        seen = ", ".join(["cpu", *(name for name, is_there in available.items() if is_there)])
        raise ConfigurationError(
            f"Device '{resources.device}' is not available. torch found: {seen}. Use one of these, or auto."
        )
    from lightning_fabric import Fabric  # part of the extra for training

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the report mentions a faster precision or device
        # Clips of one frame give no gradients for the recurrent weights.
        strategy = "auto" if resources.n_devices == 1 else "ddp_find_unused_parameters_true"
        return Fabric(
            accelerator=resources.device,
            strategy=strategy,
            devices=resources.n_devices,
            precision=recipe.precision,
        )


def device_in_words(fabric: Fabric) -> str:
    """Describe the device of a training, such as ``2 x NVIDIA A100`` or ``CPU (4 threads)``."""
    if fabric.device.type == "cuda":
        name = torch.cuda.get_device_name(fabric.device)
    elif fabric.device.type == "cpu":
        name = f"CPU ({count(torch.get_num_threads(), 'thread')})"
    else:
        name = fabric.device.type.upper()
    return name if fabric.world_size == 1 else f"{fabric.world_size} x {name}"


@dataclass(frozen=True)
class _Training:
    recipe: Recipe
    annotations: Annotations
    split: Split
    movies: TrainingMovies
    report: TrainingReport
    folder: Path
    resources: TrainingResources
    progress: TrainingProgress

    def batches(
        self, network: Network, device: int, number: int, stage: StageRecipe, start_step: int
    ) -> ClipLoader:
        """Return the batches of a stage for a device, starting at a step."""
        length = stage.clip_frames or self.recipe.clips.length
        config = self.recipe.clips.model_copy(update={"length": length})
        seed = int(np.random.SeedSequence([self.recipe.seed, number]).generate_state(1)[0])
        sampler = (
            SequenceSampler(self.movies, config, self.recipe.windows_per_sequence, seed)
            if self.recipe.truncated_backpropagation
            else ClipSampler(self.movies, config, seed)
        )
        target = partial(
            make_target,
            head=network.config.head,
            config=self.recipe.target,
            weights=self.recipe.loss.weights,
        )
        return ClipLoader(
            sampler,
            target,
            batch_size=stage.batch_size,
            supervision=network.supervision,
            n_workers=self.resources.n_workers,
            start_step=start_step,
            device=device,
        )

    def validate(self, network: Network) -> Scores:
        """Return the scores on the validation data."""
        return validate(network, self.split.validation, self.recipe, look=self.report.new_gallery().look)

    def save_best(self, network: Network, scores: Scores) -> None:
        """Save the best weights so far."""
        save_model(self.folder / "model.safetensors", network, self.card(scores))

    def report_progress(self, state: TrainingState, loss: float, scores: Scores | None) -> None:
        """Write the report after a validation, and report progress."""
        if scores is not None:
            self.report.write(state)
        self.progress(state, self.recipe.n_steps, loss, scores)

    def card(self, scores: Scores | None) -> ModelCard:
        """Return the model card."""
        intervals = {m.calibration.frame_interval_s for m in self.annotations.movies}
        measured = {} if scores is None else scores.defined()
        return ModelCard(
            name=self.report.facts.name,
            architecture=self.recipe.architecture,
            network=self.recipe.network,
            decode=self._decoding(scores),
            pixel_size_um=self._pixel_size_um(),
            frame_interval_s=intervals.pop() if len(intervals) == 1 else None,
            data=self.annotations.sources,
            recipe=self.recipe.model_dump(mode="json"),
            scores={f"validation {name}": value for name, value in measured.items()},
            limits=self.split.note,
            licence=self.recipe.licence,
        )

    def _pixel_size_um(self) -> float | None:
        """Return the pixel size of the network; None if it differs between movies or is unknown for some."""
        sizes = {movie.calibration.pixel_size_um for movie in self.annotations.movies}
        target = self.recipe.clips.target_pixel_size_um
        if target is not None and None not in sizes:
            return target
        return sizes.pop() if len(sizes) == 1 else None

    def _decoding(self, scores: Scores | None) -> DecodeConfig:
        """Return the decode settings, with the threshold selected in validation, if any."""
        if scores is None or scores.threshold is None:
            return self.recipe.decode
        return self.recipe.decode.model_copy(update={"spot_threshold": scores.threshold})


def _hash(recipe: Recipe, annotations: Annotations) -> str:
    """Return a hash of the recipe and of the movies with labels, which must not change when training resumes."""
    data = [_identity(movie) for movie in annotations.movies]
    text = json.dumps([recipe.model_dump(mode="json"), data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _identity(movie: AnnotatedMovie) -> list[object]:
    """Return a summary of a movie for the hash: grey range, and checksums of labels."""
    return [
        movie.dataset,
        movie.name,
        list(movie.movie.shape),
        movie.calibration.pixel_size_um,
        movie.grey_range,
        movie.frame_numbers,
        movie.coverage,
        movie.background_value,
        movie.marks,
        movie.instances,
        [[frame, zlib.crc32(movie.read_labels(frame).tobytes())] for frame in movie.labels.frames],
        None
        if movie.tips is None
        else [[frame, tips.tolist()] for frame, tips in sorted(movie.tips.items())],
    ]
