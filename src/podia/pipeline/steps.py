"""Which steps are done, and whether what they left is still valid.

Each finished step leaves a *stamp*: a hash over its own settings and the stamp of the step before. A step
whose stamp fits is not done again; one whose settings, or anything upstream, changed is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import podia
from podia.pipeline.folder import AnalysisFolder, read_json, write_json

Step = Literal["drift", "segment", "track", "measure", "export", "report"]
STEPS: tuple[Step, ...] = get_args(Step)
"""The steps in the order in which they run."""


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
        """Whether this step finished in `folder` under exactly these settings."""
        return _stored_key(folder, self.step, "done") == self.key

    def begin(self, folder: AnalysisFolder) -> None:
        """Mark the step as begun; what it left half done under other settings is thrown away."""
        (folder.work / f"{self.step}.done").unlink(missing_ok=True)
        if _stored_key(folder, self.step, "begun") != self.key:
            shutil.rmtree(folder.work_of(self.step), ignore_errors=True)
            write_json(folder.work / f"{self.step}.begun", {"key": self.key})

    def finish(self, folder: AnalysisFolder, facts: Mapping[str, Any]) -> None:
        """Mark the step as done and keep the `facts` that the log and the run's record tell of it."""
        write_json(folder.work / f"{self.step}.done", {"key": self.key, "facts": facts})


def facts_of(folder: AnalysisFolder, step: Step) -> dict[str, Any]:
    """Return what the finished `step` told of itself; empty if it is not done."""
    done = read_json(folder.work / f"{step}.done")
    return {} if done is None else dict(done["facts"])


def _stored_key(folder: AnalysisFolder, step: Step, state: str) -> str | None:
    stored = read_json(folder.work / f"{step}.{state}")
    return None if stored is None else str(stored["key"])
