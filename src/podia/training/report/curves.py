"""Training curves: plots against training steps."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot
from podia.reporting.charts.series import series
from podia.reporting.sections.figure import Figure, Section
from podia.training.recipe import Metric, Recipe
from podia.training.report.speed import megapixels, share_waited, step_times
from podia.training.report.training_curves import TrainingCurves, Values

_MAX_POINTS = 400
"""Maximum number of points of a raw curve, about the width of a plot in pixels."""
_WINDOWS = 40
"""Number of intervals over which speed is averaged and loss smoothed."""
_LOG_FROM = 8.0
"""A loss that decreases by more than this factor is plotted on a logarithmic axis."""


def curves_section(curves: TrainingCurves, recipe: Recipe, best_step: int | None) -> Section:
    """Return plots of loss, scores, learning rate, speed and waiting time against steps."""
    speed, waited = _speed(curves, recipe)
    starts = [
        (float(curves.step[curves.stage == number][0]), f"stage {number} begins")
        for number in np.unique(curves.stage).tolist()[1:]
    ]
    begins = " Triangles mark the start of a stage." if starts else ""
    return Section(
        "curves",
        "Curves",
        "Plots against the number of training steps.",
        (
            Figure(
                "Loss",
                loss_plot(curves),
                "Training loss. Faint: single steps; bold: running mean.",
            ),
            Figure(
                "Validation",
                scores_plot(curves, recipe.validation.metric, best_step),
                "SEG: mean overlap of single cells, 0 for a missed cell. Jaccard: overlap of the foreground. F: cell "
                "positions. Tip F: protrusion tips. The marked step is the one in model.safetensors.",
                "No validation yet, or no validation data.",
            ),
            Figure(
                "Learning rate",
                series(
                    curves.step,
                    {"rate": curves.learning_rate},
                    time_label="step",
                    label="learning rate",
                    from_zero=True,
                    events=starts,
                ),
                f"Learning rate of the optimiser.{begins}",
            ),
            Figure(
                "Speed",
                speed,
                "Million training pixels per second, without validations.",
                "Too few steps between validations.",
            ),
            Figure(
                "Waiting for data",
                waited,
                "Fraction of time spent waiting for clips to be read and augmented.",
                "Too few steps between validations.",
            ),
        ),
    )


def loss_plot(curves: TrainingCurves) -> Markup | None:
    """Return the loss of single steps and its running mean; None if no loss is finite."""
    finite = curves.loss[np.isfinite(curves.loss)]
    if not len(finite):
        return None
    low, high = float(finite.min()), float(finite.max())
    is_log = low > 0 and high > _LOG_FROM * low
    axis = (
        Axis.logarithmic("loss (logarithmic)", low, high)
        if is_log
        else Axis.linear("loss", low, high, n_ticks=4)
    )
    plot = Plot(_steps(curves.step), axis, description="Loss against steps")
    every = -(-len(curves.step) // _MAX_POINTS)
    plot.line(curves.step[::every], curves.loss[::every], "faint")
    plot.line(curves.step[::every], running_mean(curves.loss)[::every])
    return plot.svg()


def running_mean(values: Values) -> Values:
    """Return the running mean of `values` over a fortieth of them, at least five, ignoring NaN."""
    half = max(5, len(values) // _WINDOWS) // 2
    defined = np.isfinite(values)
    sums, counts = (np.cumsum([0.0, *part]) for part in (np.where(defined, values, 0.0), defined))
    first = np.maximum(np.arange(len(values)) - half, 0)
    end = np.minimum(np.arange(len(values)) + half + 1, len(values))
    n = counts[end] - counts[first]
    mean: Values = np.divide(sums[end] - sums[first], n, out=np.full(len(values), np.nan), where=n > 0)
    return mean


def scores_plot(curves: TrainingCurves, metric: Metric, best_step: int | None) -> Markup | None:
    """Return the validation scores with the best step marked; None before the first validation."""
    validated = curves.validated
    if not validated.any():
        return None
    lines = {name: values[validated] for name, values in curves.scores(metric).items()}
    values = np.concatenate(list(lines.values()))
    values = values[np.isfinite(values)]
    steps = curves.step[validated]
    y = Axis.linear("score (1 is perfect)", float(values.min()), float(values.max()), n_ticks=4)
    plot = Plot(_steps(curves.step), y, description="Validation scores against steps")
    if best_step is not None:
        plot.marker_at(best_step, "best", "best")
    for index, (name, line) in enumerate(lines.items()):
        plot.line(steps, line, f"series group-{index + 1}")
        # Scores rise, so the lower right corner is free.
        bottom = y.low + (1.4 - index) * (y.high - y.low) * 0.09
        plot.text_at(plot_end(curves), bottom, name, style=f"legend group-{index + 1}", anchor="end")
    return plot.svg()


def plot_end(curves: TrainingCurves) -> float:
    """Return the last step on the horizontal axis."""
    return _steps(curves.step).high


def _steps(steps: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Axis:
    return Axis.exact("step", float(steps[0]), float(steps[-1]), whole=True)


def _speed(curves: TrainingCurves, recipe: Recipe) -> tuple[Markup | None, Markup | None]:
    """Return the plots of megapixels per second and of the waiting time, over intervals of the training."""
    seconds, waited = step_times(curves)
    pixels = np.array([megapixels(recipe, stage) for stage in recipe.stages])[curves.stage - 1]
    timed = np.flatnonzero(np.isfinite(seconds))
    if len(timed) < 2:
        return None, None
    parts = np.array_split(timed, min(_WINDOWS, len(timed)))
    middle = [float(curves.step[part].mean()) for part in parts]
    speed = [pixels[part].sum() / seconds[part].sum() for part in parts]
    share = [100 * share_waited(seconds[part], waited[part]) for part in parts]
    return (
        series(middle, {"speed": speed}, time_label="step", label="megapixels per second", from_zero=True),
        series(
            middle,
            {"waited": share},
            time_label="step",
            label="time waiting for data (%)",
            from_zero=True,
            limit=(5.0, "aim: below 5 %"),
        ),
    )
