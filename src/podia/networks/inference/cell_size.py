"""Cell diameter of a movie: set by the user, or estimated with the network once for the whole movie."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.errors import ConfigurationError
from podia.data.length import Length
from podia.data.movie import Movie
from podia.networks.card import ModelCard
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.lone_frames import LoneFrames, spread_frames
from podia.networks.inference.resampling import shape_at_cell_diameter, shape_for_model
from podia.networks.inference.resolve import ResolvedModel
from podia.networks.inference.scale_looks import (
    SCALES,
    ScaleLook,
    best_diameter,
    is_settled,
)

_FRAMES = 3
"""Number of frames processed at each scale."""


@dataclass(frozen=True)
class CellSize:
    """Median cell diameter of a movie, in pixels of the movie. `looks` is empty if the user set the diameter."""

    diameter_px: float
    looks: tuple[ScaleLook, ...] = ()

    @property
    def estimated(self) -> bool:
        """Whether the diameter was estimated."""
        return bool(self.looks)


def cell_size_of(
    movie: Movie,
    model: ResolvedModel,
    config: InferenceConfig,
    *,
    grey_range: tuple[float, float] | None = None,
) -> CellSize | None:
    """Return the cell diameter of `movie` for a model that was trained at one cell diameter; None for other models.

    The estimate depends only on the movie and the model: it is the same in every part of a run and on every backend. If
    no cell is found at any scale, the model's cell diameter is used.

    Raises
    ------
    ConfigurationError
        If the diameter is set in um and the movie has no pixel size, or if it is set for another kind of model.
    """
    known = model.card.cell_diameter_px
    if known is None:
        _require_none(config, model.card)
        return None
    if config.cell_diameter is not None:
        return CellSize(config.cell_diameter.in_px(movie.calibration))
    looks = look_at_scales(movie, model, known, grey_range=grey_range)
    return CellSize(best_diameter(looks, known), looks)


def shape_for_movie(
    movie: Movie,
    model: ResolvedModel,
    config: InferenceConfig,
    *,
    grey_range: tuple[float, float] | None = None,
) -> tuple[int, int]:
    """Return the size ``(Y, X)`` to which frames are resampled for a model, from the cell diameter or the pixel size.

    Raises
    ------
    ConfigurationError
        As :func:`cell_size_of`.
    """
    size = cell_size_of(movie, model, config, grey_range=grey_range)
    if size is None or model.card.cell_diameter_px is None:
        own, models = movie.calibration.pixel_size_um, model.card.pixel_size_um
        return shape_for_model(movie.frame_shape, own, models, config)
    return shape_at_cell_diameter(movie.frame_shape, size.diameter_px, model.card.cell_diameter_px, config)


def look_at_scales(
    movie: Movie,
    model: ResolvedModel,
    model_diameter_px: float,
    *,
    grey_range: tuple[float, float] | None = None,
) -> tuple[ScaleLook, ...]:
    """Return the model's predictions for a few frames spread over the movie, at each of :data:`SCALES`.

    Stops at the scale after which the estimate cannot change: larger scales take the most time.
    """
    lone = LoneFrames(movie, model, grey_range=grey_range)
    frames = spread_frames(movie, _FRAMES)
    looks: list[ScaleLook] = []
    for scale in SCALES:
        looks.append(lone.look(frames, scale))
        if is_settled(looks, model_diameter_px):
            break
    return tuple(looks)


def with_cell_size(config: InferenceConfig, size: CellSize | None) -> InferenceConfig:
    """Return `config` with this diameter, so that it is not estimated again."""
    if size is None:
        return config
    return config.model_copy(update={"cell_diameter": Length(px=float(f"{size.diameter_px:.6g}"))})


def _require_none(config: InferenceConfig, card: ModelCard) -> None:
    if config.cell_diameter is not None:
        raise ConfigurationError(
            f"The model '{card.name}' was not trained at one cell diameter, but at a pixel size. Remove "
            "cell_diameter, or use a model with a cell diameter ('podia models list')."
        )
