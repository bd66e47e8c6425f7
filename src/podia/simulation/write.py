"""Writer for simulated movies and their ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path, require_free
from podia.io.tiff.write_labels import fit_in_16_bit, write_labels_tiff
from podia.io.tiff.write_movie import write_movie_tiff
from podia.simulation.simulate import SimulatedMovie
from podia.version import __version__

_RECORD = "simulation.json"
_FILES = ("movie.tif", "labels.tif", "tracks", "tracks.csv", "tips.csv", "stubs.csv", "drift.csv")
_IN_PX = ("tip_y", "tip_x", "base_y", "base_x", "length", "length_beyond_body")


def write_simulation(
    simulated: SimulatedMovie, folder: str | Path, *, overwrite: bool = False, progress: Progress = silent
) -> None:
    """Write a simulated movie and its ground truth to a folder, frame by frame.

    - ``movie.tif``, ``labels.tif``: ImageJ stacks with calibration; a label is a track id.
    - ``tracks/``: ground truth as the Cell Tracking Challenge lays it out: ``TRA/man_trackTTT.tif`` with
      ``TRA/man_track.txt``, and ``SEG/man_segTTT.tif``, all with the full masks.
    - ``tracks.csv``: ``frame, track_id, parent_track_id, y_px, x_px``; the parent is empty where there is none.
    - ``tips.csv``, ``stubs.csv``: the tables of :class:`SimulatedMovie`, with units in the names.
    - ``drift.csv``: ``frame, drift_y_px, drift_x_px``, how far the field has moved since frame 0.
    - ``simulation.json``: the configuration and podia's version.

    Each file, and ``tracks/`` as a whole, is written atomically. Files of an earlier simulation, which has a
    ``simulation.json``, are replaced; others only with `overwrite`.

    Raises
    ------
    OutputError
        If there is no space or no permission to write, or such files already exist.
    InvalidInputError
        If there are more than 65,535 tracks.
    """
    folder = Path(folder)
    if not (overwrite or (folder / _RECORD).is_file()):
        require_free(folder / name for name in _FILES)
    write_movie_tiff(simulated.movie, folder / "movie.tif", progress=progress)
    write_labels_tiff(simulated.labels, folder / "labels.tif", progress=progress)
    _write_ctc_truth(simulated, folder / "tracks", progress)
    _write_csv(_track_table(simulated), folder / "tracks.csv")
    for name in ("tips", "stubs"):
        table: pd.DataFrame = getattr(simulated, name)
        _write_csv(
            table.rename(columns={column: f"{column}_px" for column in _IN_PX}), folder / f"{name}.csv"
        )
    shifts = simulated.drift.shifts
    drift = {"frame": np.arange(len(shifts)), "drift_y_px": shifts[:, 0], "drift_x_px": shifts[:, 1]}
    _write_csv(pd.DataFrame(drift), folder / "drift.csv")
    with atomic_path(folder / _RECORD) as path:
        record = {"podia": __version__, "config": simulated.config.model_dump()}
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _write_ctc_truth(simulated: SimulatedMovie, folder: Path, progress: Progress) -> None:
    digits = max(3, len(str(simulated.labels.n_frames - 1)))
    parents = simulated.lineage.parents
    with atomic_path(folder) as temporary:
        for part in ("TRA", "SEG"):
            (temporary / part).mkdir(parents=True)
        for index, labels in enumerate(simulated.labels):
            pixels = fit_in_16_bit(index, labels, path=folder)
            for part, name in (("TRA", "man_track"), ("SEG", "man_seg")):
                path = temporary / part / f"{name}{index:0{digits}}.tif"
                tifffile.imwrite(path, pixels, compression="zlib")
            progress("tracks", index + 1, simulated.labels.n_frames)
        lines = [
            f"{row.track_id} {row.first_frame} {row.last_frame} {parents.get(int(row.track_id), 0)}\n"
            for row in simulated.lineage.spans().itertuples()
        ]
        (temporary / "TRA" / "man_track.txt").write_text("".join(lines), encoding="ascii")


def _track_table(simulated: SimulatedMovie) -> pd.DataFrame:
    nodes = simulated.lineage.nodes
    parents = nodes["track_id"].map(dict(simulated.lineage.parents)).astype("Int64")
    return pd.DataFrame(
        {
            "frame": nodes["frame"],
            "track_id": nodes["track_id"],
            "parent_track_id": parents,
            "y_px": nodes["y"],
            "x_px": nodes["x"],
        }
    )


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)
