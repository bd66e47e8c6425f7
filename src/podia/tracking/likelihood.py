"""Log likelihood ratios of links, divisions and gaps against a disappearance and an appearance.

A gain is the logarithm of the ratio, so that gains add up and 0 is the threshold. Displacement and size are compared
with the statistics of the movie (:mod:`podia.tracking.statistics`): a step of 40 px is normal in one movie and
impossible in another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.tracking.cells import Cells, Floats, Integers
from podia.tracking.config import TrackingConfig
from podia.tracking.divisions import sizes_fit
from podia.tracking.linking_constants import LINKING, LinkingConstants
from podia.tracking.statistics import MovieStatistics

_SIZE_TAIL = 3.0
_SIZE_GAIN_RANGE = (-2.0, 1.5)
_ROUND_RANGE = (-10.0, 0.5)
_EVEN_SISTERS = 0.3
_MISSED = 0.012
"""Fraction of cells that are missed for exactly one frame."""
_STILL_MISSED = 0.7
"""Fraction of missed cells that are also missed in the next frame."""
_COMES_BACK = 0.9
"""Fraction of cells that leave over the edge of the field and are back two frames later."""
_RETURN_POWER = 1.5
"""A random walk returns after n steps with a probability that decreases as n to this power."""
_ACROSS_THE_EDGE = 0.75
"""Distance from the outermost centroids, in radii, within which a cell may leave the field in one step."""


@dataclass(frozen=True)
class Evidence:
    """Cells, statistics of the movie, settings, and constants."""

    cells: Cells
    movie: MovieStatistics
    config: TrackingConfig
    constants: LinkingConstants = LINKING

    def link_gains(self, earlier: Integers, later: Integers, iou: Floats) -> Floats:
        """Return the gain ``(K,)`` of each link between successive frames; `iou` is that of the masks."""
        cells, movie, tail = self.cells, self.movie, self.constants.displacement_tail
        step = cells.stable[later] - cells.stable[earlier]
        surprise = ((step - movie.expected[earlier]) ** 2).sum(axis=1)
        steady = _plane_t(surprise, movie.step[earlier] ** 2, tail)
        plain = _plane_t((step**2).sum(axis=1), movie.plain_step**2, tail)
        change = np.log(cells.area[later] / cells.area[earlier])
        gain = np.maximum(steady, plain - self.constants.plain_step_penalty)
        gain += self._size_gains(change, movie.size_change)
        return gain + self.config.overlap_gain * iou - self._replaced(earlier, later)

    def gap_gains(self, earlier: Integers, later: Integers) -> Floats:
        """Return the gain ``(K,)`` of each link across missing frames.

        A cell lost at the edge may have left and returned at the same place; then it counts as another cell.
        """
        cells, movie = self.cells, self.movie
        step = cells.frame[later] - cells.frame[earlier]
        squares = ((cells.stable[later] - cells.stable[earlier]) ** 2).sum(axis=1)
        place = _plane_t(squares, movie.long_step[step - 1] ** 2, self.constants.displacement_tail)
        n_missing = step - 1
        missed = np.log(_MISSED) + np.log(_STILL_MISSED) * (n_missing - 1)
        at_edge = movie.at_edge[earlier] + movie.at_edge[later] > 0
        back = np.where(at_edge, place + self._out_and_back(earlier, later, n_missing), -np.inf)
        other = movie.disappearance[movie.at_edge[earlier]]
        other += np.logaddexp(movie.appearance[movie.at_edge[later]], back)
        change = np.log(cells.area[later] / cells.area[earlier])
        return np.asarray(place + missed + self._size_gains(change, movie.long_size_change[step - 1]) - other)

    def _out_and_back(self, earlier: Integers, later: Integers, n_missing: Integers) -> Floats:
        """Return the log probability that a cell that left the field is back after `n_missing` frames.

        The cell first has to reach the edge: the farther it is, the less likely.
        """
        cells, movie, tail = self.cells, self.movie, self.constants.displacement_tail
        depth = cells.border_distance - movie.margin - _ACROSS_THE_EDGE * np.sqrt(cells.area / np.pi)
        depth = np.maximum(np.minimum(depth[earlier], depth[later]), 0)
        there = -(tail + 2) / 2 * np.log1p((depth / movie.long_step[n_missing]) ** 2 / tail)
        return np.asarray(np.log(_COMES_BACK) - _RETURN_POWER * np.log(n_missing) + there)

    def division_gains(self, mother: Integers, one: Integers, other: Integers, roundness: Floats) -> Floats:
        """Return the gain ``(K,)`` of each division; `roundness` ``(N,)`` is the recent maximum of solidity."""
        cells, movie = self.cells, self.movie
        apart = np.maximum(np.hypot(*(cells.stable[one] - cells.stable[other]).T), 1e-6)
        off = (cells.stable[one] + cells.stable[other]) / 2 - cells.stable[mother]
        spread = 0.5 * movie.plain_step**2 + (self.config.division_spread * apart) ** 2
        gain = movie.division + _plane_t((off**2).sum(axis=1), spread, self.constants.middle_tail)
        unusual = (np.log(apart) - movie.sisters) / movie.sisters_spread
        # A t distribution of the logarithm of the distance, as a density in the plane; 0.92 normalises it.
        gain -= 3 * np.log1p(unusual**2 / 5) + 0.92 + np.log(2 * np.pi * apart**2 * movie.sisters_spread)
        gain += self._family_sizes(mother, one, other)
        unround = roundness[mother] - self.config.division_min_solidity
        gain += np.clip(self.constants.round_slope * unround, *_ROUND_RANGE)
        gain += (
            self.config.division_gain - self._replaced(mother, one) - movie.appearance[movie.at_edge[other]]
        )
        gain -= np.where(cells.frame[one] == cells.n_frames - 1, self.constants.seen_once, 0.0)
        return np.asarray(np.where(sizes_fit(cells, mother, one, other, self.config), gain, -np.inf))

    def _replaced(self, earlier: Integers, later: Integers) -> Floats:
        """Return the log likelihood of a disappearance and an appearance."""
        movie = self.movie
        gone = movie.disappearance[movie.at_edge[earlier]]
        replaced: Floats = gone + movie.appearance[movie.at_edge[later]]
        return replaced

    def _size_gains(self, change: Floats, same: Floats | float) -> Floats:
        gain = _line_t(change, same) - _line_t(change, np.maximum(self.movie.size_variety, same))
        return np.asarray(np.clip(gain, *_SIZE_GAIN_RANGE))

    def _family_sizes(self, mother: Integers, one: Integers, other: Integers) -> Floats:
        """Return the fit of sizes to a division, 0 or less: similar sisters, total area close to the mother's."""
        area = self.cells.area
        uneven = np.maximum(np.abs(np.log(area[one] / area[other])) - _EVEN_SISTERS, 0) / 0.4
        total = np.log((area[one] + area[other]) / area[mother])
        strange = (total - np.clip(total, -0.5, 1.0)) / 0.35
        return np.asarray(np.maximum(-0.5 * (uneven**2 + strange**2), -8.0))


def _plane_t(squares: Floats, variance: Floats | float, tail: float) -> Floats:
    """Return the log density of a t distribution in the plane at squared distances from its centre."""
    density: Floats = -np.log(2 * np.pi * variance) - (tail / 2 + 1) * np.log1p(squares / (tail * variance))
    return density


def _line_t(values: Floats, scale: Floats | float) -> Floats:
    """Return the log density of a t distribution on the line, up to a constant."""
    density: Floats = -np.log(scale) - (_SIZE_TAIL + 1) / 2 * np.log1p((values / scale) ** 2 / _SIZE_TAIL)
    return density
