"""A review of one analysis: its suspects, and corrections that are saved in the folder and applied."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Iterable
from datetime import UTC, datetime

from podia.corrections.operations import Correction
from podia.corrections.record import write_corrections
from podia.corrections.suspects import Suspect
from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.io.layout import CORRECTIONS
from podia.io.written_files import edited_files
from podia.pipeline.again import run_again
from podia.results.results import Results, open_results


class ReviewSession:
    """The state of a review that does not depend on napari.

    Corrections are saved as those that were applied when the results were opened, and the differences since. Saving
    again replaces the differences, so that what was undone in the viewer is not saved.

    Raises
    ------
    InvalidInputError
        If files of the analysis were edited in another program and not applied yet.
    """

    def __init__(self, results: Results) -> None:
        edited = edited_files(results.folder)
        if edited:
            raise InvalidInputError(
                f"{', '.join(edited)} was edited in another program. Import the changes first: podia "
                f"apply {results.path}."
            )
        if results.tracking.n_corrections != len(results.corrections):
            results = run_again(results.path).results
        self.results = results
        self.suspects = results.suspects
        self._base: tuple[Correction, ...] = results.corrections
        self._saved: tuple[Correction, ...] = ()
        self._looked_at: set[tuple[object, ...]] = set()

    @property
    def n_saved(self) -> int:
        """Corrections that are saved and not applied yet."""
        return len(self._saved)

    @property
    def remaining(self) -> tuple[Suspect, ...]:
        """The suspects that were not marked as done, the most worthwhile first."""
        return tuple(one for one in self.suspects if _key(one) not in self._looked_at)

    def mark_done(self, suspect: Suspect) -> None:
        """Take a suspect off the list, also after the next measurement."""
        self._looked_at.add(_key(suspect))

    def save(self, corrections: Iterable[Correction]) -> None:
        """Write the corrections since the last measurement into the folder.

        Raises
        ------
        InvalidInputError
            If somebody else changed ``corrections.jsonl`` since it was last read or written here.
        """
        if open_results(self.results.path).corrections != (*self._base, *self._saved):
            raise InvalidInputError(
                f"'{self.results / CORRECTIONS}' was changed by another program since the review started. "
                "Close the review and open it again."
            )
        signature = {"author": getpass.getuser(), "time": datetime.now(UTC).isoformat(timespec="seconds")}
        signed = tuple(one.model_copy(update=signature) for one in corrections)
        if signed or self._saved:
            write_corrections([*self._base, *signed], self.results / CORRECTIONS)
        self._saved = signed

    def measure(self, progress: Progress = silent) -> Results:
        """Apply the corrections, and bring masks, tracks, tables and report up to date."""
        return run_again(self.results.path, progress=progress).results

    def after(self, results: Results) -> ReviewSession:
        """Return the review of the measured results; suspects that were done stay done."""
        session = ReviewSession(results)
        session._looked_at = set(self._looked_at)
        return session

    def training_command(self) -> str:
        """Return the command that trains a network on the corrected frames."""
        folder = self.results.path.resolve()
        model = folder.with_name(f"{folder.name}_model")
        return shlex.join(["podia", "train", "podia", str(folder), "-o", str(model)])


def _key(suspect: Suspect) -> tuple[object, ...]:
    """Return what names a suspect after ids have changed: its kind, frame and place."""
    return suspect.kind, suspect.frame, round(suspect.y), round(suspect.x)
