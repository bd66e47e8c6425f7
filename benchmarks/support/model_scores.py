"""Scores of a model on annotated movies: cells, outlines, thin structures and, over whole movies, stability."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.evaluation.evaluate import evaluate
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.tracking.track import track
from podia.training.data.annotated import AnnotatedMovie

SCORES = ("SEG", "mAP", "boundary_F", "thin_recall", "IoU", "Dice", "precision", "recall")
STABILITY = ("neighbour_iou", "area_flicker", "one_frame_cells", "one_frame_gaps", "tracks")
NO_REPAIRS = {"split_merge": {"enabled": False}, "gap_filling": {"enabled": False}}
"""Settings with which what the network says of a frame is left as it is."""


def score_model(
    model: Path | str,
    movies: Sequence[AnnotatedMovie],
    *,
    in_time: bool,
    repairs: bool = True,
    **network: object,
) -> dict[str, float]:
    """Return the scores over all annotated frames pooled and, where `in_time`, the mean over movies of those in time.

    `repairs` says whether cuts are made steady and gaps filled.
    """
    settings = {"method": "network", "network": {"model": str(model), **network}}
    config = SegmentationConfig.parse(settings if repairs else settings | NO_REPAIRS)
    return score_method(config, movies, in_time=in_time)


def score_method(
    config: SegmentationConfig, movies: Sequence[AnnotatedMovie], *, in_time: bool
) -> dict[str, float]:
    """The same for any method."""
    return score_labels((segment(movie.movie, config) for movie in movies), movies, in_time=in_time)


def score_labels(
    results: Iterable[LabelMovie], movies: Sequence[AnnotatedMovie], *, in_time: bool
) -> dict[str, float]:
    """The same for labels, a result a movie; frames are segmented as they are read, once."""
    true_frames, found_frames, steadiness = [], [], []
    for result, movie in zip(results, movies, strict=True):
        found = LabelMovie.from_array(result.to_array(), movie.movie.calibration)
        for frame in movie.labels.frames:
            truth = movie.read_labels(frame)
            true_frames.append(np.where(truth < 0, 0, truth))
            found_frames.append(np.where(truth < 0, 0, found.frame(frame)))
        if in_time:
            lineage = track(found)
            stable = evaluate(None, label_by_track(found, lineage), measures=["stability"]).scores
            steadiness.append(stable | {"tracks": lineage.nodes["track_id"].nunique()})
    pooled = evaluate(
        LabelMovie.from_array(np.stack(true_frames).astype(np.int32)),
        LabelMovie.from_array(np.stack(found_frames).astype(np.int32)),
        measures=["SEG", "overlap", "instances", "boundary", "thin"],
    )
    scores = _picked(pooled.scores, SCORES)
    return scores | _picked(pd.DataFrame(steadiness).mean(), STABILITY) if in_time else scores


def _picked(scores: Mapping[Hashable, float], names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(scores[name]), 4) for name in names}
