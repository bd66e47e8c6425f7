"""Path measures of single tracks: outreach, meandering and forward indices, random-walk test."""

from __future__ import annotations

import math

import numpy as np

from podia.measurement.migration.walks import Path


def outreach_ratio(path: Path) -> float:
    """Return the maximum distance from the start divided by the length of the path; NaN for zero length.

    It is 1 for a straight path. Unlike the directionality ratio, it does not fall when the cell returns
    (Mort et al., Biology Open 5, 2016).
    """
    length = _path_length(path)
    reach = float(np.hypot(*(path[1] - path[1][0]).T).max())
    return reach / length if length > 0 else math.nan


def meandering_index(path: Path) -> float:
    """Return displacement over path length, times the square root of the number of steps.

    The factor compensates the decrease of the plain ratio with the length of a track: a random walk has about 1 for any
    length (Beltman, Maree & de Boer, Nature Reviews Immunology 9, 789, 2009). NaN for zero length.
    """
    length = _path_length(path)
    displacement = float(np.hypot(*(path[1][-1] - path[1][0])))
    return displacement / length * math.sqrt(len(path[0]) - 1) if length > 0 else math.nan


def forward_index(path: Path) -> tuple[float, float]:
    """Return the displacement to the right and up, each divided by the path length; NaN for zero length.

    The forward migration index of chemotaxis assays, along and across the gradient (Foxman, Kunkel & Butcher,
    Journal of Cell Biology 147, 577, 1999).
    """
    length = _path_length(path)
    if not length > 0:
        return math.nan, math.nan
    down, right = (path[1][-1] - path[1][0]) / length
    return float(right), -float(down)


def random_walk_p(path: Path) -> float:
    """Return the probability that a random walk with the same step lengths gets at least as far.

    With ``z = R^2 / sum l^2`` for a displacement R and steps l it is ``exp(-z) (1 + (2 z - z^2) / (4 n))``, where ``n =
    (sum l^2)^2 / sum l^4`` (Greenwood & Durand, Annals of Mathematical Statistics 26, 233, 1955, for unequal steps),
    between 0 and 1. Position errors make steps reverse, which biases p towards 1. NaN with fewer than two steps of
    nonzero length.
    """
    squares = (np.diff(path[1], axis=0) ** 2).sum(axis=1)
    total = float(squares.sum())
    if (squares > 0).sum() < 2:
        return math.nan
    z = float(((path[1][-1] - path[1][0]) ** 2).sum()) / total
    n = total**2 / float((squares**2).sum())
    return min(1.0, max(0.0, math.exp(-z) * (1 + (2 * z - z**2) / (4 * n))))


def _path_length(path: Path) -> float:
    return float(np.hypot(*np.diff(path[1], axis=0).T).sum())
