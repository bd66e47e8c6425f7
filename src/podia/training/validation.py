"""How good a network is on movies that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    """A validation frame with its truth, the network's prediction and the cells decoded from it.

    `instances` says whether the truth tells one cell from the next.
    """

    movie: str
    frame: int
    image: Image
    truth: LabelImage
    prediction: NDArray[np.float32]
    labels: LabelImage
    instances: bool = True


@dataclass(frozen=True)
class Scores:
    """Scores over all validation frames.

    SEG is the mean IoU of all true cells, 0 where a cell has no match (Cell Tracking Challenge); Jaccard is that of
    the foreground, pooled over pixels. Unlabelled pixels count in neither. Where some movies tell cells apart and
    others only cells from background, SEG is that of the former.
    """

    seg: float
    jaccard: float
    n_cells: int


@dataclass(frozen=True)
class FrameScores:
    """What a frame adds to the scores: the IoU of each true cell that has a match, and pixels of the foreground."""

    ious: tuple[float, ...]
    n_cells: int
    n_found: int
    common_px: int
    union_px: int
    instances: bool = True

    @property
    def seg(self) -> float:
        """SEG of the frame alone, NaN without true cells."""
        return sum(self.ious) / self.n_cells if self.n_cells else float("nan")

    @property
    def jaccard(self) -> float:
        """Jaccard index of the frame's foreground alone, NaN where there is neither a true nor a found one."""
        return self.common_px / self.union_px if self.union_px else float("nan")


Look = Callable[[Validated, FrameScores], None]
"""Is shown each validation frame with its scores."""


def look_at_nothing(result: Validated, scores: FrameScores) -> None:
    """Look at no frame."""


def validate(
    network: Network,
    movies: Sequence[UsableMovie],
    recipe: Recipe,
    progress: Progress = silent,
    *,
    look: Look = look_at_nothing,
) -> Scores:
    """Return the scores of `network` on annotated frames of `movies`, NaN where there are none."""
    frames: list[FrameScores] = []
    for result in predict_frames(network, movies, recipe, progress):
        frames.append(score_frame(result))
        look(result, frames[-1])
    of_cells = [frame for frame in frames if frame.instances] or frames
    n_cells, union = sum(frame.n_cells for frame in of_cells), sum(frame.union_px for frame in frames)
    ious = sum(iou for frame in of_cells for iou in frame.ious)
    common = sum(frame.common_px for frame in frames)
    return Scores(
        ious / n_cells if n_cells else float("nan"), common / union if union else float("nan"), n_cells
    )


def score_frame(result: Validated) -> FrameScores:
    """Return what a frame adds to the scores; unlabelled pixels are left out."""
    known = result.truth >= 0
    truth, labels = np.where(known, result.truth, 0), np.where(known, result.labels, 0)
    match = match_labels(truth, labels)
    return FrameScores(
        tuple(match.ious),
        len(match.truth_labels),
        len(match.result_labels),
        int(np.count_nonzero((truth > 0) & (labels > 0))),
        int(np.count_nonzero((truth > 0) | (labels > 0))),
        result.instances,
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
            movie.name,
            frame,
            movie.movie.frame(frame),
            movie.read_labels(frame),
            prediction,
            labels,
            movie.instances,
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
