import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from podia.data.errors import InvalidInputError, OutputError
from podia.data.movie import LabelMovie, Movie
from podia.evaluation.comparison import compare_results
from podia.evaluation.evaluate import evaluate
from podia.evaluation.report import write_evaluation
from podia.evaluation.scores import GROUPS, SCORES
from podia.testing.small_movies import as_phase_contrast, crawling_discs

LABELS = crawling_discs(3)
TRUTH = LabelMovie.from_array(LABELS)
RESULT = LabelMovie.from_array(np.where(LABELS == 2, 0, np.roll(LABELS, 4, axis=2)))


def test_the_page_holds_scores_their_meaning_and_the_worst_cells_and_nothing_from_outside(
    tmp_path: Path,
) -> None:
    found = evaluate(TRUTH, RESULT)
    movie = Movie.from_array(as_phase_contrast(LABELS))
    page = write_evaluation(found, tmp_path, sources=(TRUTH, RESULT), movie=movie).read_text()
    assert f"{found.scores['SEG']:.6f}" in page
    assert "covers more than half" in page
    assert "not found" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", page)
    assert len(pictures) == min(12, len(found.cells))
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[-1]))))
    colours = {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}
    assert {(0, 158, 115), (213, 94, 0)} <= colours


def test_the_tables_are_beside_the_page(tmp_path: Path) -> None:
    found = evaluate(TRUTH, RESULT)
    write_evaluation(found, tmp_path, comparison=compare_results(found, found))
    names = {"scores.json", "cells.csv", "frames.csv", "events.csv", "comparison.csv", "evaluation.html"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert json.loads((tmp_path / "scores.json").read_text())["SEG"] == found.scores["SEG"]
    assert len(pd.read_csv(tmp_path / "cells.csv")) == len(found.cells)


def test_an_analysis_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".podia").mkdir()
    with pytest.raises(OutputError, match=r"is an analysis folder\. Choose another"):
        write_evaluation(evaluate(TRUTH, RESULT), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".podia"]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_evaluation(evaluate(TRUTH, RESULT), tmp_path / name, sources=(TRUTH, RESULT))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_movie_of_another_size_is_refused(tmp_path: Path) -> None:
    movie = Movie.from_array(np.zeros((3, 10, 10), np.uint8))
    with pytest.raises(InvalidInputError, match="128 x 128"):
        write_evaluation(evaluate(TRUTH, RESULT), tmp_path, sources=(TRUTH, RESULT), movie=movie)


def test_the_document_explains_every_score_and_group() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for name in [*(score.name for score in SCORES), *GROUPS]:
        assert f"`{name}`" in text, name
