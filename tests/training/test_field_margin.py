"""Annotations that leave out cells near the frame's border: background there tells nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotated_movies import annotated
from podia.data.errors import InvalidInputError
from podia.testing.small_movies import as_phase_contrast
from podia.training.data.annotated import UNLABELLED
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import load_recipe
from podia.training.train import train
from tiny_trainings import CPU, tiny_recipe

LABELS = np.zeros((1, 40, 48), np.int32)
LABELS[0, 2:14, 20:30] = 1
"""A cell that reaches from within the frame into a margin of 5 px."""
MOVIE = annotated(as_phase_contrast(LABELS), LABELS)


def test_background_in_the_margin_is_unlabelled_and_a_cell_that_reaches_into_it_is_not() -> None:
    labels = replace(MOVIE, field_margin_px=5).read_labels(0)
    inside = (slice(5, -5), slice(5, -5))
    np.testing.assert_array_equal(labels[inside], LABELS[0][inside])
    np.testing.assert_array_equal(labels == 1, LABELS[0] == 1)
    in_margin = np.ones(labels.shape, bool)
    in_margin[inside] = False
    assert (labels[in_margin & (LABELS[0] == 0)] == UNLABELLED).all()


def test_background_that_somebody_drew_stays_known() -> None:
    drawn = np.where(LABELS == 0, 9, LABELS)
    partial = replace(annotated(as_phase_contrast(LABELS), drawn), coverage="partial", background_value=9)
    np.testing.assert_array_equal(replace(partial, field_margin_px=5).read_labels(0), LABELS[0])


def test_a_margin_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="field_margin_px = 20 covers the whole frames"):
        replace(MOVIE, field_margin_px=20)


def test_the_recipes_margin_comes_into_the_loss(disc_movie: Path, tmp_path: Path) -> None:
    def first_loss(margin_px: int) -> float:
        found: list[float] = []
        plan = tiny_recipe(field_margin_px=margin_px, clips={"length": 2, "patch_px": 64, "annotate": "any"})
        train(
            plan,
            [disc_movie],
            tmp_path / str(margin_px),
            resources=replace(CPU, minutes=0.0),
            progress=lambda _, __, loss, ___: found.append(loss),
        )
        return found[0]

    assert first_loss(0) != first_loss(12)


def test_without_a_margin_movies_are_as_they_were_read(disc_movie: Path) -> None:
    data = read_data([disc_movie], ReadingOptions())
    assert data.with_field_margin(0) is data
    assert [movie.field_margin_px for movie in data.with_field_margin(7).movies] == [7]


@pytest.mark.parametrize(("name", "margin_px"), [("podia-psc", 25), ("podia-hela", 50), ("podia", 0)])
def test_the_challenges_margins_are_in_its_recipes(name: str, margin_px: int) -> None:
    assert load_recipe(name).field_margin_px == margin_px
