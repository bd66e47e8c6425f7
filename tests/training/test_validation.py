"""The scores of a validation."""

from __future__ import annotations

import numpy as np
import pytest

from annotated_movies import annotated
from podia.networks.models.registry import build_network
from podia.training import validation
from podia.training.data.annotated import UsableMovie
from podia.training.validation import Scores, validate
from tiny_trainings import tiny_recipe

LABELS = np.zeros((1, 32, 32), np.uint8)
LABELS[0, 4:8, 4:8], LABELS[0, 16:28, 16:28] = 1, 2


def scores_of(probability: np.ndarray, monkeypatch: pytest.MonkeyPatch, head: str = "binary") -> Scores:
    monkeypatch.setattr(validation, "predict_frame", lambda *_: probability.astype(np.float32))
    recipe = tiny_recipe(network={"head": head}, decode={"min_area_px": 50.0})
    network = build_network(recipe.architecture, recipe.network, seed=0)
    return validate(network, [UsableMovie.whole(annotated(LABELS * 100, LABELS))], recipe)


def test_the_foreground_is_scored_before_small_cells_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = scores_of(LABELS > 0, monkeypatch)
    assert scores.jaccard == 1.0
    assert scores.seg == 0.5, "the small cell is no cell of the result"


def test_a_pixel_is_foreground_where_a_cell_is_likelier_than_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probability = np.where(LABELS == 2, 0.51, 0.49)
    assert scores_of(probability, monkeypatch).jaccard == pytest.approx(144 / 160)


def test_all_classes_of_a_cell_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = np.where(LABELS > 0, 0.3, 0.0)
    classes = np.concatenate([1 - 2 * cell, cell, cell])
    assert scores_of(classes, monkeypatch, head="contour").jaccard == 1.0
