"""Images of validation frames: annotation, prediction and probability."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.files.atomic import atomic_path
from podia.networks.outputs.base import Output
from podia.reporting.contrast import Contrast
from podia.reporting.jpeg import jpeg
from podia.reporting.outline_tracing import outlines
from podia.training.recipe import Metric
from podia.training.validation import FrameScores, Validated

_MAX_SIDE_PX = 720
_QUALITY = 80
_TOLERANCE_PX = 0.3
"""Tolerance at which a simplified outline encloses the same pixels."""
_N_SHOWN = 3
"""Number of worst and of best frames to show."""


@dataclass(frozen=True)
class FramePicture:
    """A validation frame with images as base64 JPEG and outlines as SVG paths in px of the frame.

    `unknown` is the outline of unannotated regions. Scores are None if they are undefined.
    """

    movie: str
    frame: int
    seg: float | None
    jaccard: float | None
    f_score: float | None
    n_cells: int
    n_found: int
    width: int
    height: int
    image: str
    probability: str
    truth: str
    found: str
    unknown: str


class Gallery:
    """Collector of the worst and the best frames of a validation; at most six predictions are in memory.

    Parameters
    ----------
    head
        Output of the network.
    metric
        Score by which frames are ranked.
    """

    def __init__(self, head: Output[Any, Any], metric: Metric) -> None:
        self._head = head
        self._metric = metric
        self._kept: list[tuple[float, Validated, FrameScores]] = []

    def look(self, result: Validated, scores: FrameScores) -> None:
        """Keep a frame if it is among the worst or the best; ignore frames without a score."""
        score = scores.of(self._metric)
        if score != score:
            return
        self._kept.append((score, result, scores))
        self._kept.sort(key=lambda kept: kept[0])
        if len(self._kept) > 2 * _N_SHOWN:
            # The middle one of seven is among neither the three worst nor the three best frames so far.
            del self._kept[_N_SHOWN]

    def pictures(self) -> list[FramePicture]:
        """Return the kept frames, the worst first."""
        return [_picture(result, scores, self._head) for _, result, scores in self._kept]


def write_pictures(pictures: list[FramePicture], step: int, path: Path) -> None:
    """Write the images of a step as JSON, so that a resumed training still has them."""
    content = {"step": step, "frames": [asdict(picture) for picture in pictures]}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def read_pictures(path: Path, step: int | None) -> list[FramePicture]:
    """Return the images of a step; none if the file is missing or of another step."""
    if not path.is_file():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    return [FramePicture(**frame) for frame in content["frames"]] if content["step"] == step else []


def _picture(result: Validated, scores: FrameScores, head: Output[Any, Any]) -> FramePicture:
    height, width = result.truth.shape
    probability = head.foreground(result.prediction)
    grey = Contrast.of_frame(result.image).apply(result.image)
    return FramePicture(
        movie=result.movie,
        frame=result.frame,
        seg=_defined(scores.seg),
        jaccard=_defined(scores.jaccard),
        f_score=_defined(scores.positions.f_score),
        n_cells=scores.n_cells,
        n_found=scores.n_found,
        width=width,
        height=height,
        image=_jpeg_text(grey),
        probability=_jpeg_text(np.asarray((255 * probability).round(), dtype=np.uint8)),
        truth=svg_path(np.maximum(result.truth, 0)),
        found=svg_path(result.labels),
        unknown=svg_path(np.asarray(result.truth < 0, dtype=np.int32)),
    )


def svg_path(labels: LabelImage) -> str:
    """Return the outlines of all cells as one SVG path; the frame's upper left corner is (0, 0)."""
    loops = [loop for found in outlines(labels, tolerance_px=_TOLERANCE_PX).values() for loop in found]
    # Pixel centres are integers in an outline, and half a pixel from the corner of an image.
    return "".join(f"M{'L'.join(f'{x + 0.5:g},{y + 0.5:g}' for y, x in loop.tolist())}Z" for loop in loops)


def _jpeg_text(grey: NDArray[np.uint8]) -> str:
    height, width = grey.shape
    factor = min(1.0, _MAX_SIDE_PX / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return base64.b64encode(jpeg(grey, size, _QUALITY)).decode("ascii")


def _defined(value: float) -> float | None:
    return None if value != value else value
