"""``overlay.mp4``: the movie with outlines, track ids and protrusion tips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path
from podia.labels.cracks import Points
from podia.reporting.cell_outlines import cell_outlines
from podia.reporting.charts.axis import nice_length
from podia.reporting.colours import RGB, track_colour
from podia.reporting.columns import column
from podia.reporting.config import ReportConfig
from podia.reporting.contrast import Contrast
from podia.reporting.film import Film
from podia.reporting.label_sprites import LabelSprites
from podia.reporting.wording import time_of

_MARGIN = 12
_SMALLEST_IDS = 8
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def write_overlay(
    movie: Movie,
    labels: LabelMovie,
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    config: ReportConfig | None = None,
    *,
    progress: Progress = silent,
) -> Path:
    """Write ``overlay.mp4`` and return its path. Reads and holds one frame at a time.

    Drawn are the outline of each cell (a circle where only its position is known) in its track's colour, its id, its
    protrusion tips, the time, and a scale bar where the pixel size is known. The same
    inputs give the same bytes with the same build of the encoder.

    Parameters
    ----------
    movie
        The original frames ``(T, Y, X)``.
    labels
        Labels of the same size whose values are track ids.
    tables
        At least ``cells`` and ``protrusions``, conformed under ``movie.calibration``.
    path
        Where the film goes.
    config
        Its size, speed and quality; the defaults if None.
    progress
        Called for each frame.

    Raises
    ------
    InvalidInputError
        If movie and labels differ in size.
    OutputError
        If the film cannot be written.
    """
    if labels.shape != movie.shape:
        raise InvalidInputError(
            f"Labels have shape (T, Y, X) {labels.shape}, the movie {movie.shape}; they must be the same."
        )
    config = config or ReportConfig()
    path = Path(path)
    canvas = _Canvas.of(movie, config, _diameter_px(movie, tables))
    marks = _Marks.of(movie, tables)
    contrast = Contrast.of(movie)
    with (
        atomic_path(path) as temporary,
        Film(temporary, canvas.size, fps=config.overlay_fps, crf=config.overlay_crf) as film,
    ):
        for frame in range(movie.n_frames):
            picture = canvas.picture(contrast.apply(movie.frame(frame)))
            found = cell_outlines(labels, frame, tolerance_px=config.outline_tolerance_px)
            canvas.annotate(picture, found, marks, frame)
            film.add(np.asarray(picture))
            progress("overlay", frame + 1, movie.n_frames)
    return path


@dataclass(frozen=True)
class _Marks:
    """Where ids and tips go, by frame: ``(N, 3)`` of track id, y and x in px."""

    ids: Mapping[int, NDArray[np.float64]]
    tips: Mapping[int, NDArray[np.float64]]
    times: tuple[str, ...]

    @classmethod
    def of(cls, movie: Movie, tables: Mapping[str, pd.DataFrame]) -> _Marks:
        def by_frame(table: str, names: tuple[str, ...]) -> dict[int, NDArray[np.float64]]:
            values = [column(tables, movie.calibration, table, name).to_numpy(np.float64) for name in names]
            rows = np.stack(values, axis=1)
            frames = column(tables, movie.calibration, table, "frame")
            return {int(frame): rows[places] for frame, places in frames.groupby(frames).indices.items()}

        return cls(
            ids=by_frame("cells", ("track_id", "y", "x")),
            tips=by_frame("protrusions", ("track_id", "tip_y", "tip_x")),
            times=tuple(time_of(frame, movie.calibration) for frame in range(movie.n_frames)),
        )


@dataclass(frozen=True)
class _Canvas:
    """How large the film is against the movie, and what is drawn with which pen.

    Parameters
    ----------
    scale
        Film pixels a movie pixel.
    size
        Width and height of the film, both even, as the colour format needs.
    bar
        Length in film pixels and words of the scale bar; None where the pixel size is not known.
    text, ids
        Ready-drawn words, and track ids.
    """

    scale: float
    size: tuple[int, int]
    bar: tuple[int, str] | None
    text: LabelSprites
    ids: LabelSprites

    @classmethod
    def of(cls, movie: Movie, config: ReportConfig, diameter_px: float) -> _Canvas:
        height, width = movie.frame_shape
        scale = min(1.0, config.overlay_max_width_px / width)
        if width < config.overlay_min_width_px:
            scale = float(math.ceil(config.overlay_min_width_px / width))
        # Rounded up to even, at most one pixel too many, which stays black.
        size = (
            max(2, math.ceil(round(width * scale) / 2) * 2),
            max(2, math.ceil(round(height * scale) / 2) * 2),
        )
        bar = None
        if movie.calibration.pixel_size_um is not None:
            length = nice_length(width * movie.calibration.pixel_size_um / 5)
            bar = (round(length / movie.calibration.pixel_size_um * scale), f"{length:g} µm")
        largest = max(12, round(size[0] / 74))
        return cls(
            scale, size, bar, LabelSprites(largest), LabelSprites(_id_height(diameter_px * scale, largest))
        )

    def picture(self, grey: NDArray[np.uint8]) -> Picture.Image:
        """Return a frame at the film's size, in colour."""
        source = Picture.fromarray(grey)
        height, width = grey.shape
        if self.scale != 1.0:
            sampling = Picture.Resampling.BICUBIC if self.scale > 1.0 else Picture.Resampling.BOX
            source = source.resize((round(width * self.scale), round(height * self.scale)), sampling)
        if source.size != self.size:
            padded = Picture.new("L", self.size)
            padded.paste(source)
            source = padded
        return source.convert("RGB")

    def annotate(
        self,
        picture: Picture.Image,
        found: Mapping[int, Sequence[Points]],
        marks: _Marks,
        frame: int,
    ) -> None:
        """Draw everything that is known of a frame into its picture."""
        draw = ImageDraw.Draw(picture)
        pen = max(1, round(self.size[0] / 640))
        for track, loops in found.items():
            for points in loops:
                closed = np.vstack([points, points[:1]])
                draw.line(self._place(closed), fill=track_colour(track), width=pen)
        radius = 1.6 * pen
        for x, y in self._place(marks.tips.get(frame, np.empty((0, 3)))[:, 1:]):
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(box, fill=_WHITE, outline=_BLACK)
        ids = marks.ids.get(frame, np.empty((0, 3)))
        for track, place in zip(ids[:, 0].astype(int).tolist(), self._place(ids[:, 1:]), strict=True):
            self.ids.put(picture, str(track), place, _lightened(track_colour(track)))
        self._time(picture, draw, marks.times[frame])
        self._scale_bar(picture, draw)

    def _place(self, points: NDArray[np.float64]) -> list[tuple[float, float]]:
        """Return ``(y, x)`` positions in the movie as ``(x, y)`` in the film."""
        # A movie pixel's centre, a whole number, lies half a pixel from its corner, where the scaling starts.
        placed: list[tuple[float, float]] = [
            tuple(p) for p in ((points[:, ::-1] + 0.5) * self.scale - 0.5).tolist()
        ]
        return placed

    def _time(self, picture: Picture.Image, draw: ImageDraw.ImageDraw, words: str) -> None:
        width, height = self.text.size(words)
        draw.rectangle((_MARGIN - 5, _MARGIN - 4, _MARGIN + width + 5, _MARGIN + height + 4), fill=_BLACK)
        self.text.put(picture, words, (_MARGIN + width / 2, _MARGIN + height / 2), _WHITE)

    def _scale_bar(self, picture: Picture.Image, draw: ImageDraw.ImageDraw) -> None:
        if self.bar is None:
            return
        length, words = self.bar
        width, height = self.text.size(words)
        thick = max(3, height // 4)
        right, bottom = self.size[0] - _MARGIN, self.size[1] - _MARGIN
        box = max(length, width)
        draw.rectangle((right - box - 6, bottom - thick - height - 12, right + 6, bottom + 6), fill=_BLACK)
        draw.rectangle(
            (right - (box + length) // 2, bottom - thick, right - (box - length) // 2, bottom), fill=_WHITE
        )
        self.text.put(picture, words, (right - box / 2, bottom - thick - 5 - height / 2), _WHITE)


def _diameter_px(movie: Movie, tables: Mapping[str, pd.DataFrame]) -> float:
    """Return the diameter of a disc of the median area of cells; infinite where areas are unknown."""
    median = column(tables, movie.calibration, "cells", "area").median()
    if not math.isfinite(median):
        return math.inf
    return 2 * math.sqrt(median / math.pi) / movie.calibration.length_per_px


def _id_height(diameter: float, largest: int) -> int:
    """Return the font size of ids that leaves most of a cell of that diameter visible, but can be read."""
    return largest if math.isinf(diameter) else max(_SMALLEST_IDS, min(largest, round(diameter / 3)))


def _lightened(colour: RGB) -> RGB:
    """Return a colour nearer to white: the format halves the resolution of colour, but not that of brightness."""
    red, green, blue = ((channel + 2 * 255) // 3 for channel in colour)
    return red, green, blue
