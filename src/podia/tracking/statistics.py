"""Statistics of a movie: displacements, size changes, and rates of appearance, disappearance and division.

Strategy: links give statistics, which give better links; two or three rounds converge. Every estimate starts from a
prior with the weight of a few cells, so that it exists even for two cells in three frames. Displacements have long
tails (a cell that rounds up or detaches jumps), hence Student's t distribution instead of the normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from podia.tracking.cells import Cells, Floats, Integers
from podia.tracking.forest import Forest
from podia.tracking.linking_constants import LINKING, LinkingConstants

_PRIOR_LINKS = 20.0
"""Weight of the priors of displacement and size, in links."""
_PRIOR_SIZE_CHANGE = 0.15
_MIN_SIZE_CHANGE = 0.05
_PRIOR_EVENTS = 4.0
_SURE_EVENTS = 20.0
"""Number of cells entering or leaving from which the end of the field is certain."""
_PRIOR_DIVISION_RATE = 0.003
_PRIOR_DIVISIONS = 10.0
_PRIOR_SISTERS = (0.7, 0.35)
"""Prior distance of sisters relative to the maximum distance, and its spread (standard deviation of the logarithm)."""
_NEIGHBOURS = 6
_FIT_ROUNDS = 30


@dataclass(frozen=True)
class MovieStatistics:
    """Statistics for N cells; densities are natural logarithms, per px^2 and frame.

    Parameters
    ----------
    expected
        ``(N, 2)`` expected displacement to the next frame, from the cell's last step and its neighbours' steps, px.
    step
        ``(N,)`` scale of the residual displacement, px; larger if the last step is unknown.
    plain_step
        Scale of displacements without prediction, px.
    long_step, long_size_change
        ``(L,)`` scale of the displacement over 1, 2, ... L frames, px, and of the change of the logarithm of an area.
    size_change, size_variety
        Scale of the change of a cell's log area between frames; and between any two cells.
    margin
        Distance from the frame's edge within which hardly any centroid lies, px; smaller if few cells entered or left.
    at_edge
        ``(N,)`` 1 if a cell may enter or leave over the edge of the field, otherwise 0.
    appearance
        Density of appearances inside the field, and at its edge.
    disappearance
        Logarithm of the share of cells that disappear per frame, inside the field, and at its edge.
    division
        Logarithm of the share of cells that divide per frame.
    sisters, sisters_spread
        Logarithm of the distance between new sisters in px, and its standard deviation.
    """

    expected: Floats
    step: Floats
    plain_step: float
    long_step: Floats
    long_size_change: Floats
    size_change: float
    size_variety: float
    margin: float
    at_edge: Integers
    appearance: Floats
    disappearance: Floats
    division: float
    sisters: float
    sisters_spread: float


def measure_movie(
    cells: Cells,
    forest: Forest,
    max_distance: float,
    frame_shape: tuple[int, int],
    n_long: int = 1,
    constants: LinkingConstants = LINKING,
) -> MovieStatistics:
    """Estimate the statistics of the tracks in `forest`; `max_distance` (px) sets the scale of the priors.

    Displacements are measured over up to `n_long` frames.
    """
    earlier, later = _steady_links(cells, forest)
    displacement = cells.stable[later] - cells.stable[earlier]
    prior, tail = constants.prior_step * max_distance, constants.displacement_tail
    plain = _t_scale((displacement**2).sum(axis=1), prior, tail)
    own = np.full((len(cells), 2), np.nan)
    own[later] = displacement
    common = _common_motion(cells, earlier, displacement)
    expected = _expected(np.stack([own, common]), earlier, displacement, plain)
    left = ((displacement - expected[earlier]) ** 2).sum(axis=1)
    known = np.isfinite(own[:, 0])
    scale = _t_scale(left[known[earlier]], plain, tail)
    least = 0.25 * prior
    plain = max(plain, least)
    change = np.log(cells.area[later] / cells.area[earlier])
    size_change = _pooled(np.clip(change, -1, 1), _PRIOR_SIZE_CHANGE, _MIN_SIZE_CHANGE)
    rates = np.array([constants.rate_inside, constants.rate_at_edge])
    long_step, long_size_change = _over_frames(cells, forest, plain, size_change, tail, n_long)
    margin = _margin(cells, forest, _PRIOR_EVENTS)
    appearance, disappearance, edge = _comings_and_goings(
        cells, forest, margin, max(4 * plain, 0.25 * max_distance), frame_shape, rates
    )
    sisters, spread = _sisters(cells, forest, max_distance)
    divisions = len(forest.second_daughter)
    return MovieStatistics(
        expected=expected,
        step=np.where(known, max(scale, least), plain),
        plain_step=plain,
        long_step=long_step,
        long_size_change=long_size_change,
        size_change=size_change,
        size_variety=max(float(np.sqrt(2) * np.log(cells.area).std()), size_change),
        margin=_margin(cells, forest, _SURE_EVENTS),
        at_edge=edge,
        appearance=appearance,
        disappearance=disappearance,
        division=float(np.log((divisions + 1) / (len(cells) + 1 / _PRIOR_DIVISION_RATE))),
        sisters=sisters,
        sisters_spread=spread,
    )


def _steady_links(cells: Cells, forest: Forest) -> tuple[Integers, Integers]:
    """Return the links between successive frames, except those from mother to daughter."""
    linked = forest.successor >= 0
    linked[list(forest.second_daughter)] = False
    earlier = np.flatnonzero(linked)
    later = forest.successor[earlier]
    next_frame = cells.frame[later] == cells.frame[earlier] + 1
    return earlier[next_frame], later[next_frame]


def _over_frames(
    cells: Cells, forest: Forest, step: float, size_change: float, tail: float, n_long: int
) -> tuple[Floats, Floats]:
    """Return the scales of displacement and area change over 1, 2, ... `n_long` frames; they never decrease."""
    onward = forest.successor.copy()
    onward[list(forest.second_daughter)] = -1
    earlier = later = np.arange(len(cells))
    steps, changes = [step], [size_change]
    for n_frames in range(1, n_long + 1):
        later = onward[later]
        earlier, later = earlier[later >= 0], later[later >= 0]
        if n_frames == 1:
            continue
        exact = cells.frame[later] == cells.frame[earlier] + n_frames
        one, other = earlier[exact], later[exact]
        squares = ((cells.stable[other] - cells.stable[one]) ** 2).sum(axis=1)
        steps.append(max(_t_scale(squares, steps[-1], tail), steps[-1]))
        change = np.clip(np.log(cells.area[other] / cells.area[one]), -1, 1)
        changes.append(_pooled(change, changes[-1], changes[-1]))
    return np.array(steps), np.array(changes)


def _t_scale(squares: Floats, prior: float, tail: float) -> float:
    """Return the scale of a t distribution in the plane from squared lengths, by expectation maximisation."""
    variance = prior**2
    for _ in range(_FIT_ROUNDS):
        weights = (tail + 2) / (tail + squares / variance)
        variance = (float(weights @ squares) / 2 + _PRIOR_LINKS * prior**2) / (len(squares) + _PRIOR_LINKS)
    return float(np.sqrt(variance))


def _common_motion(cells: Cells, earlier: Integers, displacement: Floats) -> Floats:
    """Return the median step of each cell's nearest neighbours, ``(N, 2)``; NaN if there are too few."""
    motion = np.full((len(cells), 2), np.nan)
    for frame in range(cells.n_frames - 1):
        rows = cells.rows(frame)
        start, stop = np.searchsorted(earlier, [cells.first[frame], cells.first[frame + 1]])
        if stop - start <= _NEIGHBOURS:
            continue
        linked = earlier[start:stop]
        _, near = cKDTree(cells.stable[linked]).query(cells.stable[rows], k=_NEIGHBOURS + 1)
        steps = displacement[start:stop][near]
        steps[linked[near] == rows[:, None]] = np.nan  # a cell is not its own neighbour
        motion[rows] = np.nanmedian(steps, axis=1)
    return motion


