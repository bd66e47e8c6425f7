"""Training in rounds: what the network is sure of and nobody annotated is learned from in the next round."""

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
from podia.training.data.data_list import DataEntry, read_data
from podia.training.detection_consistency import Positions, frames_followed
from podia.training.extra import require_training_extra
from podia.training.loop import is_finished
from podia.training.recipe import Recipe, SelfTrainingRecipe, load_recipe
from podia.training.split import split_movies
from podia.training.train import TrainingPlace, TrainingProgress, quiet, train_on
from podia.training.validation import spots_of_frame


def self_train(
    recipe: str | Path | Recipe,
    data: Sequence[str | Path],
    output: str | Path,
    rounds: int,
    *,
    reading: DataEntry | None = None,
    place: TrainingPlace | None = None,
    progress: TrainingProgress = quiet,
) -> Path:
    """Train over `rounds`, each from the weights of the one before, and return the last one's model file.

    After each round the network looks at the annotated frames that it learned from. What it is sure to see there, away
    from what was annotated and in the frames before and after too, becomes annotation for the next round, or is left
    out of it (``recipe.self_training``). What is held back for validation stays as it was annotated.

    Each round is a training of its own in ``OUTPUT/round-K``, with what was added in ``detections.csv``; the last one's
    model is copied to ``OUTPUT/model.safetensors``. The same call goes on where it was stopped.

    Parameters
    ----------
    recipe, data, output, reading, place, progress
        As for :func:`podia.training.train.train`. The head must have spots. The time limit is for all rounds.
    rounds
        How often is trained; 1 is ordinary training.

    Raises
    ------
    InvalidInputError
        If `rounds` is less than 1; and as ``train``.
    ConfigurationError, MovieReadError
        If the network gives no positions, or there are several devices; and as ``train``.
    MissingDependencyError
        As ``train``.
    """
    if rounds < 1:
        raise InvalidInputError(f"Training takes 1 round or more, not {rounds}.")
    require_training_extra()
    plan = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    head = find_architecture(plan.architecture).configure(plan.network).head
    if rounds > 1 and not isinstance(head, SpotOutput):
        raise ConfigurationError(
            f"Training in rounds adds positions of cells, which the head '{head.name}' does not give. Take a recipe "
            f"for points, such as points or points-and-masks."
        )
    place, folder = place or TrainingPlace(), Path(output)
    if rounds > 1 and place.n_devices > 1:
        raise ConfigurationError(
            f"Training in rounds runs on one device, not on {place.n_devices}. Leave --devices out, or train in one "
            f"round."
        )
    annotations = read_data(data, reading or DataEntry(paths=(".",))).with_field_margin(plan.field_margin_px)
    split = split_movies(annotations.movies, plan.split)
    began = time.perf_counter()
    model = folder / "model.safetensors"
    for number in range(1, rounds + 1):
        here, now, parts = folder / f"round-{number}", plan, split.train
        if number > 1:
            now = plan.model_copy(update={"initial_weights": str(model)})
            parts = _with_detections(parts, model, plan, here / "detections.csv")
        left = None if place.minutes is None else place.minutes - (time.perf_counter() - began) / 60.0
        state = train_on(
            now,
            annotations,
            replace(split, train=parts),
            here,
            place=replace(place, minutes=left),
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
    """Return the movies with the model's detections in their labels; these are kept in `file`, or read from it."""
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
    """Return what the network is sure of and nobody annotated, by annotated frame: ``(N, 3)`` of y, x in px and score.

    A detection counts if its score is at least ``confidence``, nothing annotated is within ``away_px``, and it can be
    followed through ``min_frames`` frames, or all that there are, where it must exceed ``decode.spot_threshold``.
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
    """Return which positions lie within `away_px` of a cell, or where nothing is known anyway."""
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
