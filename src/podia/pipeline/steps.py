"""Keys of steps, which decide whether finished steps are still valid.

Each finished step stores a *key*: a hash of its settings and of the key of the previous step. A step with the current
key is skipped; if its settings or an earlier step changed, it is repeated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podia.files.json_file import read_json, write_json
from podia.files.removal import remove
from podia.io.analysis_folder import AnalysisFolder
from podia.io.step_marks import STEPS, Step, begun_mark, done_mark
from podia.results.facts import StepFacts
from podia.version import __version__


@dataclass(frozen=True)
class Done:
    """Result of a finished step.

    Parameters
    ----------
    outputs
        Names of files and folders in the analysis folder.
    facts
        Facts for the log and the record of the run.
    """

    outputs: tuple[str, ...]
    facts: StepFacts


@dataclass(frozen=True)
class StepKey:
    """Key of everything that the results of a step depend on.

    `frames_key` covers what the stored frames depend on: the key itself, or less if the step itself checks which of its
    frames are still valid.
    """

    step: Step
    key: str
    frames_key: str

    @classmethod
    def of(
        cls, step: Step, *, settings: Mapping[str, Any], upstream: str, frames_upstream: str | None = None
    ) -> StepKey:
        """Return the key of `step` under JSON-able `settings`, after a step with key `upstream`.

        `frames_upstream` is the key of the last step that all of its frames depend on. Default: `upstream`.
        """
        key, frames_key = (
            hashlib.sha256(
                json.dumps([__version__, step, settings, before], sort_keys=True).encode()
            ).hexdigest()
            for before in (upstream, upstream if frames_upstream is None else frames_upstream)
        )
        return cls(step, key, frames_key)

    def is_on(self, folder: AnalysisFolder) -> bool:
        """Return whether this step finished in `folder` with exactly these settings, and all its outputs exist."""
        done = read_json(done_mark(folder.path, self.step))
        if done is None or done["key"] != self.key:
            return False
        return all((folder / name).exists() for name in done["outputs"])

    def begin(self, folder: AnalysisFolder) -> None:
        """Mark the step as started, and mark it and all later ones as not done, because their results are outdated.

        Its unfinished results with other settings are removed. Frames stored by later steps are kept until these start,
        because their settings may return to previous ones.

        Raises
        ------
        OutputError
            If something that is out of date cannot be removed.
        """
        # Backwards, so that a run killed in between has removed too many marks rather than kept an invalid one.
        for step in reversed(STEPS[STEPS.index(self.step) :]):
            remove(done_mark(folder.path, step))
        begun = begun_mark(folder.path, self.step)
        if (read_json(begun) or {}).get("key") != self.frames_key:
            remove(folder.work_of(self.step))
            write_json(begun, {"key": self.frames_key})

    def finish(self, folder: AnalysisFolder, done: Done) -> None:
        """Mark the step as done."""
        record = {"key": self.key, "outputs": list(done.outputs), "facts": done.facts.model_dump(mode="json")}
        write_json(done_mark(folder.path, self.step), record)
