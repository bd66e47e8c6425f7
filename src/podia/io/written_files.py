"""Files that podia writes into an analysis folder, and which of them somebody edited since.

Edited files are never overwritten: a step that writes a new version renames the edited file first.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from podia.data.tables import FOLDER_TABLES
from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import (
    CORRECTIONS,
    CTC,
    DESCRIPTIONS,
    LABELS,
    LABELS_TIFF,
    LINEAGE,
    TRACKMATE,
    parquet_of,
)

EDITABLE = (LABELS, LABELS_TIFF, CTC, TRACKMATE, LINEAGE)
"""Outputs whose edits podia can import."""

WRITTEN = (
    *EDITABLE,
    *(name for name in DESCRIPTIONS if name not in (*EDITABLE, CORRECTIONS)),
    *(parquet_of(schema.name) for schema in FOLDER_TABLES),
)
"""All outputs. Corrections are not among them: they are read before they are written."""

_RECORD = "written.json"
"""File in the folder's ``.podia`` with the checksum of each output; null while podia writes it."""


def edited_files(folder: AnalysisFolder, among: Iterable[str] = EDITABLE) -> tuple[str, ...]:
    """Return the outputs that were changed after podia wrote them, without removed ones."""
    record, asked = _record(folder), set(among)
    return tuple(
        name
        for name in WRITTEN
        if name in asked
        and record.get(name) is not None
        and (folder / name).exists()
        and content_checksum(folder / name) != record[name]
    )


def begin_writing(folder: AnalysisFolder, names: Iterable[str]) -> None:
    """Rename edited files among `names`, with a UserWarning, and mark all as being written."""
    outputs = sorted(set(names) & set(WRITTEN))
    if not outputs:
        return
    edited, record = edited_files(folder, outputs), _record(folder)
    for name in outputs:
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
    """Record the checksums of the outputs among `names`, which podia has written."""
    written = set(names) & set(WRITTEN)
    if not written:
        return
    record = _record(folder) | {name: content_checksum(folder / name) for name in written}
    write_json(folder.work / _RECORD, record)


def warn_of_edits(folder: AnalysisFolder) -> None:
    """Warn about edited outputs: the analysis does not include the changes."""
    edited = edited_files(folder, WRITTEN)
    for names, advice in (
        (
            [name for name in edited if name in EDITABLE],
            f"Tables and report do not include the changes. To import them: podia apply {folder.path}.",
        ),
        (
            [name for name in edited if name not in EDITABLE],
            "podia cannot import changes in these files, and keeps them: before it writes such a file again, it "
            "renames yours.",
        ),
    ):
        if names:
            warnings.warn(
                f"Edited since podia wrote {'it' if len(names) == 1 else 'them'}: {', '.join(names)}. {advice}",
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
