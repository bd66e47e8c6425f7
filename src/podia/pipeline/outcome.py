"""Outcomes of several movies, and their summary table."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.errors import PodiaError
from podia.data.progress import Progress, silent
from podia.data.tables import CELLS, FRAMES, PROTRUSIONS, SUMMARY, TRACKS
from podia.files.printable import printable
from podia.files.system_errors import as_output_error, is_out_of_space
from podia.io.analysis_folder import AnalysisFolder
from podia.networks.inference.resolve import ResolvedModel
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run_source
from podia.pipeline.source import Source
from podia.results.results import Results, open_results


@dataclass(frozen=True)
class Task:
    """One movie to run, with everything that a worker in another process needs.

    Parameters
    ----------
    source
        The files to work on.
    folder
        The analysis folder.
    config
        Settings.
    model
        The model of `config`, if it was resolved on the machine that runs it.
    """

    source: Source
    folder: Path
    config: RunConfig
    model: ResolvedModel | None = None


@dataclass(frozen=True)
class Outcome:
    """Outcome of the run of a movie; `error` is empty if it succeeded."""

    name: str
    folder: Path
    error: str = ""

    @property
    def results(self) -> Results:
        """Results of a successful run."""
        return open_results(self.folder)


def attempt(task: Task, progress: Progress = silent, processes: int = 1) -> Outcome:
    """Run one movie; an error is returned as text, so that other movies can continue.

    Unexpected errors are written with their traceback to ``error.log`` in the folder.
    """
    name = task.folder.name
    try:
        run_source(
            task.source, task.folder, task.config, model=task.model, progress=progress, processes=processes
        )
    except PodiaError as error:
        return Outcome(name, task.folder, str(error))
    except Exception as error:
        # No error in one movie may stop the others.
        return Outcome(name, task.folder, _unforeseen(task.folder, error))
    return Outcome(name, task.folder)


def _unforeseen(folder: Path, error: Exception) -> str:
    if is_out_of_space(error):
        return str(as_output_error(OSError(errno.ENOSPC, "No space left on device"), folder))
    text = f"{type(error).__name__}: {error}"
    work = AnalysisFolder(folder).work
    if not work.is_dir():
        return text
    log = work / "error.log"
    try:
        log.write_text(printable("".join(traceback.format_exception(error))), encoding="utf-8")
    except OSError:  # the cause of the error may also prevent this
        return f"{text} (please report this)"
    return f"{text} (please report this, with '{log}')"


def summary_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return a table with one row per movie, under ``SUMMARY``; units are um and min only if every movie has them."""
    known = [outcome.results.calibration for outcome in outcomes if not outcome.error]
    common = Calibration(
        1.0 if known and all(one.pixel_size_um for one in known) else None,
        60.0 if known and all(one.frame_interval_s for one in known) else None,
    )
    rows = [_summary_row(o, common) for o in outcomes]
    # The rows already have the units of their movies, so conforming must only name them. A common interval of one
    # minute does this for minutes; rates per hour are divided by the factor that conforming applies.
    return SUMMARY.conform(pd.DataFrame(rows, columns=SUMMARY.base_names), common)


def _summary_row(outcome: Outcome, common: Calibration) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(SUMMARY.base_names, np.nan)
    row |= {"movie": outcome.name, "status": "failed" if outcome.error else "done", "error": outcome.error}
    row |= dict.fromkeys(("n_frames", "n_tracks", "n_divisions", "n_warnings", "n_problems"), pd.NA)
    if outcome.error:
        return row
    results = outcome.results
    own = results.calibration
    scale = Calibration(
        own.pixel_size_um if common.pixel_size_um else None,
        own.frame_interval_s if common.frame_interval_s else None,
    )
    cells, tips, tracks, frames, culture = (
        schema.to_base(results.tables[schema.name], own)
        for schema in (CELLS, PROTRUSIONS, TRACKS, FRAMES, CULTURE)
    )
    n_frames = results.origin.n_frames
    speed, growth = (
        SUMMARY.columns[SUMMARY.base_names.index(name)] for name in ("speed_median", "growth_rate")
    )
    return row | {
        "n_frames": n_frames,
        "pixel_size_um": own.pixel_size_um if own.pixel_size_um else np.nan,
        "frame_interval_s": own.frame_interval_s if own.frame_interval_s else np.nan,
        "cells_per_frame": len(cells) / n_frames,
        "confluence_last": frames["confluence"].iloc[-1],
        # The mean is that of the only row, or NaN if there is none.
        "growth_rate": culture["growth_rate"].mean() * growth.factor(scale) / growth.factor(common),
        "division_rate": culture["division_rate"].mean() * growth.factor(scale) / growth.factor(common),
        "n_tracks": len(tracks),
        "n_divisions": results.tracking.n_divisions,
        "area_median": cells["area"].median() * scale.length_per_px**2,
        "speed_median": tracks["mean_speed"].median() * speed.factor(scale),
        "protrusions_per_cell": len(tips) / len(cells) if cells["n_protrusions"].notna().any() else np.nan,
        "protrusion_length_median": tips["length_beyond_body"].median() * scale.length_per_px,
        "n_warnings": len(results.warnings),
        "n_problems": sum(finding.severity == "problem" for finding in results.warnings),
    }
