"""Validation scores during training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import ConfigurationError
from podia.data.movie import Image, LabelImage
from podia.data.progress import Progress, silent
from podia.evaluation.ctc_matching import match_labels
from podia.evaluation.localisation import LocalisationCounts, localisation_counts
from podia.evaluation.positions import centroids
from podia.networks.inference.cells import cells_of_prediction
from podia.networks.inference.resampling import resample_positions, resample_values
from podia.networks.inference.tips import tips_of_prediction
from podia.networks.models.network import Network
from podia.networks.outputs.base import Output
from podia.networks.outputs.spots import SpotDecode, SpotOutput
from podia.training.data.annotated import UsableMovie
from podia.training.frame_prediction import predict_frame
from podia.training.recipe import Metric, Recipe
from podia.training.threshold_choice import LOWEST, THRESHOLDS, SpotsAndTruth, choose_threshold
from podia.training.tip_targets import known_tips

_TIP_CUT_OFF_PX = 5.0
"""Maximum distance between a predicted and a true tip, px of the movie."""


@dataclass(frozen=True)
class Validated:
    """A validation frame with ground truth, prediction, and decoded cells.

    `foreground` is the region where a cell is more probable than background, before decoding. `instances` is whether
    the truth separates cells, `outlines` whether both truth and result have outlines instead of positions only.
    `true_tips` and `found_tips` are protrusion tips, ``(N, 2)`` as (y, x) in px of the movie; None if the network has
    no tip output, or the true tips are unknown.
    """

    movie: str
    frame: int
    image: Image
    truth: LabelImage
    prediction: NDArray[np.float32]
    labels: LabelImage
    foreground: NDArray[np.bool_]
    instances: bool = True
    outlines: bool = True
    true_tips: NDArray[np.float64] | None = None
    found_tips: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Scores:
    """Scores over all validation frames.

    SEG is the mean IoU of all true cells, 0 for cells without a match (Cell Tracking Challenge). Jaccard is the index
    of the predicted foreground before decoding, pooled over pixels. F is the F-score of positions, pooled over cells;
    NaN unless it selects the weights. Unlabelled pixels are ignored. If only some movies have instance labels, SEG and
    F refer to these. SEG and Jaccard are NaN if truth or prediction has no outlines. Tip F is the F-score of protrusion
    tips within 5 px; NaN for networks without a tip output. `threshold` is the spot threshold selected on these frames;
    None if the recipe's threshold was used.
    """

    seg: float
    jaccard: float
    n_cells: int
    f_score: float = float("nan")
    tip_f_score: float = float("nan")
    threshold: float | None = None

    def of(self, metric: Metric) -> float:
        """Return the score of that name."""
        return {"SEG": self.seg, "Jaccard": self.jaccard, "F": self.f_score}[metric]

    def defined(self) -> dict[str, float]:
        """Return the scores that are not NaN, by name."""
        named = {"SEG": self.seg, "Jaccard": self.jaccard, "F": self.f_score, "tip F": self.tip_f_score}
        return {name: value for name, value in named.items() if value == value}


@dataclass(frozen=True)
class FrameScores:
    """Contribution of a frame to the scores: IoUs of matched true cells, foreground pixels, positions."""

    ious: tuple[float, ...]
    n_cells: int
    n_found: int
    common_px: int
    union_px: int
    instances: bool = True
    outlines: bool = True
    positions: LocalisationCounts = field(default_factory=LocalisationCounts)
    tips: LocalisationCounts = field(default_factory=LocalisationCounts)

    @property
    def seg(self) -> float:
        """SEG of this frame, NaN without true cells."""
        return sum(self.ious) / self.n_cells if self.n_cells and self.outlines else float("nan")

    @property
    def jaccard(self) -> float:
        """Jaccard index of the foreground of this frame; NaN if truth and prediction are both empty."""
        return self.common_px / self.union_px if self.union_px and self.outlines else float("nan")

    def of(self, metric: Metric) -> float:
        """Return the score of this name for this frame."""
        return {"SEG": self.seg, "Jaccard": self.jaccard, "F": self.positions.f_score}[metric]


OnFrameScores = Callable[[Validated, FrameScores], None]
"""Callback for each validation frame and its scores."""


def ignore_scores(result: Validated, scores: FrameScores) -> None:
    """Do nothing."""


def validate(
    network: Network,
    movies: Sequence[UsableMovie],
    recipe: Recipe,
    progress: Progress = silent,
    *,
    look: OnFrameScores = ignore_scores,
) -> Scores:
    """Return the scores of `network` on annotated frames of `movies`; NaN if there are none."""
    threshold = _chosen_threshold(network, movies, recipe)
    if threshold is not None:
        decode_settings = recipe.decode.model_copy(update={"spot_threshold": threshold})
        recipe = recipe.model_copy(update={"decode": decode_settings})
    frames: list[FrameScores] = []
    for result in predict_frames(network, movies, recipe, progress):
        frames.append(score_frame(result, recipe.validation.cut_off_px))
        look(result, frames[-1])
    of_cells = [frame for frame in frames if frame.instances] or frames
    outlined = [frame for frame in of_cells if frame.outlines]
    n_outlined = sum(frame.n_cells for frame in outlined)
    ious = sum(iou for frame in outlined for iou in frame.ious)
    union = sum(frame.union_px for frame in frames if frame.outlines)
    common = sum(frame.common_px for frame in frames if frame.outlines)
    f_score = sum((frame.positions for frame in of_cells), LocalisationCounts()).f_score
    return Scores(
        ious / n_outlined if n_outlined else float("nan"),
        common / union if union else float("nan"),
        sum(frame.n_cells for frame in of_cells),
        f_score if recipe.validation.metric == "F" else float("nan"),
        sum((frame.tips for frame in frames), LocalisationCounts()).f_score,
        threshold,
    )


def _chosen_threshold(network: Network, movies: Sequence[UsableMovie], recipe: Recipe) -> float | None:
    """Return the threshold with the best F on the validation frames, if the recipe requests it and frames exist."""
    chosen = _spread(movies, recipe.validation.max_frames) if recipe.validation.choose_threshold else []
    if not chosen:
        return None
    head, decoding = _spot_head(network, recipe)
    frames = []
    # As in the scores: a foreground does not contain positions of cells.
    for usable, frame in [pair for pair in chosen if pair[0].annotated.instances] or chosen:
        prediction = predict_frame(network, usable, frame, recipe)
        spots = _spots_by_threshold(prediction, usable, decoding, head)
        labels = usable.annotated.read_labels(frame)
        frames.append(SpotsAndTruth(spots, centroids(np.maximum(labels, 0)), labels < 0))
    return choose_threshold(frames, cut_off_px=recipe.validation.cut_off_px, fallback=decoding.spot_threshold)


def spots_of_frame(network: Network, usable: UsableMovie, frame: int, recipe: Recipe) -> NDArray[np.float64]:
    """Detect spots in a frame, ``(N, 3)`` of y, x in px of the movie and score."""
    prediction = predict_frame(network, usable, frame, recipe)
    head, decoding = _spot_head(network, recipe)
    return _spots_in_movie(prediction, usable, decoding, head)


def _spot_head(network: Network, recipe: Recipe) -> tuple[SpotOutput[Any, Any], SpotDecode]:
    """Return the head and its decode settings, which must be those of a head with spots."""
    head, decoding = network.config.head, recipe.decode
    if not (isinstance(head, SpotOutput) and isinstance(decoding, SpotDecode)):
        raise ConfigurationError(f"The head '{head.name}' predicts no spots.")
    return head, decoding


def _spots_by_threshold(
    prediction: NDArray[np.float32], usable: UsableMovie, config: SpotDecode, head: SpotOutput[Any, Any]
) -> dict[float, NDArray[np.float64]]:
    """Return the spots above each threshold. Regions merge at lower thresholds; for maxima, only more are added."""

    def above(threshold: float) -> NDArray[np.float64]:
        lowest = config.model_copy(update={"spot_threshold": threshold})
        return _spots_in_movie(prediction, usable, lowest, head)

    if config.spot_method == "moments":
        return {threshold: above(threshold) for threshold in THRESHOLDS}
    spots = above(LOWEST)
    return {threshold: spots[spots[:, 2] > threshold] for threshold in THRESHOLDS}


def _spots_in_movie(
    prediction: NDArray[np.float32], usable: UsableMovie, config: SpotDecode, head: SpotOutput[Any, Any]
) -> NDArray[np.float64]:
    spots = head.find_spots(prediction, config)
    shape = usable.annotated.movie.frame_shape
    spots[:, :2] = resample_positions(spots[:, :2], prediction.shape[1:], shape)
    return spots


def score_frame(result: Validated, cut_off_px: float) -> FrameScores:
    """Return the contribution of a frame to the scores; unlabelled pixels are ignored.

    `cut_off_px` is the maximum distance between a detected and a true position.
    """
    known = result.truth >= 0
    positions = localisation_counts(
        centroids(np.maximum(result.truth, 0)),
        centroids(result.labels),
        cut_off=cut_off_px,
        unlabelled=~known,
    )
    truth, labels = np.where(known, result.truth, 0), np.where(known, result.labels, 0)
    match = match_labels(truth, labels)
    return FrameScores(
        tuple(match.ious),
        len(match.truth_labels),
        len(match.result_labels),
        int(np.count_nonzero((truth > 0) & result.foreground)),
        int(np.count_nonzero((truth > 0) | (known & result.foreground))),
        result.instances,
        result.outlines,
        positions,
        _tip_counts(result),
    )


def _tip_counts(result: Validated) -> LocalisationCounts:
    if result.true_tips is None or result.found_tips is None:
        return LocalisationCounts()
    return localisation_counts(
        result.true_tips, result.found_tips, cut_off=_TIP_CUT_OFF_PX, unlabelled=result.truth < 0
    )


def predict_frames(
    network: Network, movies: Sequence[UsableMovie], recipe: Recipe, progress: Progress = silent
) -> Iterator[Validated]:
    """Yield the network's result on at most ``max_frames`` annotated frames, spread evenly over all movies."""
    chosen = _spread(movies, recipe.validation.max_frames)
    for done, (usable, frame) in enumerate(chosen, start=1):
        movie = usable.annotated
        prediction = predict_frame(network, usable, frame, recipe)
        labels = cells_of_prediction(prediction, network.config.head, recipe.decode, movie.movie.frame_shape)
        yield Validated(
            movie.name,
            frame,
            movie.movie.frame(frame),
            movie.read_labels(frame),
            prediction,
            labels,
            _foreground(prediction, labels, network.config.head),
            movie.instances,
            outlines=movie.marks == "masks" and not network.config.head.positions_only,
            true_tips=known_tips(movie, frame, recipe.protrusions) if network.config.tips else None,
            found_tips=_found_tips(network, prediction, movie.movie.frame_shape),
        )
        progress("validate", done, len(chosen))


def _foreground(
    prediction: NDArray[np.float32], labels: LabelImage, head: Output[Any, Any]
) -> NDArray[np.bool_]:
    """Return where a cell is more probable than background, at the size of `labels`.

    The foreground of an instance detector is its cells. (The public code of Gómez-de-Mariscal et al. 2021 casts logits
    to integers before comparing them, so that all values between -1 and 1 are equal.)
    """
    if not head.per_pixel:
        return labels > 0
    shape = (labels.shape[0], labels.shape[1])
    return resample_values(head.foreground(prediction), shape) > 0.5


def _found_tips(
    network: Network, prediction: NDArray[np.float32], frame_shape: tuple[int, int]
) -> NDArray[np.float64] | None:
    if not network.config.tips:
        return None
    return tips_of_prediction(prediction, network.config.head, frame_shape=frame_shape)[:, :2]


def _spread(movies: Sequence[UsableMovie], max_frames: int) -> list[tuple[UsableMovie, int]]:
    annotated = [(movie, frame) for movie in movies for frame in movie.annotated_frames]
    if len(annotated) <= max_frames:
        return annotated
    return [annotated[i] for i in np.linspace(0, len(annotated) - 1, max_frames).round().astype(int)]
