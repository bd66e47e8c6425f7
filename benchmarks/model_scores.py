"""Scores of a model on annotated movies: cells, outlines, thin structures and, over whole movies, steadiness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.evaluation.evaluate import evaluate
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.tracking.track import track
from podia.training.annotated import AnnotatedMovie

SCORES = ("SEG", "mAP", "boundary_F", "thin_recall", "IoU", "Dice", "precision", "recall")
STABILITY = ("neighbour_iou", "area_flicker", "one_frame_cells", "one_frame_gaps")


def score_model(
    model: Path | str, movies: Sequence[AnnotatedMovie], *, in_time: bool, **network: object
) -> dict[str, float]:
    """Return the scores over all annotated frames pooled, and of the one movie in time where `in_time`."""
    config = SegmentationConfig.parse({"method": "network", "network": {"model": str(model), **network}})
    return score_method(config, movies, in_time=in_time)


def score_method(
    config: SegmentationConfig, movies: Sequence[AnnotatedMovie], *, in_time: bool
) -> dict[str, float]:
    """The same for any method."""
    truths, results = [], []
    scores: dict[str, float] = {}
    for movie in movies:
        found = LabelMovie.from_array(segment(movie.movie, config).to_array(), movie.movie.calibration)
        for frame in movie.labels.frames:
            truth, result = movie.read_labels(frame), found.frame(frame)
            truths.append(np.where(truth < 0, 0, truth))
            results.append(np.where(truth < 0, 0, result))
        if in_time:
            tracked = label_by_track(found, track(found))
            scores |= _picked(evaluate(None, tracked, measures=["stability"]).scores, STABILITY)
    pooled = evaluate(
        LabelMovie.from_array(np.stack(truths).astype(np.int32)),
        LabelMovie.from_array(np.stack(results).astype(np.int32)),
        measures=["SEG", "overlap", "instances", "boundary", "thin"],
    )
    return {**_picked(pooled.scores, SCORES), **scores}


def _picked(scores: dict[str, float], names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(scores[name]), 4) for name in names}
