"""How good a network is on movies that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from podia.data.movie import Image, LabelImage
from podia.data.progress import Progress, silent
from podia.evaluation.ctc_matching import match_labels
from podia.segmentation.decode import decode
from podia.segmentation.heads import HEADS
from podia.segmentation.inference.resampling import resample_labels, resample_values
from podia.segmentation.models.activation import activate
from podia.segmentation.models.network import Network
from podia.segmentation.scaling import scale_grey
from podia.training.annotated import UsableMovie
from podia.training.recipe import Recipe
from podia.training.training_movies import scale_of
from podia.training.transform import scaled_shape


@dataclass(frozen=True)
class Validated:
    """A validation frame with its truth, the network's prediction and the cells decoded from it."""

    movie: str
    frame: int
    image: Image
    truth: LabelImage
    prediction: NDArray[np.float32]
    labels: LabelImage


@dataclass(frozen=True)
class Scores:
    """Scores over all validation frames.

    SEG is the mean IoU of all true cells, 0 where a cell has no match (Cell Tracking Challenge); Jaccard is that of
    the foreground, pooled over pixels. Unlabelled pixels count in neither.
    """

    seg: float
    jaccard: float
    n_cells: int


def validate(
    network: Network, movies: Sequence[UsableMovie], recipe: Recipe, progress: Progress = silent
) -> Scores:
    """Return the scores of `network` on annotated frames of `movies`, NaN where there are none."""
    ious: list[float] = []
    n_cells = common = union = 0
    for result in predict_frames(network, movies, recipe, progress):
        known = result.truth >= 0
        truth, labels = np.where(known, result.truth, 0), np.where(known, result.labels, 0)
        match = match_labels(truth, labels)
        ious += match.ious
        n_cells += len(match.truth_labels)
        common += int(np.count_nonzero((truth > 0) & (labels > 0)))
        union += int(np.count_nonzero((truth > 0) | (labels > 0)))
    return Scores(
        sum(ious) / n_cells if n_cells else float("nan"), common / union if union else float("nan"), n_cells
    )


def predict_frames(
    network: Network, movies: Sequence[UsableMovie], recipe: Recipe, progress: Progress = silent
) -> Iterator[Validated]:
    """Yield the network's result on at most ``max_frames`` annotated frames, spread evenly over all movies."""
    settings = recipe.validation
    chosen = _spread(movies, settings.max_frames)
    for done, (usable, frame) in enumerate(chosen, start=1):
        movie, run = usable.annotated, usable.run_of(frame)
        context = settings.context_frames if network.recurrent else 0
        first = max(run.start, frame - context)
        last = min(run.stop - 1, frame + network.lookahead)
        shape = scaled_shape(movie.movie.frame_shape, scale_of(movie, recipe.clips))
        images = np.stack(
            [
                scale_grey(resample_values(movie.movie.frame(t), shape), *movie.grey_range)
                for t in range(first, last + 1)
            ]
        )
        prediction = _predict(network, images, frame - first)
        labels = resample_labels(
            decode(prediction, network.config.head, recipe.decode), movie.movie.frame_shape
        )
        yield Validated(
            movie.name, frame, movie.movie.frame(frame), movie.read_labels(frame), prediction, labels
        )
        progress("validate", done, len(chosen))


def _spread(movies: Sequence[UsableMovie], max_frames: int) -> list[tuple[UsableMovie, int]]:
    annotated = [(movie, frame) for movie in movies for frame in movie.annotated_frames]
    if len(annotated) <= max_frames:
        return annotated
    return [annotated[i] for i in np.linspace(0, len(annotated) - 1, max_frames).round().astype(int)]


def _predict(network: Network, images: NDArray[np.float32], index: int) -> NDArray[np.float32]:
    """Return the prediction ``(K, Y, X)`` for frame `index` of `images` ``(T, Y, X)``."""
    height, width = images.shape[1:]
    stride = network.stride
    device = next(network.parameters()).device
    bottom, right = -height % stride, -width % stride
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        state = None
        clip = torch.from_numpy(images)[:, None, None].to(device)  # T, N, C, Y, X
        padded = [functional.pad(f, (0, right, 0, bottom), mode="reflect") for f in clip]
        features = [network.encode(frame) for frame in padded]
        for t in range(index + 1):
            state = network.initial_state(features[t]) if state is None else state
            joined, state = network.recur(features[t], state, features[t + 1 : t + 1 + network.lookahead])
        prediction = activate(network.decode(joined), network.config.head)[0, :, :height, :width]
    network.train(was_training)
    n_channels = HEADS[network.config.head].n_channels + int(network.config.tips)
    return np.ascontiguousarray(prediction[:n_channels].float().cpu().numpy())
