"""``run.json`` and ``run.log``: what was run, so that anyone can repeat and read it.

Neither holds a time of day or a duration: a run that was killed and resumed leaves the same bytes as one that
was not. Times are in ``.podia/sessions.log``.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import podia
from podia.io.analysis_folder import AnalysisFolder
from podia.networks.inference.resolve import ModelFile, ResolvedModel
from podia.networks.inference.trust import HOW_TO_TEACH, TRUST_LIMIT, Trust
from podia.pipeline.job import Job
from podia.pipeline.steps import STEPS, facts_of

_PACKAGES = ("numpy", "scipy", "scikit-image", "pandas", "tifffile", "zarr", "geff")
"""Packages whose version may change a number in the results."""


def run_record(job: Job) -> dict[str, Any]:
    """Return the run's record: versions, input with its hash, configuration, what each step found."""
    return {
        "podia": podia.__version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "input": job.origin,
        **({} if job.model is None else _models_record(job.model)),
        "config": job.config.model_dump(mode="json"),
        "steps": {step: facts_of(job.folder, step) for step in STEPS if facts_of(job.folder, step)},
    }


def _models_record(choice: ResolvedModel) -> dict[str, Any]:
    record: dict[str, Any] = {"model": _model_record(choice)}
    if choice.ensemble:
        record["ensemble"] = [_model_record(member) for member in choice.ensemble]
    return record


def _model_record(model: ModelFile) -> dict[str, Any]:
    """Return what a reader must know of the network that made the masks; the file holds how it was trained."""
    card = model.card.model_dump(mode="json", exclude={"network", "decode", "recipe"})
    return {"sha256": model.sha256, **card}


def segmented_by(folder: AnalysisFolder) -> str:
    """Return in words what made the masks (or positions) in `folder`, whose segment step is done."""
    facts = facts_of(folder, "segment")
    marks = facts.get("marks", "masks")
    if facts["source"] == "network":
        several = "," in facts["model_sha256"]
        network = f"{'mean of the networks' if several else 'network'} {facts['model']}"
        return f"{marks} by the {network}, run by {facts['run_by']}{_cell_size_in_words(facts)}"
    given = facts["source"] in ("labels file", "table of positions")
    return f"{marks} by the {facts['source']}" if given else f"{marks} by {facts['source']}, without training"


def trust_warning(folder: AnalysisFolder) -> str:
    """Return what to tell a user of cells that the network may not know; empty where there is nothing to tell."""
    trust = trust_of(folder)
    if trust is None or trust.knows:
        return ""
    frames = ", ".join(str(frame) for frame in trust.frames[:3])
    return (
        f"The network may not know these cells: trust {trust.value:.2f}, below {TRUST_LIMIT:g}; worst frames {frames}. "
        f"{HOW_TO_TEACH}"
    )


def trust_of(folder: AnalysisFolder) -> Trust | None:
    """Return how far the cells in `folder` can be trusted; None where no network found them, or none that says so."""
    facts = facts_of(folder, "segment")
    return Trust(facts["trust"], tuple(facts["least_trusted_frames"])) if "trust" in facts else None


def _cell_size_in_words(facts: dict[str, Any]) -> str:
    if "cell_diameter_px" not in facts:
        return ""
    return f", for cells {facts['cell_diameter_px']:g} px wide ({facts['cell_diameter_is']})"


def log_text(record: dict[str, Any]) -> str:
    """Return the record in words, a line a step."""
    source = record["input"]
    frames, height, width = source["shape"]
    pixel = f"{source['pixel_size_um']} um" if source["pixel_size_um"] else "unknown (lengths are in px)"
    interval = (
        f"{source['frame_interval_s']} s" if source["frame_interval_s"] else "unknown (times are in frames)"
    )
    lines = [
        f"podia {record['podia']}, Python {record['python']}",
        f"movie: {source['path']}, {frames} frames of {height} x {width} px, {source['dtype']}",
        f"pixel size: {pixel}; frame interval: {interval}",
    ]
    for step, facts in record["steps"].items():
        told = {name.replace("_", " "): value for name, value in facts.items()}
        short = ", ".join(f"{name} {_in_words(v)}" for name, v in told.items() if not _is_prose(v))
        lines.append(f"{step}: {short}".rstrip(": "))
        lines += [f"  - {sentence}" for value in told.values() if _is_prose(value) for sentence in value]
    return "\n".join(lines) + "\n"


def _is_prose(value: Any) -> bool:
    return isinstance(value, list) and any(" " in item for item in value)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value)


def log_session(folder: AnalysisFolder, text: str) -> None:
    """Append a line with the time of day to the folder's private log."""
    from datetime import datetime

    with (folder.work / "sessions.log").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")
