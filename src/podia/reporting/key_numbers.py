"""Key numbers at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import NOT_DEFINED, count, number


@dataclass(frozen=True)
class KeyNumber:
    """One tile: name, value as text, detail and unit."""

    name: str
    value: str
    detail: str
    unit: str = ""

    @property
    def is_defined(self) -> bool:
        """Whether the value is defined."""
        return self.value != NOT_DEFINED


def key_numbers(inputs: ReportInputs) -> list[KeyNumber]:
    """Return the six tiles at the top of a report; four if only positions are known."""
    of_outlines = [] if inputs.positions_only else _protrusions(inputs)
    return [_cells(inputs), _tracks(inputs), _divisions(inputs), _speed(inputs), *of_outlines]


def _cells(inputs: ReportInputs) -> KeyNumber:
    n_cells = inputs.column("frames", "n_cells")
    low, high = int(n_cells.min()), int(n_cells.max())
    spread = f"mean; {low} to {high}" if inputs.movie.n_frames > 1 else "in one frame"
    return KeyNumber("cells per frame", number(float(n_cells.mean())), spread)


def _tracks(inputs: ReportInputs) -> KeyNumber:
    n_frames = inputs.column("tracks", "n_frames")
    if not len(n_frames):
        return KeyNumber("tracks", "0", "no cells were found")
    return KeyNumber(
        "tracks", f"{len(n_frames):,}", f"median length {count(round(n_frames.median()), 'frame')}"
    )


def _divisions(inputs: ReportInputs) -> KeyNumber:
    families = inputs.lineage.daughters()
    n_daughters = sum(len(daughters) for daughters in families.values())
    detail = f"with {count(n_daughters, 'daughter')}" if families else "none detected"
    name = "division" if len(families) == 1 else "divisions"
    return KeyNumber(name, f"{len(families):,}", detail)


def _speed(inputs: ReportInputs) -> KeyNumber:
    speeds = inputs.column("tracks", "mean_speed").dropna()
    unit = inputs.unit("tracks", "mean_speed")
    if not len(speeds):
        return KeyNumber("median speed", NOT_DEFINED, "needs a track of two frames")
    return KeyNumber("median speed", number(speeds.median()), f"of {count(len(speeds), 'track')}", unit)


def _protrusions(inputs: ReportInputs) -> list[KeyNumber]:
    per_cell = inputs.column("cells", "n_protrusions").astype(np.float64)
    lengths = inputs.column("protrusions", "length_beyond_body")
    unit = inputs.unit("protrusions", "length_beyond_body") if len(lengths) else ""
    return [
        KeyNumber("protrusions per cell", number(per_cell.mean()), "mean over cells and frames"),
        KeyNumber(
            "protrusion length", number(lengths.median()), f"median of {count(len(lengths), 'tip')}", unit
        ),
    ]
