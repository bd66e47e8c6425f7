"""Detection of files that were edited in other programs after podia wrote them.

Edited files are never overwritten: a step that writes a new version renames the edited file first.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import CTC, LABELS, LABELS_TIFF, LINEAGE, TRACKMATE

EDITABLE = (LABELS, LABELS_TIFF, CTC, TRACKMATE, LINEAGE)
"""Outputs that other programs open and save."""

_RECORD = "written.json"
"""File in the folder's ``.podia`` with the checksum of each editable output; null while podia writes it."""


def edited_files(folder: AnalysisFolder, among: Iterable[str] = EDITABLE) -> tuple[str, ...]:
    """Return the outputs that were changed after podia wrote them, without removed ones."""
    record, asked = _record(folder), set(among)
    return tuple(
        name
        for name in EDITABLE
        if name in asked
        and record.get(name) is not None
        and (folder / name).exists()
        and content_checksum(folder / name) != record[name]
    )


def begin_writing(folder: AnalysisFolder, names: Iterable[str]) -> None:
    """Rename edited files among `names`, with a UserWarning, and mark all as being written."""
    editable = sorted(set(names) & set(EDITABLE))
    if not editable:
        return
    edited, record = edited_files(folder, editable), _record(folder)
    for name in editable:
        if name in edited:
            kept = _set_aside(folder / name)
            warnings.warn(
                f"'{folder / name}' was edited since podia wrote it. It is kept as '{kept.name}', "
                f"and a new one is written.",
                stacklevel=3,
            )
        record[name] = None
    write_json(folder.work / _RECORD, record)


def end_writing(folder: AnalysisFolder, names: Iterable[str]) -> None:
    """Record the checksums of the editable outputs among `names`, which podia has written."""
    written = set(names) & set(EDITABLE)
    if not written:
        return
    record = _record(folder) | {name: content_checksum(folder / name) for name in written}
    write_json(folder.work / _RECORD, record)


def warn_of_edits(folder: AnalysisFolder) -> None:
    """Warn about edited outputs: masks, tracks and tables of the analysis do not include the changes."""
    edited = edited_files(folder)
    if edited:
        warnings.warn(
            f"Edited since podia wrote {'it' if len(edited) == 1 else 'them'}: {', '.join(edited)}. "
            f"Tables and report do not include the changes. To import them: podia apply {folder.path}.",
            stacklevel=2,
        )


def _record(folder: AnalysisFolder) -> dict[str, str | None]:
    return dict(read_json(folder.work / _RECORD) or {})


def _set_aside(path: Path) -> Path:
    stem, *suffixes = path.name.split(".")
    ending = "".join(f".{suffix}" for suffix in suffixes)
    names = (f"{stem}.edited{f'-{number}' if number > 1 else ''}{ending}" for number in count(1))
    kept = next(place for place in map(path.with_name, names) if not place.exists())
    return path.rename(kept)


def content_checksum(path: Path) -> str:
    """Return the sha256 of a file, or of all names and contents in a folder."""
    digest = hashlib.sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
