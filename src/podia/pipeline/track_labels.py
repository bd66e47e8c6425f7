"""Label images with track ids; labels that were corrected by hand are never overwritten."""

from __future__ import annotations

import warnings
from itertools import count
from pathlib import Path

from podia.data.movie import LabelMovie
from podia.files.atomic import atomic_path
from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.fingerprint import fingerprint
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.layout import LABELS

_WRITTEN = "labels.json"
"""Says, in the folder's ``.podia``, which labels podia itself has written."""


def write_track_labels(labels: LabelMovie, folder: AnalysisFolder) -> None:
    """Write `labels` into `folder`; labels there that podia did not write as they are get another name.

    A UserWarning says that they were kept, and where.
    """
    path = folder / LABELS
    own = _own_labels(folder)
    if own is None:
        _keep(path)
    with atomic_path(path) as temporary:
        write_labels_zarr(labels, temporary)
        # Before they take their place: a run that is killed then finds either its old labels or its new ones.
        write_json(folder.work / _WRITTEN, {"sha256": [*(own or []), fingerprint(temporary)]})


def warn_of_ignored_corrections(folder: AnalysisFolder) -> None:
    """Warn where labels were changed by hand, since the tables do not include the changes."""
    path = folder / LABELS
    if _own_labels(folder) is None:
        warnings.warn(
            f"'{path}' was changed since podia wrote it. Tables and report do not include the changes. "
            f"To analyse the changed masks: podia run MOVIE --labels {path} -o OTHER_FOLDER.",
            stacklevel=2,
        )


def _own_labels(folder: AnalysisFolder) -> list[str] | None:
    """Return the checksum of the labels that are there, none without labels; None if they are not podia's own."""
    path = folder / LABELS
    if not path.exists():
        return []
    there = fingerprint(path)
    written = read_json(folder.work / _WRITTEN)
    return [there] if written is not None and there in written["sha256"] else None


def _keep(path: Path) -> None:
    names = ("labels.corrected" + (f"-{number}" if number > 1 else "") for number in count(1))
    places = (path.with_name(f"{name}.ome.zarr") for name in names)
    kept = next(place for place in places if not place.exists())
    path.rename(kept)
    warnings.warn(
        f"'{path}' is not as podia wrote it. It is kept as '{kept}', since tracks are new. "
        f"To analyse what it shows: podia run MOVIE --labels {kept} -o OTHER_FOLDER.",
        stacklevel=2,
    )
