"""Record of a run: ``run.json`` repeats it, ``run.log`` describes it.

Neither contains times or durations, so that a resumed run writes the same bytes as an uninterrupted one. Times are in
``.podia/sessions.log``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from podia.corrections.record import to_line
from podia.files.printable import printable
from podia.io.analysis_folder import AnalysisFolder
from podia.io.origin import Origin
from podia.io.step_marks import STEPS, Step
from podia.networks.inference.resolve import ModelFile, ResolvedModel
from podia.pipeline.job import Job
from podia.results.facts import StepFacts
from podia.version import __version__

_PACKAGES = ("numpy", "scipy", "scikit-image", "pandas", "tifffile", "zarr", "geff")
"""Packages whose version may affect the results."""


def run_record(job: Job) -> dict[str, Any]:
    """Return the run's record: versions, input with its hash, configuration, the facts of each step."""
    return {
        "podia": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "input": job.origin.record(),
        **({"notes": list(job.notes)} if job.notes else {}),
        **({} if job.model is None else _models_record(job.model)),
        "config": job.config.model_dump(mode="json"),
        **({"corrections": [json.loads(to_line(one)) for one in job.corrections]} if job.corrections else {}),
        "steps": {step: facts.model_dump(mode="json") for step, facts in facts_of_run(job).items()},
    }


def facts_of_run(job: Job) -> dict[Step, StepFacts]:
    """Return the facts of the steps that are done."""
    found = {step: job.results.facts(step) for step in STEPS}
    return {step: facts for step, facts in found.items() if facts is not None}


def _models_record(choice: ResolvedModel) -> dict[str, Any]:
    record: dict[str, Any] = {"model": _model_record(choice)}
    if choice.ensemble:
        record["ensemble"] = [_model_record(member) for member in choice.ensemble]
    return record


def _model_record(model: ModelFile) -> dict[str, Any]:
    """Return the record of the network that made the masks; its file contains the training details."""
    card = model.card.model_dump(mode="json", exclude={"network", "decode", "recipe"})
    return {"sha256": model.sha256, **card}


def log_text(record: Mapping[str, Any], facts: Mapping[Step, StepFacts]) -> str:
    """Return the record as text, one line per step with its notes below."""
    origin = Origin.model_validate(record["input"])
    frames, height, width = origin.shape
    pixel = f"{origin.pixel_size_um} um" if origin.pixel_size_um else "unknown (lengths are in px)"
    interval = f"{origin.frame_interval_s} s" if origin.frame_interval_s else "unknown (times are in frames)"
    lines = [
        f"podia {record['podia']}, Python {record['python']}",
        f"movie: {origin.path}, {frames} frames of {height} x {width} px, {origin.dtype}",
        f"pixel size: {pixel}; frame interval: {interval}",
    ]
    for step, found in facts.items():
        lines.append(f"{step}: {found.words()}")
        lines += [f"  - {note}" for note in found.notes()]
    return printable("\n".join(lines) + "\n")


def log_session(folder: AnalysisFolder, text: str) -> None:
    """Append a line with the time of day to the folder's private log."""
    from datetime import datetime

    with (folder.work / "sessions.log").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")
