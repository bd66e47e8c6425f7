"""Destination and result of an export."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from podia.data.errors import InvalidInputError, MissingDependencyError, OutputError
from podia.networks.card import ModelCard

_SUFFIXES = (".onnx", ".zip")


@dataclass(frozen=True)
class ExportedModel:
    """An exported file.

    Parameters
    ----------
    path
        The file.
    max_difference
        Largest absolute difference between its outputs in ONNX Runtime and the network's in PyTorch.
    notes
        Remarks for users of the file, one sentence each.
    """

    path: Path
    max_difference: float
    notes: tuple[str, ...]


def require_extra(extra: str, *modules: str) -> None:
    """Raise MissingDependencyError, which names podia's `extra`, if one of `modules` is not installed."""
    missing = [module for module in modules if not _is_installed(module)]
    if missing:
        raise MissingDependencyError(
            f"This export needs {', '.join(missing)}, which is not installed. "
            f'Install it with: pip install "podia[{extra}]".'
        )


def destination(output: Path, card: ModelCard, suffix: str) -> Path:
    """Return the file to write: `output` if it ends in `suffix`, otherwise a file in the folder `output`.

    Raises
    ------
    InvalidInputError
        If `output` has the suffix of another format.
    OutputError
        If the file exists already, or the folder's path is a file.
    """
    ending = output.suffix.lower()
    if ending == suffix:
        path = output
    elif ending in _SUFFIXES and not output.is_dir():
        raise InvalidInputError(f"This format is written as {suffix}, not as '{output.name}'.")
    else:
        path = output / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', card.name)}{suffix}"
    if path.exists():
        raise OutputError(f"{path} already exists. Choose another output, or remove it first.")
    blocking = next((folder for folder in path.parents if folder.is_file()), None)
    if blocking is not None:
        raise OutputError(f"{blocking} is a file, not a folder. Choose a {suffix} file, or a folder.")
    return path


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package is missing
        return False
