"""Finished steps, and whether their results are still valid.

Each finished step leaves a *key*: a hash over its own settings and the key of the step before. A step whose key fits
is not done again; one whose settings changed, or anything before it, is.
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
    """What a finished step leaves.

    Parameters
    ----------
    outputs
        Names of files and folders in the analysis folder.
    facts
        What the log and the run's record say about it.
    """

    outputs: tuple[str, ...]
    facts: StepFacts


@dataclass(frozen=True)
class StepKey:
    """What a step's results depend on.

    `frames_key` is what the frames that it keeps depend on: the key itself, or less, where a step checks by itself
    which of its frames still fit.
    """

    step: Step
    key: str
    frames_key: str

    @classmethod
    def of(
        cls, step: Step, *, settings: Mapping[str, Any], upstream: str, frames_upstream: str | None = None
    ) -> StepKey:
        """Return the key of `step` under JSON-able `settings`, after a step with key `upstream`.

        `frames_upstream` is the key of the last step that all of its frames depend on; `upstream` where None.
        """
        key, frames_key = (
            hashlib.sha256(
                json.dumps([__version__, step, settings, before], sort_keys=True).encode()
            ).hexdigest()
            for before in (upstream, upstream if frames_upstream is None else frames_upstream)
        )
        return cls(step, key, frames_key)

    def is_on(self, folder: AnalysisFolder) -> bool:
        """Whether this step finished in `folder` under exactly these settings, and all it left is there."""
        done = read_json(done_mark(folder.path, self.step))
        if done is None or done["key"] != self.key:
            return False
        return all((folder / name).exists() for name in done["outputs"])

    def begin(self, folder: AnalysisFolder) -> None:
        """Mark the step as begun, and it and all later ones as not done: their results are of what was before.

        What it left half done under other settings is thrown away. What later steps keep frame by frame stays until
        they begin, under settings that may be those of before again.

        Raises
        ------
        OutputError
            If something that is out of date cannot be removed.
        """
        # Backwards, so that a run killed in between has lost a mark too many, and keeps none that does not hold.
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
