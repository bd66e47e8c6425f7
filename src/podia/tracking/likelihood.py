"""How much likelier a link, a division or a gap is than that one cell went and another came.

A gain is the logarithm of that ratio, so that gains add up and 0 is the limit. Displacement and size are measured
against the movie's own statistics (:mod:`podia.tracking.statistics`): a step of 40 px is nothing in one movie and
another cell in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.tracking.cells import Cells, Floats, Integers
from podia.tracking.config import TrackingConfig
from podia.tracking.divisions import sizes_fit
from podia.tracking.statistics import DISPLACEMENT_TAIL, MovieStatistics

_MIDDLE_TAIL = 5.0
"""Degrees of freedom of where the middle between sisters lies."""
_PLAIN_STEP_PENALTY = 0.5
"""What it costs to explain a step without the last one: cells turn."""
_SIZE_TAIL = 3.0
_SIZE_GAIN_RANGE = (-2.0, 1.5)
_ROUND_SLOPE = 150.0
_ROUND_RANGE = (-10.0, 0.5)
_EVEN_SISTERS = 0.3
_SEEN_ONCE = 2.0
"""What it costs that the movie ends with the division: whatever else comes in beside a cell looks the same."""
_MISSED = 0.02
"""Share of cells that are missed for a while."""
_STILL_MISSED = 0.5
"""Share of these that are missed in the next frame, too."""
_LONG_GAP = 3
"""Missing frames beyond which a cell that is lost and found at the edge of the field has been out, too."""
_ON_THE_EDGE = 1.6
"""Distance from the frame's edge, in radii, at which a cell that is lost has gone out."""


@dataclass(frozen=True)
class Evidence:
    """Cells, what the movie tells of itself, and the settings."""

    cells: Cells
    movie: MovieStatistics
    config: TrackingConfig

    def link_gains(self, earlier: Integers, later: Integers, iou: Floats) -> Floats:
        """Return the gain ``(K,)`` of each link from a frame to the next; `iou` is that of the two masks."""
        cells, movie = self.cells, self.movie
        step = cells.stable[later] - cells.stable[earlier]
        surprise = ((step - movie.expected[earlier]) ** 2).sum(axis=1)
        steady = _plane_t(surprise, movie.step[earlier] ** 2, DISPLACEMENT_TAIL)
        plain = _plane_t((step**2).sum(axis=1), movie.plain_step**2, DISPLACEMENT_TAIL) - _PLAIN_STEP_PENALTY
        gain = np.maximum(steady, plain) + self._size_gain(earlier, later, 1.0)
        return gain + self.config.overlap_gain * iou - self._replaced(earlier, later)

    def gap_gains(self, earlier: Integers, later: Integers) -> Floats:
        """Return the gain ``(K,)`` of each link across missing frames.

        A cell that is lost on the frame's edge and found there has been out, and is another one for all that is known.
        """
        cells, movie = self.cells, self.movie
        missing = cells.frame[later] - cells.frame[earlier] - 1
        squares = ((cells.stable[later] - cells.stable[earlier]) ** 2).sum(axis=1)
        variance = np.asarray(movie.plain_step**2 * (1 + 0.5 * missing), np.float64)
        gain = _plane_t(squares, variance, DISPLACEMENT_TAIL)
        gain += np.log(_MISSED) + np.log(_STILL_MISSED) * (missing - 1)
        gain += self._size_gain(earlier, later, 1.5) - self._replaced(earlier, later)
        radius = np.sqrt(cells.area / np.pi)
        outside = cells.border_distance < _ON_THE_EDGE * radius
        out = outside[earlier] | outside[later]
        out |= (missing > _LONG_GAP) & (movie.at_edge[earlier] + movie.at_edge[later] == 2)
        return np.asarray(np.where(out, -np.inf, gain))

    def division_gains(self, mother: Integers, one: Integers, other: Integers, roundness: Floats) -> Floats:
        """Return the gain ``(K,)`` of each division; `roundness` ``(N,)`` is each cell's solidity of late."""
        cells, movie = self.cells, self.movie
        apart = np.maximum(np.hypot(*(cells.stable[one] - cells.stable[other]).T), 1e-6)
        off = (cells.stable[one] + cells.stable[other]) / 2 - cells.stable[mother]
        spread = 0.5 * movie.plain_step**2 + (self.config.division_spread * apart) ** 2
        gain = movie.division + _plane_t((off**2).sum(axis=1), spread, _MIDDLE_TAIL)
        unusual = (np.log(apart) - movie.sisters) / movie.sisters_spread
        # A t distribution of the logarithm of the distance, spread over the plane; 0.92 is its normalisation.
        gain -= 3 * np.log1p(unusual**2 / 5) + 0.92 + np.log(2 * np.pi * apart**2 * movie.sisters_spread)
        gain += self._family_sizes(mother, one, other)
        gain += np.clip(_ROUND_SLOPE * (roundness[mother] - self.config.division_min_solidity), *_ROUND_RANGE)
        gain += (
            self.config.division_gain - self._replaced(mother, one) - movie.appearance[movie.at_edge[other]]
        )
        gain -= np.where(cells.frame[one] == cells.n_frames - 1, _SEEN_ONCE, 0.0)
        return np.asarray(np.where(sizes_fit(cells, mother, one, other, self.config), gain, -np.inf))

    def _replaced(self, earlier: Integers, later: Integers) -> Floats:
        """Return the log likelihood that the one cell went and the other came."""
        movie = self.movie
        gone = movie.disappearance[movie.at_edge[earlier]]
        replaced: Floats = gone + movie.appearance[movie.at_edge[later]]
        return replaced

    def _size_gain(self, earlier: Integers, later: Integers, widen: float) -> Floats:
        change = np.log(self.cells.area[later] / self.cells.area[earlier])
        same = widen * self.movie.size_change
        gain = _line_t(change, same) - _line_t(change, max(self.movie.size_variety, same))
        return np.asarray(np.clip(gain, *_SIZE_GAIN_RANGE))

    def _family_sizes(self, mother: Integers, one: Integers, other: Integers) -> Floats:
        """Return how well sizes fit a division, 0 or less: even sisters, together neither too small nor too large."""
        area = self.cells.area
        uneven = np.maximum(np.abs(np.log(area[one] / area[other])) - _EVEN_SISTERS, 0) / 0.4
        total = np.log((area[one] + area[other]) / area[mother])
        strange = (total - np.clip(total, -0.5, 1.0)) / 0.35
        return np.asarray(np.maximum(-0.5 * (uneven**2 + strange**2), -8.0))


def _plane_t(squares: Floats, variance: Floats | float, tail: float) -> Floats:
    """Return the log density of a t distribution in the plane at squared distances from its middle."""
    density: Floats = -np.log(2 * np.pi * variance) - (tail / 2 + 1) * np.log1p(squares / (tail * variance))
    return density


def _line_t(values: Floats, scale: float) -> Floats:
    """Return the log density of a t distribution on the line, but for a constant."""
    density: Floats = -np.log(scale) - (_SIZE_TAIL + 1) / 2 * np.log1p((values / scale) ** 2 / _SIZE_TAIL)
    return density
