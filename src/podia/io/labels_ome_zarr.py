"""Writer for labels as OME-Zarr 0.5, for napari and other OME-Zarr programs.

Specification: ngff.openmicroscopy.org/0.5, sections on multiscales and image-label.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path
from podia.io.ome_zarr import PODIA_KEY, POSITIONS_ONLY

_LARGEST_CHUNK_PX = 2048
"""Maximum chunk size. Smaller frames are one chunk, because frames are read whole; viewers load large ones in tiles."""


def write_labels_zarr(labels: LabelMovie, path: str | Path, *, progress: Progress = silent) -> None:
    """Write labels ``(T, Y, X)`` int32 as an OME-Zarr 0.5 label image, frame by frame and atomically.

    Units and scale are those of the calibration if it is known; otherwise a pixel or a frame is 1, without a unit.
    Chunks without cells are not stored. Labels that mark positions only have an attribute that says so. The same
    labels give the same bytes.

    Raises
    ------
    OutputError
        If there is no space or no permission to write `path`.
    """
    _, height, width = labels.shape
    with atomic_path(Path(path)) as temporary:
        attributes = {"ome": _metadata(labels.calibration, labels.name)}
        if labels.positions_only:
            attributes[PODIA_KEY] = {POSITIONS_ONLY: True}
        group = zarr.create_group(temporary, zarr_format=3, attributes=attributes)
        array = group.create_array(
            "0",
            shape=labels.shape,
            dtype=np.int32,
            chunks=(1, min(height, _LARGEST_CHUNK_PX), min(width, _LARGEST_CHUNK_PX)),
            compressors=ZstdCodec(level=3),
            fill_value=0,
            dimension_names=("t", "y", "x"),
        )
        for index, frame in enumerate(labels):
            array[index] = frame
            progress("labels.ome.zarr", index + 1, labels.n_frames)


def _metadata(calibration: Calibration, name: str) -> dict[str, Any]:
    interval_s, pixel_um = calibration.frame_interval_s, calibration.pixel_size_um
    time: dict[str, str] = {"name": "t", "type": "time"}
    space = [{"name": axis, "type": "space"} for axis in "yx"]
    if interval_s is not None:
        time["unit"] = "second"
    if pixel_um is not None:
        space = [axis | {"unit": "micrometer"} for axis in space]
    edge = 1.0 if pixel_um is None else float(pixel_um)
    scale = [1.0 if interval_s is None else float(interval_s), edge, edge]
    return {
        "version": "0.5",
        "multiscales": [
            {
                "name": name,
                "axes": [time, *space],
                "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
            }
        ],
        "image-label": {"version": "0.5"},
    }
