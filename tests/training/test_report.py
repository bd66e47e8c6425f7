"""The page of a training: what stands on it, what it warns of, and what it counts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from annotated_movies import annotated
from podia.data.movie import LabelImage
from podia.networks.outputs.binary import Binary
from podia.testing.small_movies import as_phase_contrast
from podia.training.checkpoint import TrainingState
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.history import read_history
from podia.training.report.curves import running_mean
from podia.training.report.data_sets import data_sets
from podia.training.report.findings import Situation, findings
from podia.training.report.pictures import Gallery, read_pictures, svg_path
from podia.training.report.speed import stage_speeds
from podia.training.report.training_curves import TrainingCurves
from podia.training.report.unannotated_margin import unannotated_margin_px
from podia.training.split import SplitConfig, split_movies
from podia.training.train import train
from podia.training.validation import FrameScores, Validated
from tiny_trainings import CPU, tiny_recipe

recipe = partial(
    tiny_recipe,
    stages=[{"steps": 4}, {"steps": 2, "freeze_encoder": True}],
    validation={"every_steps": 3, "max_frames": 1},
)
SECTIONS = ["findings", "curves", "predictions", "speed", "training", "data", "model", "recipe"]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


class Page(HTMLParser):
    """The words of a page without its styles, its sections, and all that it refers to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.sections: list[str] = []
        self.references: list[str] = []
        self.drawn: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "section":
            self.sections.append(values["id"])
        self.references += [values[name] for name in ("href", "src") if name in values]
        self.drawn += [values["d"]] if "d" in values else []
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words += data