def _expected(hints: Floats, earlier: Integers, displacement: Floats, scale: float) -> Floats:
    """Return the displacements expected from `hints` ``(H, N, 2)``, each weighted by its accuracy.

    The weights come from a robust regression through the origin, shrunk if there are few links.
    """
    filled = np.nan_to_num(hints)
    used = filled[:, earlier]
    trust = 1 / (1 + ((used**2).sum(axis=(0, 2)) + (displacement**2).sum(axis=1)) / (6 * scale**2))
    gram = np.einsum("hnc,gnc,n->hg", used, used, trust) + _PRIOR_LINKS * scale**2 * np.eye(len(hints))
    weights = np.linalg.solve(gram, np.einsum("hnc,nc,n->h", used, displacement, trust))
    expected: Floats = np.einsum("h,hnc->nc", np.clip(weights, 0, 1), filled)
    return expected


def _pooled(values: Floats, prior: float, least: float) -> float:
    pooled = (float(values @ values) + _PRIOR_LINKS * prior**2) / (len(values) + _PRIOR_LINKS)
    return max(float(np.sqrt(pooled)), least)


def _ends(cells: Cells, forest: Forest) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which cells appear, and which disappear, during the movie, ``(N,)`` each."""
    starts = (forest.predecessor < 0) & (cells.frame > 0)
    starts[list(forest.second_daughter.values())] = False
    return starts, (forest.successor < 0) & (cells.frame < cells.n_frames - 1)


def _margin(cells: Cells, forest: Forest, n_enough: float) -> float:
    """Return the distance from the frame's edge at which the field ends, px.

    Annotators and programs may omit cells cut by the frame, so the field ends at the outermost centroids. This is
    fully believed if at least `n_enough` cells entered or left.
    """
    n_events = sum(np.count_nonzero(one) for one in _ends(cells, forest))
    return min(1.0, n_events / n_enough) * float(np.quantile(cells.border_distance, 0.01))


def _comings_and_goings(
    cells: Cells,
    forest: Forest,
    margin: float,
    strip: float,
    frame_shape: tuple[int, int],
    rates: Floats,
) -> tuple[Floats, Floats, Integers]:
    """Return log densities of appearances and log rates of disappearances, inside and at the edge, and the edge cells.

    The edge is a `strip` inside the `margin`, px.
    """
    last = cells.n_frames - 1
    starts, ends = _ends(cells, forest)
    edge = (cells.border_distance - margin < strip).astype(np.int64)
    height, width = (max(size - 2 * margin, 1.0) for size in frame_shape)
    inside = max(height - 2 * strip, 0) * max(width - 2 * strip, 0)
    areas = np.array([max(inside, 1), max(height * width - inside, 1)])
    went, could_go = (np.bincount(edge[rows], minlength=2) for rows in (ends, cells.frame < last))
    came = np.bincount(edge[starts], minlength=2)
    # The prior assumes evenly spread cells, so that it also works without cells at the edge.
    prior = rates * len(cells) / cells.n_frames / (height * width)
    appearance = np.log((came + _PRIOR_EVENTS) / (areas * max(last, 1) + _PRIOR_EVENTS / prior))
    disappearance = np.log((went + _PRIOR_EVENTS) / (could_go + _PRIOR_EVENTS / rates))
    return appearance, disappearance, edge


def _sisters(cells: Cells, forest: Forest, max_distance: float) -> tuple[float, float]:
    usual, spread = np.log(_PRIOR_SISTERS[0] * max_distance), _PRIOR_SISTERS[1]
    mothers = np.array(list(forest.second_daughter), dtype=np.int64)
    second = np.array(list(forest.second_daughter.values()), dtype=np.int64)
    apart = np.hypot(*(cells.stable[forest.successor[mothers]] - cells.stable[second]).T)
    logs = np.log(np.maximum(apart, 1e-6))
    n = len(logs) + _PRIOR_DIVISIONS
    mean = (logs.sum() + _PRIOR_DIVISIONS * usual) / n
    variance = (((logs - mean) ** 2).sum() + _PRIOR_DIVISIONS * spread**2) / n
    return float(mean), float(np.sqrt(variance))
