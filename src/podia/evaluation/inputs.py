"""Detection of input types: Cell Tracking Challenge folders, labels, centroids, analysis folders, simulated truth."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError, nearest_name_hint
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.tables import PROTRUSIONS
from podia.evaluation.ctc_sequence import (
    TRACK_FILES,
    MaskSequence,
    TrackedMovie,
    sequence_from_folder,
    sequence_from_movie,
)
from podia.evaluation.positions import Tips, as_tips, no_tips, read_positions, scores_of
from podia.io.analysis_folder import is_analysis_folder
from podia.io.layout import LABELS, LINEAGE, parquet_of
from podia.io.points import POINT_SUFFIXES, read_position_csv
from podia.io.read import read_labels
from podia.measurement.config import ProtrusionConfig
from podia.results.results import Results, open_results

Kind = Literal["ctc folder", "labels", "centroids", "tips", "analysis folder", "simulated truth"]
Source: TypeAlias = Path | str | LabelMovie | TrackedMovie | pd.DataFrame
"""Input of an evaluation: a path, labels, labels with their lineage, or a table of centroids."""

_CTC_MASK = re.compile(r"(mask|man_seg|man_track)\d+\.tiff?$", re.IGNORECASE)
_KINDS = (
    "a Cell Tracking Challenge folder (01_GT, 01_ST, 01_RES), labels (TIFF, OME-Zarr, folder of label images), "
    "centroids (a CSV with frame, y, x; clicks from napari, Fiji or LabelMe), an analysis folder of podia, or a folder "
    "of podia simulate"
)


@dataclass(frozen=True)
class EvaluationInput:
    """One side of a comparison; only tables are in memory.

    Parameters
    ----------
    name
        Name in messages and in the report.
    outlines
        Masks of whole cells; None if there are only markers or positions.
    markers
        Masks that mark the position of every cell; the outlines if there is nothing better.
    ctc
        Input of the Cell Tracking Challenge scores.
    labels
        The labels as a movie, or their path, for temporal stability.
    has_tracks
        Whether label values are track ids.
    positions
        A table of centroids: ``frame, y, x`` in px, and ``score`` if detections have one.
    every_frame
        Whether frames are numbered from 0 without gaps, so that both sides need the same number of frames; gold truth
        of the challenge has only some frames.
    """

    name: str
    kind: Kind
    outlines: MaskSequence | None = None
    markers: MaskSequence | None = None
    ctc: Path | TrackedMovie | None = None
    labels: LabelMovie | Path | None = None
    has_tracks: bool = False
    positions: pd.DataFrame | None = None
    tips: Tips | None = None
    calibration: Calibration = field(default_factory=Calibration)
    every_frame: bool = True


def open_input(source: Source, role: Literal["truth", "result"]) -> EvaluationInput:
    """Return the input for a comparison from `source`, without reading labels.

    Raises
    ------
    MovieReadError
        If it does not exist, has an unknown type, or cannot be read.
    """
    if isinstance(source, LabelMovie):
        return _from_movie(TrackedMovie(source), "labels", f"the {role}")
    if isinstance(source, TrackedMovie):
        return _from_movie(source, "labels", f"the {role}")
    if isinstance(source, pd.DataFrame):
        return EvaluationInput(f"the {role}", "centroids", positions=_checked_positions(source, role))
    path = Path(source)
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MovieReadError(f"There is no file or folder '{path}'.{nearest_name_hint(path.name, siblings)}")
    if path.is_dir():
        return _from_folder(path, role)
    if path.suffix.lower() in POINT_SUFFIXES:
        positions = read_positions(path)
        if isinstance(positions, Tips):
            return EvaluationInput(str(path), "tips", tips=positions)
        return EvaluationInput(str(path), "centroids", positions=positions)
    return _from_movie(TrackedMovie(read_labels(path)), "labels", str(path))


def _checked_positions(table: pd.DataFrame, role: str) -> pd.DataFrame:
    missing = [name for name in ("frame", "y", "x") if name not in table.columns]
    if missing or table.empty:
        raise MovieReadError(
            f"The centroids of the {role} lack {missing or 'rows'}; they need the columns frame, y, x in px."
        )
    kept = table[["frame", "y", "x", *scores_of(table, f"the {role}")]]
    return kept.astype({"frame": np.int64, **dict.fromkeys(kept.columns[1:], float)})


def _from_movie(movie: TrackedMovie, kind: Kind, name: str) -> EvaluationInput:
    if movie.labels.positions_only:
        marks = sequence_from_movie(TrackedMovie(movie.labels, None, movie.frame_numbers), name)
        return EvaluationInput(name, kind, markers=marks, calibration=movie.labels.calibration)
    # Without the lineage, so that labels in tables are those of the file.
    sequence = sequence_from_movie(TrackedMovie(movie.labels, None, movie.frame_numbers), name)
    return EvaluationInput(
        name,
        kind,
        outlines=sequence,
        markers=sequence,
        ctc=movie,
        labels=movie.labels,
        has_tracks=movie.lineage is not None and _labels_are_tracks(movie.lineage),
        calibration=movie.labels.calibration,
        every_frame=movie.frame_numbers is None,
    )


def _labels_are_tracks(lineage: Lineage) -> bool:
    return bool((lineage.nodes["label"] == lineage.nodes["track_id"]).all())


def _from_folder(path: Path, role: Literal["truth", "result"]) -> EvaluationInput:
    if (path / LABELS).is_dir() and (path / LINEAGE).is_dir():
        return _from_analysis(path)
    if (path / "labels.tif").is_file() and (path / "tracks" / "TRA").is_dir():
        return _from_simulation(path, role)
    if _is_ctc(path):
        return _from_ctc(path, role)
    if is_analysis_folder(path):
        open_results(path)  # which refuses folders of an earlier podia
        raise MovieReadError(
            f"'{path}' is an analysis folder without {LABELS} or {LINEAGE}: its run has not finished. "
            f"Run the same podia run command again."
        )
    inside = sorted(p.name for p in path.iterdir() if p.is_dir() and _is_ctc(p))
    if inside:
        raise MovieReadError(
            f"'{path}' contains several label folders ({', '.join(inside[:4])}). Give one of them, such as "
            f"'{path / inside[0]}'."
        )
    try:
        return _from_movie(TrackedMovie(read_labels(path)), "labels", str(path))
    except MovieReadError as error:
        raise MovieReadError(f"'{path}' cannot be evaluated: {error} Supported inputs: {_KINDS}.") from error


def _is_ctc(path: Path) -> bool:
    if any((path / name).is_dir() for name in ("SEG", "TRA")) or any(
        (path / n).is_file() for n in TRACK_FILES
    ):
        return True
    return any(_CTC_MASK.search(p.name) for p in path.iterdir())


def _from_ctc(path: Path, role: Literal["truth", "result"]) -> EvaluationInput:
    seg, tra = (path / name if (path / name).is_dir() else None for name in ("SEG", "TRA"))
    if role == "result" and (seg or tra):  # annotation as a result, such as silver against gold
        path = seg or tra or path
        seg = tra = None
    if seg or tra:
        outlines = None if seg is None else sequence_from_folder(seg)
        markers = outlines if tra is None else sequence_from_folder(tra)
    else:
        markers = sequence_from_folder(path)
        # Markers are not outlines, so overlap with them would be meaningless.
        outlines = None if role == "truth" and path.name == "TRA" else markers
    return EvaluationInput(
        str(path),
        "ctc folder",
        outlines=outlines,
        markers=markers,
        ctc=path,
        labels=path if role == "result" else None,
        has_tracks=markers is not None and markers.tracks is not None,
        every_frame=False,
    )


def _from_analysis(path: Path) -> EvaluationInput:
    results = open_results(path)
    opened = _from_movie(TrackedMovie(results.labels, results.lineage), "analysis folder", str(path))
    measured = parquet_of(PROTRUSIONS.name)
    has_tips = (path / measured).is_file() and not results.labels.positions_only
    return replace(opened, tips=_analysis_tips(results) if has_tips else None)


def _analysis_tips(results: Results) -> Tips:
    calibration = results.calibration
    table = PROTRUSIONS.to_base(results.tables.protrusions, calibration)
    cells = results.tables.cells[["frame", "track_id", "touches_border"]]
    tips = table.merge(cells, on=["frame", "track_id"], how="left")
    protrusions = ProtrusionConfig.parse(results.settings["measurement"]["protrusions"])
    return Tips(as_tips(tips, results.path), no_tips(), protrusions.min_length.in_px(calibration))


def _from_simulation(path: Path, role: Literal["truth", "result"]) -> EvaluationInput:
    labels = read_labels(path / "labels.tif")
    opened = _from_movie(TrackedMovie(labels), "simulated truth", str(path))
    tips = None
    if (path / "tips.csv").is_file():
        stubs = path / "stubs.csv"
        tips = Tips(
            as_tips(read_position_csv(path / "tips.csv"), path / "tips.csv"),
            as_tips(read_position_csv(stubs), stubs) if stubs.is_file() else no_tips(),
        )
    masks = path / "tracks" if role == "truth" else path / "tracks" / "TRA"
    return replace(opened, ctc=masks, has_tracks=True, tips=tips)
