"""Inputs of a report: a movie with everything that was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from podia.corrections.suspect import Suspect
from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.kymographs import Kymographs
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.relabel import label_by_track
from podia.measurement.measure import Measurements
from podia.networks.card import ModelCard
from podia.networks.inference.trust import Trust
from podia.reporting.columns import SCHEMAS, column, unit_of


@dataclass(frozen=True)
class ReportInputs:
    """A movie with everything that was found in it.

    Parameters
    ----------
    movie
        The original frames.
    labels
        Label images whose values are track ids (see :func:`podia.data.relabel.label_by_track`).
    lineage
        Who came from whom.
    drift
        How the field moved.
    tables
        Every table of :data:`podia.data.tables.ALL_TABLES` by its name, conformed under ``movie.calibration``.
    run
        What was run: configuration, versions, seed, input hash, steps. Nested mappings and lists are shown as they
        are, so anything that changes from run to run (such as durations) makes the page's bytes differ.
    segmented_by
        What made the masks or positions, in words; left out of the page where empty.
    trust
        How far the network's cells can be trusted; None where it is not known.
    models
        The cards of the networks that made them, several of an ensemble; none where no network did.
    suspects
        What is probably wrong, the most worthwhile first.
    files
        Link, relative to the page, of each output -> what it is.
    kymographs
        Of the velocity at least, conformed under ``movie.calibration``; none are drawn where None.

    Raises
    ------
    InvalidInputError
        If a table or a column is missing, or movie, labels and drift differ in size.
    """

    movie: Movie
    labels: LabelMovie
    lineage: Lineage
    drift: Drift
    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any] = field(default_factory=dict)
    segmented_by: str = ""
    trust: Trust | None = None
    models: tuple[ModelCard, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    kymographs: Kymographs | None = None

    def __post_init__(self) -> None:
        if self.labels.shape != self.movie.shape:
            raise InvalidInputError(
                f"Labels have shape (T, Y, X) {self.labels.shape}, the movie {self.movie.shape}; they must be the same."
            )
        if self.drift.n_frames != self.movie.n_frames:
            raise InvalidInputError(
                f"The drift has {self.drift.n_frames} frames, the movie {self.movie.n_frames}; they must be the same."
            )
        missing_tables = [name for name in SCHEMAS if name not in self.tables]
        if missing_tables:
            raise InvalidInputError(
                f"A report needs the tables {sorted(SCHEMAS)}; {missing_tables} are missing."
            )
        for name, schema in SCHEMAS.items():
            missing = [c for c in schema.names(self.calibration) if c not in self.tables[name].columns]
            if missing:
                raise InvalidInputError(
                    f"Table '{name}' lacks columns {missing}. Conform it under the movie's own calibration first."
                )

    @property
    def positions_only(self) -> bool:
        """Whether only the positions of cells are known, and not their outlines."""
        return self.labels.positions_only

    @property
    def calibration(self) -> Calibration:
        """Calibration of the movie."""
        return self.movie.calibration

    def column(self, table: str, name: str) -> pd.Series[Any]:
        """Return a column by its base name, in calibrated units."""
        return column(self.tables, self.calibration, table, name)

    def unit(self, table: str, name: str) -> str:
        """Return the unit of a column as a reader writes it, empty for plain numbers."""
        return unit_of(self.calibration, table, name)


@runtime_checkable
class Reportable(Protocol):
    """Anything that knows the inputs of its report, such as a finished analysis."""

    def report_inputs(self) -> ReportInputs:
        """Return what its report is made of."""


def inputs_of(source: ReportInputs | Measurements | Reportable) -> ReportInputs:
    """Return the inputs of a report on `source`: measurements, or a finished analysis.

    Raises
    ------
    InvalidInputError
        If `source` is of another type.
    """
    if isinstance(source, ReportInputs):
        return source
    if isinstance(source, Measurements):
        return ReportInputs(
            movie=source.movie,
            labels=label_by_track(source.labels, source.lineage),
            lineage=source.lineage,
            drift=source.drift,
            tables=source,
            kymographs=source.kymographs,
        )
    if isinstance(source, Reportable):
        return source.report_inputs()
    raise InvalidInputError(
        f"Cannot report on an object of type {type(source).__name__}. Use the result of podia.measure, or "
        "of podia.open for an analysis folder."
    )
