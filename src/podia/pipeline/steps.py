"""Which steps are done, and whether what they left is still valid.

Each finished step leaves a *stamp*: a hash over its own settings and the stamp of the step before. A step
whose stamp fits is not done again; one whose settings, or anything upstream, changed is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import podia
from podia.files.json_file import read_json, write_json
from podia.files.removal import remove
from podia.io.analysis_folder import AnalysisFolder
from podia.io.step_marks import begun_mark, done_mark

Step = Literal["drift", "segment", "track", "measure", "export", "report"]
STEPS: tuple[Step, ...] = get_args(Step)
"""The steps in the order in which they run."""


@dataclass(frozen=True)
class Done:
    """What a finished step leaves.

    Parameters
    ----------
    outputs
        Names of files and folders in the analysis folder.
    facts
        What the log and the run's record tell of it.
    """

    outputs: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Stamp:
    """What a step's results depend on."""

    step: Step
    key: str

    @classmethod
    def of(cls, step: Step, *, settings: Mapping[str, Any], upstream: str) -> Stamp:
        """Return the stamp of `step` under JSON-able `settings`, after a step with key `upstream`."""
        text = json.dumps([podia.__version__, step, settings, upstream], sort_keys=True)
        return cls(step, hashlib.sha256(text.encode()).hexdigest())

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
        if (read_json(begun) or {}).get("key") != self.key:
            remove(folder.work_of(self.step))
            write_json(begun, {"key": self.key})

    def finish(self, folder: AnalysisFolder, done: Done) -> None:
        """Mark the step as done."""
        record = {"key": self.key, "outputs": list(done.outputs), "facts": dict(done.facts)}
        write_json(done_mark(folder.path, self.step), record)


def facts_of(folder: AnalysisFolder, step: Step) -> dict[str, Any]:
    """Return what the finished `step` told of itself; empty if it is not done."""
    done = read_json(done_mark(folder.path, step))
    return {} if done is None else dict(done["facts"])
