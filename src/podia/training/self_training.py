"""Self-training: confident detections without annotation become pseudo-labels of the next round."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.movie import LabelImage
from podia.files.atomic import atomic_path
from podia.io.points import read_points, write_points
from podia.networks.model_file import load_model
from podia.networks.models.network import Network
from podia.networks.models.registry import find_architecture
from podia.networks.outputs.spots import SpotOutput
from podia.training.added_detections import add_detections
from podia.training.data.annotated import UsableMovie
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.detection_consistency import Positions, frames_followed
from podia.training.extra import require_training_extra
from podia.training.loop import is_finished
from podia.training.recipe import Recipe, SelfTrainingRecipe, load_recipe
from podia.training.split import split_movies
from podia.training.train import TrainingProgress, TrainingResources, quiet, train_on
from podia.training.validation import spots_of_frame


def self_train(
    recipe: str | Path | Recipe,
    data: Sequence[str | Path],
    output: str | Path,
    rounds: int,
    *,
    name: str | None = None,
    reading: ReadingOptions | None = None,
    resources: TrainingResources | None = None,
    progress: TrainingProgress = quiet,
) -> Path:
    """Train in several rounds, each starting from the weights of the previous one; return the last model file.

    After each round the network is applied to its training frames. Confident detections away from the annotation that
    persist in neighbouring frames become pseudo-labels of the next round, or are ignored there
    (``recipe.self_training``). Validation data are not changed.

    Each round is a training in ``OUTPUT/round-K``, with its pseudo-labels in ``detections.csv``; the last model is
    copied to ``OUTPUT/model.safetensors``. The same call resumes an interrupted training.

    Parameters
    ----------
    recipe, data, output, name, reading, resources, progress
        As for :func:`podia.training.train.train`. The head must have spots. The time limit is for all rounds.
    rounds
        Number of rounds; 1 is ordinary training.

    Raises
    ------
    InvalidInputError
        If `rounds` is less than 1; and as ``train``.
    ConfigurationError, MovieReadError
        If the network predicts no positions, or there are several devices; and as ``train``.
    MissingDependencyError
        As ``train``.
    """
    if rounds < 1:
        raise InvalidInputError(f"rounds must be at least 1, not {rounds}.")
    require_training_extra()
    plan = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    head = find_architecture(plan.architecture).configure(plan.network).head
    if rounds > 1 and not isinstance(head, SpotOutput):
        raise ConfigurationError(
            f"Self-training adds positions of cells, which the head '{head.name}' does not predict. Use a recipe for "
            f"point annotation: points or points-and-masks."
        )
    resources, folder = resources or TrainingResources(), Path(output)
    if rounds > 1 and resources.n_devices > 1:
        raise ConfigurationError(
            f"Self-training supports one device, not {resources.n_devices}. Remove --devices or --rounds."
        )
    annotations = read_data(data, reading).with_field_margin(plan.field_margin_px)
    split = split_movies(annotations.movies, plan.split)
    started = time.perf_counter()
    model = folder / "model.safetensors"
    for number in range(1, rounds + 1):
        here, now, parts = folder / f"round-{number}", plan, split.train
        if number > 1:
            now = plan.model_copy(update={"initial_weights": str(model)})
            parts = _with_detections(parts, model, plan, here / "detections.csv")
        left = (
            None if resources.minutes is None else resources.minutes - (time.perf_counter() - started) / 60.0
        )
        state = train_on(
            now,
            annotations,
            replace(split, train=parts),
            here,
            name=name or folder.resolve().name,
            resources=replace(resources, minutes=left),
            progress=progress,
        )
        model = here / "model.safetensors"
        if model.is_file():  # there is none before the first validation
            with atomic_path(folder / model.name) as temporary:
                shutil.copyfile(model, temporary)
        if not is_finished(state, plan):
            break
    return folder / model.name


def _with_detections(
    parts: Sequence[UsableMovie], model: Path, recipe: Recipe, file: Path
) -> tuple[UsableMovie, ...]:
    """Return the movies with the model's detections added to the labels; detections are cached in `file`."""
    settings = recipe.self_training
    if not file.is_file():
        network, card = load_model(str(model))
        recipe = recipe.model_copy(update={"decode": card.decode or recipe.decode})
        tables = [
            _table(find_unannotated(network, part, recipe, settings), index)
            for index, part in enumerate(parts)
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        write_points(pd.concat(tables, ignore_index=True), file)
    found = read_points(file)
    return tuple(
        add_detections(
            part,
            {
                int(frame): rows[["y", "x"]].to_numpy(float)
                for frame, rows in found[found["movie"] == index].groupby("frame")
            },
            use=settings.use,
            ignore_radius_px=settings.ignore_radius_px,
        )
        for index, part in enumerate(parts)
    )


def find_unannotated(
    network: Network, usable: UsableMovie, recipe: Recipe, settings: SelfTrainingRecipe
) -> dict[int, NDArray[np.float64]]:
    """Return confident detections without annotation, by annotated frame: ``(N, 3)`` of y, x in px and score.

    A detection counts if its score is at least ``confidence``, nothing annotated is within ``away_px``, and it can be
    followed over ``min_frames`` frames (or all, if there are fewer), where its score must exceed
    ``decode.spot_threshold``.
    """
    spots: dict[int, NDArray[np.float64]] = {}
    found = {}
    for frame in usable.annotated_frames:
        run = usable.run_of(frame)
        reach = settings.min_frames - 1
        around = range(max(run.start, frame - reach), min(run.stop, frame + reach + 1))
        for t in around:
            if t not in spots:
                spots[t] = spots_of_frame(network, usable, t, recipe)
        positions = {t: spots[t][:, :2] for t in around}
        steady = frames_followed(positions, frame, settings.max_step_px) >= min(
            settings.min_frames, len(around)
        )
        sure = spots[frame][:, 2] >= settings.confidence
        away = ~_is_annotated(spots[frame][:, :2], usable.annotated.read_labels(frame), settings.away_px)
        found[frame] = spots[frame][steady & sure & away]
    return found


def _is_annotated(positions: Positions, labels: LabelImage, away_px: float) -> NDArray[np.bool_]:
    """Return which positions lie within `away_px` of a cell, or in unlabelled regions."""
    taken = labels < 0
    if (labels > 0).any():
        taken |= ndi.distance_transform_edt(labels <= 0) <= away_px
    rows, columns = np.clip(np.rint(positions).astype(int), 0, np.array(labels.shape) - 1).T
    return np.asarray(taken[rows, columns])


def _table(found: Mapping[int, NDArray[np.float64]], movie: int) -> pd.DataFrame:
    frames = np.concatenate([np.full(len(rows), frame) for frame, rows in found.items()] or [np.empty(0)])
    rows = np.concatenate([*found.values(), np.empty((0, 3))])
    return pd.DataFrame(
        {
            "frame": frames.astype(np.int64),
            "y": rows[:, 0],
            "x": rows[:, 1],
            "score": rows[:, 2],
            "movie": movie,
        }
    )
