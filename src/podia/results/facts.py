"""Facts of a run: the report of each finished step, for the log, the record and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from podia.data.config import FrozenConfig
from podia.data.errors import MovieReadError
from podia.files.json_file import read_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.step_marks import Step, done_mark
from podia.networks.inference.trust import Trust

LabelSource = Literal[
    "network", "egt", "phantast", "blobs", "labels file", "table of positions", "tracks file"
]
"""What made the labels of a run: a method of segmentation, or a file that was given."""


class StepFacts(FrozenConfig):
    """What a step reports."""

    def words(self) -> str:
        """Return the facts for the log, in one line."""
        return ""

    def notes(self) -> tuple[str, ...]:
        """Return sentences that a reader of the log should know."""
        return ()


class DriftFacts(StepFacts):
    """Facts of drift correction."""

    estimated: bool
    largest_shift_px: float

    def words(self) -> str:
        """Return the largest shift, or that drift was not corrected."""
        return f"largest shift {self.largest_shift_px} px" if self.estimated else "not corrected"


class NetworkFacts(FrozenConfig):
    """A network that took part in the segmentation."""

    name: str
    sha256: str


class SegmentFacts(StepFacts):
    """Facts of segmentation.

    Parameters
    ----------
    n_cells
        Cells in all frames together.
    source
        What made the labels.
    positions_only
        Whether labels mark positions of cells, and not their outlines.
    networks
        Networks whose predictions were averaged; none without a network.
    runtime
        What ran them, for display.
    cell_diameter_px
        Width of the cells that the network went by; None for networks that go by the pixel size.
    cell_diameter_estimated
        Whether it was estimated from the movie.
    trust
        How far the network's cells can be trusted, 0 to 1; None without a network.
    least_trusted_frames
        The frames that this was taken from, the least trusted first.
    cleaned
        What was taken out of the labels, a sentence each.
    """

    n_cells: int
    source: LabelSource
    positions_only: bool = False
    networks: tuple[NetworkFacts, ...] = ()
    runtime: str = ""
    cell_diameter_px: float | None = None
    cell_diameter_estimated: bool = False
    trust: float | None = None
    least_trusted_frames: tuple[int, ...] = ()
    cleaned: tuple[str, ...] = ()

    @property
    def trust_in_cells(self) -> Trust | None:
        """Trust in the network's cells; None if unknown."""
        return None if self.trust is None else Trust(self.trust, self.least_trusted_frames)

    @property
    def network(self) -> str:
        """The names of all networks."""
        return " + ".join(network.name for network in self.networks)

    @property
    def made_by(self) -> str:
        """What made the masks or positions, in words."""
        marks = "positions" if self.positions_only else "masks"
        if self.networks:
            what = "mean of the networks" if len(self.networks) > 1 else "network"
            return f"{marks} by the {what} {self.network}, run by {self.runtime}{self._for_cells()}"
        if self.source in ("labels file", "table of positions", "tracks file"):
            return f"{marks} by the {self.source}"
        return f"{marks} by {self.source}, without training"

    def _for_cells(self) -> str:
        if self.cell_diameter_px is None:
            return ""
        source = "estimated" if self.cell_diameter_estimated else "given"
        return f", for cells {self.cell_diameter_px:.3g} px wide ({source})"

    def words(self) -> str:
        """Return the number of cells, their origin, and checksums of networks."""
        files = [f"sha256 of {network.name} {network.sha256}" for network in self.networks]
        return "; ".join([f"{self.n_cells} cells in all frames", self.made_by, *files])

    def notes(self) -> tuple[str, ...]:
        """Return notes on pixels and cells removed from the labels."""
        return self.cleaned


class TrackFacts(StepFacts):
    """Facts of tracking.

    Parameters
    ----------
    contacts
        What was done about touching cells, counted by kind.
    given
        Whether tracks were given, and taken as they are.
    """

    n_tracks: int
    n_divisions: int
    contacts: dict[str, int] = Field(default_factory=dict)
    given: bool = False

    def words(self) -> str:
        """Return the numbers of tracks, of divisions, and of contacts by kind."""
        numbers = {"track": self.n_tracks, "division": self.n_divisions, **self.contacts}
        counted = ", ".join(f"{n} {kind}s" for kind, n in numbers.items())
        return f"{counted}; as given" if self.given else counted


class CorrectFacts(TrackFacts):
    """Facts of corrections: tracks and divisions as corrected, and which corrections did not fit.

    Parameters
    ----------
    n_corrections
        All corrections of ``corrections.jsonl``.
    problems
        One sentence per correction that was not applied.
    names
        Names of tracks by track id.
    changed_frames
        Frames whose masks differ from those before the corrections.
    """

    n_corrections: int = 0
    problems: tuple[str, ...] = ()
    names: Mapping[int, str] = Field(default_factory=dict)
    changed_frames: tuple[int, ...] = ()

    def words(self) -> str:
        """Return how many corrections were applied."""
        if not self.n_corrections:
            return "no corrections"
        applied = self.n_corrections - len(self.problems)
        return f"{applied} of {self.n_corrections} corrections applied; {super().words()}"

    def notes(self) -> tuple[str, ...]:
        """Return the corrections that were not applied."""
        return self.problems


class MeasureFacts(StepFacts):
    """Facts of measurement."""

    n_cells: int
    n_protrusions: int

    def words(self) -> str:
        """Return how much was measured."""
        return f"{self.n_cells} cells and {self.n_protrusions} protrusion tips in all frames"


class ExportFacts(StepFacts):
    """Facts of the export: formats that were written, and why others were not."""

    formats: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    largest_label: int = 0
    instead: tuple[str, ...] = ()

    def words(self) -> str:
        """Return the formats."""
        return ", ".join(self.formats) or "no further formats"

    def notes(self) -> tuple[str, ...]:
        """Return which formats were left out."""
        if not self.left_out:
            return ()
        return (
            f"Not written: {' and '.join(self.left_out)}, which cannot contain more than "
            f"{self.largest_label:,} tracks. {' and '.join(self.instead)} hold them all.",
        )


class Finding(FrozenConfig):
    """A warning of the report."""

    severity: Literal["problem", "check", "note"]
    title: str
    text: str
    advice: str


class ReportFacts(StepFacts):
    """Facts of the report: its warnings, the most serious first."""

    warnings: tuple[Finding, ...] = ()

    def words(self) -> str:
        """Return the number of warnings."""
        return f"{len(self.warnings)} warnings"

    def notes(self) -> tuple[str, ...]:
        """Return the warnings."""
        return tuple(finding.text for finding in self.warnings)


FACTS: Mapping[Step, type[StepFacts]] = {
    "drift": DriftFacts,
    "segment": SegmentFacts,
    "track": TrackFacts,
    "correct": CorrectFacts,
    "measure": MeasureFacts,
    "export": ExportFacts,
    "report": ReportFacts,
}
"""What each step reports."""


def read_facts(folder: AnalysisFolder, step: Step) -> StepFacts | None:
    """Return the facts of the finished `step`, as its class in :data:`FACTS`; None if it is not done.

    Raises
    ------
    MovieReadError
        If another version of podia wrote it.
    """
    done = read_json(done_mark(folder.path, step))
    if done is None:
        return None
    try:
        return FACTS[step].model_validate(done["facts"])
    except (ValidationError, KeyError):
        raise MovieReadError(
            f"'{folder.path}' was written by another version of podia. Analyse the movie again, into a new folder: "
            f"podia run MOVIE -o OTHER_FOLDER."
        ) from None
