"""Training in one or several rounds, and its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from podia.training.checkpoint import TrainingState
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import Recipe
from podia.training.self_training import self_train
from podia.training.train import TrainingProgress, TrainingResources, quiet, train
from podia.training.validation import Scores


@dataclass(frozen=True)
class TrainingOutcome:
    """Files of a training, and the number of steps of this call.

    Parameters
    ----------
    model
        The best weights so far; None before the first validation.
    reports
        One page per round.
    steps
        Steps done by this call; 0 if the training had finished before.
    """

    model: Path | None
    reports: tuple[Path, ...]
    steps: int


@dataclass
class _Counted:
    """Forwards progress, and counts the steps."""

    progress: TrainingProgress
    steps: int = 0
    last: TrainingState | None = None

    def __call__(self, state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
        self.steps, self.last = self.steps + 1, state
        self.progress(state, n_steps, loss, scores)


def train_model(
    recipe: Recipe,
    data: Sequence[str | Path],
    output: Path,
    *,
    rounds: int = 1,
    name: str | None = None,
    reading: ReadingOptions | None = None,
    resources: TrainingResources | None = None,
    progress: TrainingProgress = quiet,
) -> TrainingOutcome:
    """Train a network in one round or, with self-training, in several; return its outcome.

    Parameters and errors are those of :func:`podia.training.train.train` and
    :func:`podia.training.self_training.self_train`.
    """
    counted = _Counted(progress)
    if rounds == 1:
        model = train(recipe, data, output, name=name, reading=reading, resources=resources, progress=counted)
        reports = [model.with_name("report.html")]
    else:
        model = self_train(
            recipe, data, output, rounds, name=name, reading=reading, resources=resources, progress=counted
        )
        reports = sorted(output.glob("round-*/report.html"))
    validated = rounds > 1 or counted.last is None or counted.last.best_step is not None
    return TrainingOutcome(model if validated and model.is_file() else None, tuple(reports), counted.steps)
