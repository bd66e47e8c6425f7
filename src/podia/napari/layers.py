"""Movies, labels and lineages as layers of napari, in micrometres where the pixel size is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.movie import FrameSequence, LabelMovie, Movie

LayerKind = Literal["image", "labels", "tracks"]
LayerData = tuple[Any, dict[str, Any], LayerKind]
"""What napari makes a layer of: data, keywords, kind."""

PATH = "podia_path"
"""Key in the metadata of a layer: the file that it was read from."""


class FrameStack:
    """A movie as the array ``(T, Y, X)`` that napari asks for slices of; a frame is read when it is shown."""

    ndim = 3

    def __init__(self, frames: FrameSequence) -> None:
        self.frames = frames
        self.shape = frames.shape
        self.dtype: np.dtype[Any] = np.dtype(np.int32) if isinstance(frames, LabelMovie) else frames.dtype
        self.size = int(np.prod(frames.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis:
            first, rest = slice(None), [Ellipsis, *rest]
        if isinstance(first, slice):
            frames = [self.frames.frame(index) for index in range(*first.indices(len(self)))]
            stack = np.stack(frames) if frames else np.empty((0, *self.shape[1:]), self.dtype)
            return np.asarray(stack[(slice(None), *rest)])
        index = int(first) + (len(self) if first < 0 else 0)
        return np.asarray(self.frames.frame(index)[tuple(rest)])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)


@dataclass(frozen=True)
class Placement:
    """Scale and units of a layer ``(T, Y, X)``: frames, and micrometres where the pixel size is known."""

    calibration: Calibration

    @property
    def pixel(self) -> float:
        """World units in one pixel."""
        return self.calibration.length_per_px

    @property
    def scale(self) -> tuple[float, float, float]:
        """World units per step of each axis."""
        return (1.0, self.pixel, self.pixel)

    @property
    def units(self) -> tuple[str, str, str]:
        """Units of the axes; frames have none, which napari calls a pixel."""
        length = "um" if self.calibration.length_unit == "um" else "pixel"
        return ("pixel", length, length)

    def keywords(self) -> dict[str, Any]:
        """Return what all layers have in common."""
        return {"scale": self.scale, "units": self.units, "axis_labels": ("t", "y", "x")}


def movie_layer(movie: Movie, path: str | None = None) -> LayerData:
    """Return a movie as an image layer; its contrast is that of three frames."""
    sample = np.stack([movie.frame(i) for i in sorted({0, movie.n_frames // 2, movie.n_frames - 1})])
    low, high = (float(value) for value in np.percentile(sample, (0.5, 99.5)))
    keywords = {
        "name": movie.name,
        "colormap": "gray",
        "contrast_limits": (low, high if high > low else low + 1),
        "multiscale": False,
        "rgb": False,
        "metadata": {PATH: path, "calibration": movie.calibration},
    }
    return FrameStack(movie), keywords | Placement(movie.calibration).keywords(), "image"


def labels_layer(
    labels: LabelMovie, name: str = "cells", metadata: Mapping[str, Any] | None = None
) -> LayerData:
    """Return labels as a layer that can be painted, all frames in memory."""
    keywords = {"name": name, "opacity": 0.5, "multiscale": False, "metadata": dict(metadata or {})}
    return labels.to_array(), keywords | Placement(labels.calibration).keywords(), "labels"


def tracks_layer(lineage: Lineage, calibration: Calibration, name: str = "tracks") -> LayerData:
    """Return a lineage as a layer of tracks; a daughter names her mother in the graph."""
    nodes = lineage.nodes.sort_values(["track_id", "frame"])
    graph = {daughter: [mother] for daughter, mother in lineage.parents.items()}
    keywords = {"name": name, "graph": graph, "tail_length": 10}
    rows = nodes[["track_id", "frame", "y", "x"]].to_numpy(float)
    return rows, keywords | Placement(calibration).keywords(), "tracks"
