"""Frames of noise alone or far out of focus, recognised by the frames before and after them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import FrameSource, Image, is_blank

_NEIGHBOURS = 6
"""Frames on each side with which a frame is compared: up to nine unclear ones in a row are recognised."""
_MOST = 0.25
"""Texture, relative to both sides, below which a frame is unclear. Of 359 frames of six movies (phase contrast, DIC),
none is below 0.87 (0.70 at the ends); a Gaussian blur of 3 px (DIC: 2 px) brings them to 0.04 to 0.25, one of a smooth
sheet to 0.42."""
_MOST_AT_END = 0.1
"""The same where there are frames on one side only: there a change for good looks the same."""
_LAGS = (1, 4)
_CHANCE = 4.0
"""Standard errors of a mean square beyond which a difference is not chance."""
_MIN_OF_USUAL = 2.0
"""Texture, relative to what chance can give, from which on a frame tells what is usual: in a movie near that limit,
frames differ by chance."""
_ROWS = 128


@dataclass(frozen=True)
class MarkedFrames:
    """Frames of another source, of which those that are noise or far out of focus are known.

    The first question for an unclear frame reads all frames once.
    """

    source: FrameSource

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return self.source.dtype

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``, as the other source has it."""
        return self.source.read(frame)

    def is_blank(self, frame: int) -> bool:
        """Return whether frame `frame` is blank."""
        return is_blank(self.source, frame)

    def is_unclear(self, frame: int) -> bool:
        """Return whether frame `frame` is noise or far out of focus."""
        return bool(self._unclear[frame])

    @cached_property
    def _unclear(self) -> NDArray[np.bool_]:
        n_frames = self.shape[0]
        if n_frames <= 2:  # nothing to compare with
            return np.zeros(n_frames, np.bool_)
        looks = np.full((n_frames, 3), np.nan)
        for frame in range(n_frames):
            if not is_blank(self.source, frame):
                looks[frame] = texture(self.source.read(frame))
        return unclear_frames(*looks.T)


def texture(image: Image) -> tuple[float, float, float]:
    """Return how much grey values change within four pixels beyond what noise does, squared; the most of it that chance
    gives; and the mean grey value.

    It is the mean square of differences 4 px apart minus that of neighbouring pixels, to which white noise adds the
    same; sampled in up to 128 rows. It is 0 if noise alone can give it, and NaN if the frame is narrower than 8 px.

    Examples
    --------
    >>> stripes = np.tile(np.repeat([0, 9], 4), (8, 4))
    >>> round(texture(stripes)[0], 1), texture(np.full((8, 32), 7))
    (62.7, (0.0, 0.0, 7.0))
    """
    height, width = image.shape
    if width < 2 * _LAGS[1]:
        return float("nan"), float("nan"), float("nan")
    rows = image[:: -(-height // _ROWS)].astype(np.float64)
    near, far = (float(np.mean((rows[:, lag:] - rows[:, :-lag]) ** 2)) for lag in _LAGS)
    found, by_chance = far - near, _CHANCE * near * (2 / rows.size) ** 0.5
    return found if found > by_chance else 0.0, by_chance, float(rows.mean())


def unclear_frames(
    textures: NDArray[np.float64], by_chance: NDArray[np.float64], means: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which frames have much less texture than frames before and after them.

    A frame at the beginning or end, with frames on one side only, must have less still. A change of the lamp is no
    loss: texture must be low both as it is and relative to the square of the mean grey value.

    Parameters
    ----------
    textures, by_chance, means
        Of each frame, as :func:`texture` returns them; NaN where it is not known.

    Examples
    --------
    >>> unclear_frames(np.array([9.0, 8, 9, 0.4, 8, 9, 9]), np.zeros(7), np.full(7, 100.0)).nonzero()[0].tolist()
    [3]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        by_brightness = np.where(means > 0, textures / means**2, np.nan)
    usual = textures >= _MIN_OF_USUAL * by_chance
    low = _is_low(textures, usual)
    return (
        low & _is_low(by_brightness, usual)
        if np.isfinite(by_brightness[np.isfinite(textures)]).all()
        else low
    )


def _is_low(values: NDArray[np.float64], usual: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which values are low compared with `usual` neighbours; those that are found do not count as neighbours."""
    found = np.zeros(len(values), np.bool_)
    known = np.isfinite(values)
    compared = np.where(usual, values, 0.0)
    searching = True
    while searching:
        frames = np.flatnonzero(known & ~found)
        low = [
            frame
            for place, frame in enumerate(frames)
            if _falls_off(
                values[frame],
                compared[frames[max(0, place - _NEIGHBOURS) : place]],
                compared[frames[place + 1 : place + 1 + _NEIGHBOURS]],
            )
        ]
        found[low] = True
        searching = bool(low)
    return found


def _falls_off(value: float, before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    # The second largest: up to four unclear frames of six do not lower it, and a single bright flash is not it.
    usual = [float(np.sort(side)[-2]) for side in (before, after) if len(side) >= 2]
    if not usual:
        return False
    return bool(value < (_MOST if len(usual) == 2 else _MOST_AT_END) * min(usual))