@pytest.fixture(scope="module")
def trained(disc_movie: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("trained")
    train(recipe(), [disc_movie], folder, resources=CPU)
    return folder


def test_the_page_of_a_training_has_all_its_sections(trained: Path) -> None:
    page = Page(trained / "report.html")
    assert page.sections == SECTIONS
    for words in (
        "6 of 6 steps",
        "tiny",
        "All weights are random.",
        "from frame 5",
        "Learning rate",
        "Stage 2",
        "stages.1.steps",
    ):
        assert words in page.words


def test_the_page_needs_nothing_from_elsewhere(trained: Path) -> None:
    page = Page(trained / "report.html")
    assert "http" not in page.words
    for reference in page.references:
        own_file = not reference.startswith(("#", "data:"))
        assert not own_file or (trained / reference).exists(), reference


def test_no_number_without_meaning_is_shown_as_such(trained: Path) -> None:
    page = Page(trained / "report.html")
    assert "nan" not in {word.strip(".,;()").lower() for word in page.words.split()}
    assert not [path for path in page.drawn if "nan" in path]


def test_validation_frames_are_pictured_with_both_outlines_and_the_probability(trained: Path) -> None:
    state = max(int(row["step"]) for row in read_history(trained / "history.csv") if row["SEG"])
    pictures = read_pictures(trained / "predictions.json", 3) or read_pictures(
        trained / "predictions.json", state
    )
    assert [(picture.frame, picture.n_cells) for picture in pictures] == [(5, 2)]
    text = (trained / "report.html").read_text(encoding="utf-8")
    assert pictures[0].truth
    assert f'<path class="truth" d="{pictures[0].truth}"/>' in text
    assert text.count("data:image/jpeg;base64,") == 2


def test_a_training_that_holds_nothing_back_says_so(disc_movie: Path, tmp_path: Path) -> None:
    train(recipe(split={"validation_fraction": 0}), [disc_movie], tmp_path, resources=CPU)
    page = Page(tmp_path / "report.html")
    assert page.sections == SECTIONS
    assert "No validation data" in page.words
    assert "nan" not in {word.strip(".,;()").lower() for word in page.words.split()}


def test_time_and_time_waited_add_up_over_stages_and_resumes(disc_movie: Path, tmp_path: Path) -> None:
    stopping = replace(CPU, minutes=0.0)
    for _ in range(6):
        train(recipe(), [disc_movie], tmp_path, resources=stopping)
    curves = TrainingCurves.of(read_history(tmp_path / "history.csv"))
    assert curves.step.tolist() == [1, 2, 3, 4, 5, 6]
    assert (np.diff(curves.seconds_waited) > 0).all()
    assert (curves.seconds_waited < curves.seconds).all()
    page = Page(tmp_path / "report.html")
    assert "6 of 6 steps" in page.words


def test_a_training_that_the_clock_stopped_says_how_to_go_on(disc_movie: Path, tmp_path: Path) -> None:
    train(recipe(), [disc_movie], tmp_path, resources=replace(CPU, minutes=0.0))
    page = Page(tmp_path / "report.html")
    assert "Time limit reached after 1 of 6 steps" in page.words
    assert "There is no model yet: the first validation is at step 3." in page.words
    assert "can be used" not in page.words


def curves(
    scores: list[float], *, every: int = 10, loss: float = 1.0, step_s: float = 0.5, waited: float = 0.0
) -> TrainingCurves:
    """A training with a validation every so many steps, at which the clock stands still."""
    n = len(scores) * every
    seg = np.full(n, np.nan)
    seg[every - 1 :: every] = scores
    seconds = step_s * np.arange(1.0, n + 1)
    return TrainingCurves(
        step=np.arange(1, n + 1),
        stage=np.ones(n, np.int64),
        loss=np.full(n, loss),
        learning_rate=np.full(n, 1e-3),
        seg=seg,
        jaccard=seg.copy(),
        f_score=seg.copy(),
        tip_f_score=np.full(n, np.nan),
        seconds=seconds,
        seconds_waited=waited * seconds,
    )


def titles(
    disc_movie: Path, past: TrainingCurves, *, margin_px: int | None = None, **changes: Any
) -> list[str]:
    n = len(past.step)
    plan = recipe(stages=[{"steps": n}], **changes)
    annotations = read_data([disc_movie], ReadingOptions())
    validated = past.validated
    best = int(past.step[validated][np.argmax(past.seg[validated])])
    state = TrainingState(step=n, best_step=best)
    split = split_movies(annotations.movies, plan.split)
    situation = Situation(past, plan, annotations, split, state, True, margin_px)
    return [warning.title for warning in findings(situation)]


def test_a_score_that_still_rises_asks_for_more_steps(disc_movie: Path) -> None:
    assert "The validation score is still rising: train longer" in titles(
        disc_movie, curves([0.6, 0.7, 0.75, 0.8])
    )


def test_a_score_that_has_come_to_rest_asks_for_nothing(disc_movie: Path) -> None:
    found = titles(disc_movie, curves([0.6, 0.8, 0.805, 0.801, 0.806]))
    assert not [
        title for title in found if "score" in title.lower() and "frame" not in title and "same" not in title
    ]


def test_a_score_that_falls_is_called_overfitting_from_its_best_step_on(disc_movie: Path) -> None:
    found = titles(disc_movie, curves([0.6, 0.8, 0.75, 0.7, 0.65]))
    assert "Overfitting: the validation score decreases since step 20" in found


def test_few_annotated_frames_are_told(disc_movie: Path) -> None:
    assert "Fewer than ten annotated frames" in titles(disc_movie, curves([0.8] * 4))


def test_waiting_for_data_is_told_with_its_share(disc_movie: Path) -> None:
    assert "Waiting for data 12\u202f%" in titles(disc_movie, curves([0.8] * 4, waited=0.12))
    assert not [t for t in titles(disc_movie, curves([0.8] * 4, waited=0.04)) if "Waiting" in t]


def test_a_loss_that_is_not_a_number_is_the_first_thing_told(disc_movie: Path) -> None:
    found = titles(disc_movie, curves([0.8] * 4, loss=float("nan")))
    assert found[0] == "The loss is not a number from step 1 on"


def test_frames_drawn_at_random_flatter(disc_movie: Path) -> None:
    with pytest.warns(UserWarning, match="drawn at random"):
        assert "Scores are optimistic" in titles(disc_movie, curves([0.8] * 4), split={"kind": "frame"})


def test_speed_is_that_of_steps_without_validation() -> None:
    past = curves([0.8, 0.8], every=5, step_s=0.5, waited=0.1)
    # The validation of step 5 takes 100 s, and what is written after it, in step 6, another 10.
    late = past.step >= 5, past.step >= 6
    seconds = past.seconds + 100 * late[0] + 10 * late[1]
    plan = recipe(stages=[{"steps": 10, "batch_size": 3}])
    (speed,) = stage_speeds(replace(past, seconds=seconds), plan)
    assert speed.seconds_per_step == pytest.approx(0.5)
    assert speed.megapixels_per_s == pytest.approx(3 * 2 * 32**2 / 1e6 / 0.5)
    assert speed.waited == pytest.approx(0.1)


def test_speed_without_a_step_to_time_is_not_defined() -> None:
    (speed,) = stage_speeds(curves([0.8], every=1), recipe())
    assert np.isnan([speed.seconds_per_step, speed.megapixels_per_s, speed.waited]).all()


def test_a_running_mean_leaves_undefined_values_out() -> None:
    assert running_mean(np.array([1.0, np.nan, 3.0])).tolist() == [2.0, 2.0, 2.0]
    assert np.isnan(running_mean(np.array([np.nan]))).all()


def test_an_outline_goes_around_the_pixels_of_a_cell() -> None:
    labels: LabelImage = np.zeros((8, 8), np.int32)
    labels[2:6, 1:7] = 1
    points = [pair.split(",") for pair in svg_path(labels).strip("MZ").split("L")]
    x, y = (np.array([float(point[axis]) for point in points]) for axis in (0, 1))
    # Of the outermost pixels' far edges, in a picture whose first pixel reaches from 0 to 1.
    assert (x.min(), x.max(), y.min(), y.max()) == (1, 7, 2, 6)


def test_the_worst_and_the_best_frames_are_kept() -> None:
    gallery = Gallery(Binary(), "SEG")
    image = np.zeros((4, 4), np.int32)
    order = [5, 0, 9, 3, 7, 1, 8, 2, 6, 4]
    for tenth in order:
        shown = Validated(
            "m", tenth, image.astype(np.uint8), image, np.zeros((1, 4, 4), np.float32), image, image > 0
        )
        gallery.look(shown, FrameScores((tenth / 10,), 1, 1, 0, 1))
    gallery.look(shown, FrameScores((), 0, 0, 0, 0))
    assert [picture.frame for picture in gallery.pictures()] == [0, 1, 2, 7, 8, 9]


def test_partial_annotation_shows_what_is_not_annotated() -> None:
    gallery = Gallery(Binary(), "SEG")
    truth = np.full((8, 8), -1, np.int32)
    truth[2:6, 2:6] = 1
    found = np.zeros((8, 8), np.int32)
    shown = Validated(
        "m", 0, found.astype(np.uint8), truth, np.zeros((1, 8, 8), np.float32), found, found > 0
    )
    gallery.look(shown, FrameScores((), 1, 0, 0, 16))
    (picture,) = gallery.pictures()
    assert picture.unknown.count("M") == 2  # the frame's edge, and around the cell
    assert picture.truth.count("M") == 1
    assert picture.found == ""


def scattered(n_frames: int, margin_px: int) -> AnnotatedMovie:
    """Frames of 100 x 120 px with cells of 5 px that lie at least that far from the border."""
    rng = np.random.default_rng(0)
    labels = np.zeros((n_frames, 100, 120), np.int32)
    for frame in labels:
        for number in range(1, 9):
            y, x = (rng.integers(margin_px, side - margin_px - 4) for side in frame.shape)
            frame[y : y + 5, x : x + 5] = number
    return annotated(as_phase_contrast(labels), labels)


def test_a_margin_without_annotated_cells_is_found_and_chance_is_not_taken_for_one() -> None:
    assert unannotated_margin_px([scattered(20, 15)]) in (19, 20)  # such a cell reaches 4 px further
    assert unannotated_margin_px([scattered(20, 0)]) is None
    assert unannotated_margin_px([scattered(3, 15)]) is None, "too few cells to tell"
    partial = replace(scattered(20, 15), coverage="partial")
    assert unannotated_margin_px([partial]) is None, "its empty pixels are no background"
    assert unannotated_margin_px([]) is None


def test_cells_left_out_near_the_border_are_told_of_until_the_recipe_knows(disc_movie: Path) -> None:
    past, title = curves([0.6, 0.7, 0.75, 0.8]), "No cell is annotated near the border"
    assert title in titles(disc_movie, past, margin_px=27)
    assert title not in titles(disc_movie, past, margin_px=27, field_margin_px=25)
    assert title not in titles(disc_movie, past)


def test_data_sets_are_counted_in_movies_frames_and_cells(disc_movie: Path, tmp_path: Path) -> None:
    labels = tifffile.imread(disc_movie / "labels.tif")
    (tmp_path / "other").mkdir()
    tifffile.imwrite(tmp_path / "other" / "movie.tif", tifffile.imread(disc_movie / "movie.tif"))
    tifffile.imwrite(tmp_path / "other" / "labels.tif", labels * (np.arange(6) < 2)[:, None, None])
    annotations = read_data([disc_movie, tmp_path / "other"], ReadingOptions(pixel_size_um=0.5))
    split = split_movies(annotations.movies, SplitConfig(kind="time", validation_fraction=0.2))
    rows = {row.name: row for row in data_sets(annotations, split)}
    first = rows[disc_movie.parent.name]
    assert (first.movies, first.frames, first.held_back, first.cells) == ("1", "6", "1", "12")
    assert first.pixel_size == "0.5\u202fµm"
    assert first.interval == "unknown"
    second = rows[tmp_path.name]
    assert (second.frames, second.held_back, second.cells) == ("2", "1", "4")
