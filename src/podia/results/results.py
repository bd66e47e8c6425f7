"""A finished analysis, opened: movie, labels, lineage, tables, kymographs and the record of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from podia.corrections.operations import Correction
from podia.corrections.record import read_corrections
from podia.corrections.suspect import Suspect
from podia.corrections.suspects_table import suspects_of_table
from podia.data.calibration import Calibration
from podia.data.config import Settings
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.kymographs import Kymographs
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.named_tables import Tables
from podia.data.schema import TableSchema
from podia.data.suspect_table import SUSPECTS
from podia.data.tables import FOLDER_TABLES
from podia.files.json_file import read_json
from podia.io.analysis_folder import AnalysisFolder, is_analysis_folder, require_current_layout
from podia.io.drift_table import read_drift
from podia.io.kymographs import read_kymographs
from podia.io.layout import (
    CORRECTIONS,
    DRIFT,
    KYMOGRAPH_ARRAYS,
    LABELS,
    LINEAGE,
    REPORT,
    RUN_RECORD,
    parquet_of,
)
from podia.io.origin import Origin
from podia.io.read import read, read_labels
from podia.io.step_marks import Step, require_done
from podia.io.tables import read_table
from podia.io.tracks.geff import read_geff
from podia.io.written_files import end_writing
from podia.networks.card import ModelCard
from podia.reporting.config import ReportConfig
from podia.reporting.inputs import ReportInputs
from podia.reporting.report import report
from podia.results.facts import CorrectFacts, Finding, ReportFacts, SegmentFacts, StepFacts, read_facts

Facts = TypeVar("Facts", bound=StepFacts)


_WITNESS: Mapping[Step, str] = {
    "drift": DRIFT,
    "segment": LABELS,
    "track": LABELS,
    "correct": LABELS,
    "measure": parquet_of("cells"),
    "export": parquet_of("cells"),
    "report": REPORT,
}
"""A file that is there once a step is done, also in a copy without hidden files."""


def open_results(folder: str | Path) -> Results:
    """Open the analysis in `folder`, made by :func:`podia.run` or ``podia run``. Files are read on first use.

    Raises
    ------
    InvalidInputError
        If `folder` is not an analysis folder, or is one of an earlier podia; the message says how to make it anew.

    Examples
    --------
    >>> import podia
    >>> results = podia.open("results/movie")  # doctest: +SKIP
    >>> results.tables.cells.groupby("track_id")["area_um2"].median()  # doctest: +SKIP
    """
    path = Path(folder)
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InvalidInputError(
            f"There is no folder '{path}'.{nearest_name_hint(path.name, siblings)} "
            f"Analyse a movie with: podia run MOVIE -o FOLDER."
        )
    if not is_analysis_folder(path):
        raise InvalidInputError(_not_one(path))
    require_current_layout(path)
    return Results(AnalysisFolder(path))


@dataclass(frozen=True)
class Results:
    """The analysis of one movie. Its parts are read from the folder once, on first use.

    Every part raises :class:`podia.PodiaError` with a remedy where the run has not come that far, or a step before it
    was done again since.
    """

    folder: AnalysisFolder

    @property
    def path(self) -> Path:
        """The analysis folder."""
        return self.folder.path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @cached_property
    def origin(self) -> Origin:
        """The files that the analysis was made from."""
        origin = self.folder.origin()
        if origin is None:
            raise InvalidInputError(_not_one(self.path))
        return origin

    @property
    def calibration(self) -> Calibration:
        """Pixel size and frame interval, as the run used them."""
        return self.origin.calibration

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the run, nested by section."""
        settings = (read_json(self / RUN_RECORD) or {}).get("config") or self.folder.settings()
        if settings is None:
            raise MovieReadError(self._unfinished(RUN_RECORD, "podia run"))
        return dict(settings)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The content of ``run.json``: versions, input files with checksums, settings, facts of each step."""
        record = read_json(self / RUN_RECORD)
        if record is None:
            raise MovieReadError(self._unfinished(RUN_RECORD, "podia run"))
        return record

    @cached_property
    def movie(self) -> Movie:
        """The movie, from its original path; raises MovieReadError if it is no longer there."""
        return read(
            self.source_movie(),
            channel=self.settings.get("channel"),
            position=self.settings.get("position"),
            pattern=self.settings.get("pattern"),
            frames=self.settings.get("frames"),
            pixel_size_um=self.origin.pixel_size_um,
            frame_interval_s=self.origin.frame_interval_s,
        )

    def source_movie(self) -> Path:
        """Return the path of the movie; raise MovieReadError if it is no longer there."""
        if not self.origin.movie.exists():
            raise MovieReadError(
                f"The movie of '{self.path}' is no longer at '{self.origin.path}'. Move it back, or "
                "analyse it again from its new path: podia run MOVIE -o FOLDER."
            )
        return self.origin.movie

    @cached_property
    def labels(self) -> LabelMovie:
        """The label images as they are now, corrected by hand or not; the value of a cell is its track id."""
        return read_labels(self._part(LABELS, "correct")).with_calibration(self.calibration)

    @cached_property
    def lineage(self) -> Lineage:
        """The tracks and divisions; a cell's ``label`` is its value in :attr:`labels`, which is its track id."""
        stored = self.lineage_of_segmentation
        return replace(stored, nodes=stored.nodes.assign(label=stored.nodes["track_id"]))

    @cached_property
    def lineage_of_segmentation(self) -> Lineage:
        """The tracks and divisions, with labels of the segmentation (``segmentation_label`` in tables)."""
        return read_geff(self._part(LINEAGE, "correct"))[0]

    @cached_property
    def drift(self) -> Drift:
        """How the field moved."""
        return read_drift(self._part(DRIFT, "drift"))

    @cached_property
    def tables(self) -> Tables:
        """The tables by name: ``tables.cells`` or ``tables["cells"]``, each read when it is first asked for."""
        return Tables(_StoredTables(self))

    @cached_property
    def suspects(self) -> tuple[Suspect, ...]:
        """Cells, links and divisions that are probably wrong, the most important first, with suggested corrections."""
        return tuple(suspects_of_table(SUSPECTS.to_base(self.tables.suspects, self.calibration)))

    @cached_property
    def kymographs(self) -> Kymographs:
        """What happens along the edge of each cell."""
        return self.kymographs_of()

    def kymographs_of(self, *names: str) -> Kymographs:
        """Return only the kymographs of these base names, such as ``velocity``; all without a name."""
        path = self._part(KYMOGRAPH_ARRAYS, "measure")
        return (
            read_kymographs(path, self.calibration, names)
            if names
            else read_kymographs(path, self.calibration)
        )

    @property
    def files(self) -> Mapping[str, str]:
        """Existing files, by their path in the folder, with their descriptions."""
        return self.folder.outputs()

    @property
    def segmentation(self) -> SegmentFacts:
        """What made the masks or positions."""
        return self._facts("segment", SegmentFacts)

    @cached_property
    def models(self) -> tuple[ModelCard, ...]:
        """The cards of the networks that made the masks or positions, without network settings and recipe."""
        found = [self.record["model"], *self.record.get("ensemble", ())] if "model" in self.record else []
        return tuple(
            ModelCard.parse({key: value for key, value in model.items() if key != "sha256"})
            for model in found
        )

    @property
    def tracking(self) -> CorrectFacts:
        """Numbers of tracks and divisions after corrections, and the outcome of the corrections."""
        return self._facts("correct", CorrectFacts)

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """The corrections of ``corrections.jsonl``, in order; none without the file."""
        path = self / CORRECTIONS
        return read_corrections(path) if path.exists() else ()

    @property
    def corrected_frames(self) -> tuple[int, ...] | None:
        """Frames whose masks were corrected; None if a copied analysis does not record them."""
        facts = self.facts("correct")
        if isinstance(facts, CorrectFacts):
            return facts.changed_frames
        recorded = (read_json(self / RUN_RECORD) or {}).get("steps", {}).get("correct")
        return None if recorded is None else CorrectFacts.model_validate(recorded).changed_frames

    @property
    def given_masks(self) -> bool:
        """Whether the masks were given, and not made by podia."""
        return self.origin.labels is not None or self.origin.tracks is not None

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The warnings of the report, the most serious first."""
        return self._facts("report", ReportFacts).warnings

    def facts(self, step: Step) -> StepFacts | None:
        """Return the facts of a step (see :mod:`podia.results.facts`), or None if it is not done."""
        return read_facts(self.folder, step)

    def report_inputs(self) -> ReportInputs:
        """Return the inputs of the report."""
        files = {name: text for name, text in self.files.items() if name != REPORT}
        return ReportInputs(
            movie=self.movie,
            labels=self.labels,
            lineage=self.lineage,
            drift=self.drift,
            tables=self.tables,
            run=self.record,
            segmented_by=self.segmentation.made_by,
            trust=self.segmentation.trust_in_cells,
            models=self.models,
            suspects=self.suspects,
            files=files,
            kymographs=self.kymographs_of("velocity"),
        )

    def report(
        self, path: str | Path, config: ReportConfig | None = None, *, settings: Settings | None = None
    ) -> Path:
        """Write the report to `path`, such as with other settings, and return it; see :func:`podia.report`."""
        inputs = self.report_inputs()
        if Path(path).resolve().parent != self.path.resolve():
            inputs = replace(inputs, files={})  # their links would lead nowhere
        if settings is None:
            made = report(inputs, path, config)
        elif config is None:
            made = report(inputs, path, settings=settings)
        else:
            raise InvalidInputError("config and settings are both given. Give one of them.")
        if made.resolve() == (self / REPORT).resolve() and self.folder.work.is_dir():
            end_writing(self.folder, (REPORT,))  # not an edit of somebody else
        return made

    def require(self, step: Step) -> None:
        """Raise MovieReadError where `step` is not done, or a step before it was done again since."""
        self._part(_WITNESS[step], step)

    def _part(self, name: str, step: Step) -> Path:
        """Return where an output of `step` lies, which must be there and up to date."""
        require_done(self.path, step)
        path = self / name
        if not path.exists():
            raise MovieReadError(self._unfinished(name, "podia run"))
        return path

    def _facts(self, step: Step, kind: type[Facts]) -> Facts:
        facts = self.facts(step)
        if not isinstance(facts, kind):
            raise MovieReadError(self._unfinished(f"results of the step '{step}'", "podia run"))
        return facts

    def _unfinished(self, what: str, command: str) -> str:
        return (
            f"'{self.path}' has no {what}: its run has not finished. Run the same {command} command again, or: "
            f"podia report {self.path}."
        )


class _StoredTables(Mapping[str, pd.DataFrame]):
    """Tables of an analysis folder, each read on first use."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._schemas: dict[str, TableSchema] = {schema.name: schema for schema in FOLDER_TABLES}
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            path = self._results._part(parquet_of(name), "measure")
            self._read[name] = read_table(path, self._schemas[name], self._results.calibration)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._schemas

    def __iter__(self) -> Iterator[str]:
        return iter(self._schemas)

    def __len__(self) -> int:
        return len(self._schemas)


def _not_one(path: Path) -> str:
    return f"'{path}' is not an analysis folder. Create one with: podia run MOVIE -o FOLDER."
