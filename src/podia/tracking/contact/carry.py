"""Propagation of cells through fused regions: forwards, backwards, and combined.

A *knot* is a set of fused runs with the runs that lead into and out of it. Known cells are propagated into it from both
sides (:mod:`podia.tracking.contact.parts`). If both sides reach a region, their parts are matched by their overlap in
all frames and by the similarity of the cells before and after, which determines identities after contact. Outlines are
interpolated between both sides, weighted by closeness in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from podia.tracking.contact.frames import Box, RegionFrames
from podia.tracking.contact.parts import Mask, View, advance, centroid, likeness, match, share_out

_LOOKS = 0.3
"""Weight of the similarity before and after, relative to the overlap, when parts of both sides are matched."""

_Name = tuple[int | None, int | None]
"""Name of a part from before and from after: the row of the cell that it was, or that it becomes."""
_End = tuple[int, int]
"""A region and the number of one of its parts; 0 for a region of one cell."""

Flows = Mapping[int, Sequence[tuple[int, int]]]
"""Region to the regions (row, cells) in the next frame."""


@dataclass(frozen=True)
class Knot:
    """Connected fused runs, as rows of the table of cells.

    Parameters
    ----------
    runs
        The rows of each run, ascending in time.
    held
        Row to number of cells, for all rows of `runs`.
    before, after
        Origin and destination of the cells of a row; includes rows outside `runs`, which contain one cell each.
    frame
        Row to frame, for all rows of this knot.
    box
        A window that contains the knot.
    """

    runs: Sequence[Sequence[int]]
    held: Mapping[int, int]
    before: Flows
    after: Flows
    frame: Mapping[int, int]
    box: Box


@dataclass(frozen=True)
class Part:
    """A cell's part of a fused region: ``row`` and frame of the region, pixels in the knot's window."""

    row: int
    frame: int
    mask: Mask


@dataclass
class Carried:
    """The cells of a knot.

    Parameters
    ----------
    parts
        The parts of each divided region.
    links
        Pairs of successive cells: a :class:`Part`, or the row of a region that is one cell.
    both_sides
        Whether the cells of every run are known from before and from after.
    """

    parts: dict[int, list[Part]] = field(default_factory=dict)
    links: list[tuple[Part | int, Part | int]] = field(default_factory=list)
    both_sides: bool = True


def carry(knot: Knot, frames: RegionFrames) -> Carried:
    """Return the cells of `knot`; regions that neither side reaches are unchanged."""
    views = _Views(knot, frames)
    forward = _propagate(knot, views, knot.before, knot.after, backward=False)
    backward = _propagate(knot, views, knot.after, knot.before, backward=True)
    carried = Carried()
    names: dict[int, list[_Name]] = {}
    for run in knot.runs:
        early, late = forward.masks.get(run[0]), backward.masks.get(run[0])
        if early is None and late is None:
            carried.both_sides = False
            continue
        carried.both_sides &= early is not None and late is not None
        pairs = _pairs(run, forward, backward, views)
        for row in run:
            masks = _blend(row, pairs, forward, backward, views)
            carried.parts[row] = [Part(row, knot.frame[row], mask) for mask in masks]
            names[row] = pairs
    _link(knot, carried, names, forward, backward, views)
    return carried


class _Views:
    """Windows of a knot's frames, read once."""

    def __init__(self, knot: Knot, frames: RegionFrames) -> None:
        self._knot, self._frames = knot, frames
        self._views: dict[int, View] = {}

    def of(self, row: int) -> View:
        """Return the window of the frame of `row`."""
        frame = self._knot.frame[row]
        if frame not in self._views:
            self._views[frame] = self._frames.view(frame, self._knot.box)
        return self._views[frame]

    def region(self, row: int) -> Mask:
        """Return the pixels of `row`."""
        mask: Mask = self.of(row).numbers == row + 1
        return mask

    def shift(self, row: int, other: int) -> tuple[int, int]:
        """Return the drift between the frames of two rows."""
        return self._frames.shift(self._knot.frame[row], self._knot.frame[other])


@dataclass
class _Side:
    """Parts of regions known from one side: by region and name (the row of the original cell), with their age."""

    masks: dict[int, dict[int, Mask]] = field(default_factory=dict)
    age: dict[int, int] = field(default_factory=dict)
    goes_to: dict[tuple[int, int], int] = field(default_factory=dict)
    """Region and part to the next region."""


def _propagate(knot: Knot, views: _Views, sources: Flows, targets: Flows, *, backward: bool) -> _Side:
    side = _Side()
    for row in sorted(knot.held, key=lambda one: (knot.frame[one], one), reverse=backward):
        parts: dict[int, Mask] = {}
        age = 1
        for source, n_cells in sources.get(row, ()):
            if source not in knot.held:
                if n_cells == 1:
                    parts[source] = views.region(source)
                continue
            age = max(age, side.age.get(source, 0) + 1)
            here = {name for name in side.masks.get(source, {}) if side.goes_to.get((source, name)) == row}
            parts |= {name: mask for name, mask in side.masks.get(source, {}).items() if name in here}
        if len(parts) != knot.held[row]:
            continue
        origin = sources[row][0][0]
        moved = advance(
            list(parts.values()), views.region(row), views.of(origin), views.of(row), views.shift(origin, row)
        )
        side.masks[row], side.age[row] = dict(zip(parts, moved, strict=True)), age
        _send(side, row, targets.get(row, ()), views)
    return side


def _send(side: _Side, row: int, targets: Sequence[tuple[int, int]], views: _Views) -> None:
    """Decide to which of the next regions each part of `row` moves."""
    parts = side.masks[row]
    places = [target for target, n_cells in targets for _ in range(n_cells)]
    if not places:
        return
    if len(set(places)) == 1:
        side.goes_to |= {(row, name): places[0] for name in list(parts)[: len(places)]}
        return
    regions = {target: views.region(target) for target in set(places)}
    fit = np.array(
        [
            [likeness(mask, regions[one], views.of(row), views.of(one)) for one in places]
            for mask in parts.values()
        ]
    )
    names = list(parts)
    for one, other in zip(*match(fit), strict=True):
        side.goes_to[row, names[int(one)]] = places[int(other)]


def _pairs(run: Sequence[int], forward: _Side, backward: _Side, views: _Views) -> list[_Name]:
    """Return the parts of a run as pairs of their names from before and from after."""
    early, late = forward.masks.get(run[0]), backward.masks.get(run[0])
    if early is None or late is None:
        return [(name, None) for name in early or ()] or [(None, name) for name in late or ()]
    fit = np.zeros((len(early), len(late)))
    for row in run:
        for i, one in enumerate(forward.masks[row].values()):
            for j, other in enumerate(backward.masks[row].values()):
                fit[i, j] += np.count_nonzero(one & other) / np.count_nonzero(one | other) / len(run)
    looks = np.array([[_alike(one, other, views) for other in late] for one in early])
    before, after = match(fit + _LOOKS * looks)
    early_names, late_names = list(early), list(late)
    return [(early_names[i], late_names[j]) for i, j in zip(before, after, strict=True)]


def _alike(one: int, other: int, views: _Views) -> float:
    """Return the similarity of two complete cells, 0 or less."""
    a, b = views.region(one), views.region(other)
    difference = min(abs(float(np.log(np.count_nonzero(a) / np.count_nonzero(b)))), 1.0)
    images = views.of(one).image, views.of(other).image
    if images[0] is not None and images[1] is not None:
        for summary in (np.mean, np.std):
            difference += min(abs(float(summary(images[0][a])) - float(summary(images[1][b]))), 2.0)
    return -difference


def _blend(
    row: int,
    pairs: Sequence[_Name],
    forward: _Side,
    backward: _Side,
    views: _Views,
) -> list[Mask]:
    early, late = forward.masks.get(row), backward.masks.get(row)
    if early is None or late is None:
        return list((early or late or {}).values())
    weight = backward.age[row] / (forward.age[row] + backward.age[row])
    outlines = [
        [(early[one], weight), (late[other], 1 - weight)]
        for one, other in pairs
        if one is not None and other is not None
    ]
    return share_out(outlines, views.region(row))


def _link(
    knot: Knot,
    carried: Carried,
    names: Mapping[int, Sequence[_Name]],
    forward: _Side,
    backward: _Side,
    views: _Views,
) -> None:
    """Return the links between successive cells along runs, into the knot and out of it, without repeats."""
    found: set[tuple[_End, _End]] = set()
    for row, pairs in names.items():
        for number, (early, late) in enumerate(pairs):
            here = (row, number)
            if early is not None:
                found |= {(one, here) for one in _origins(row, early, knot.before, names, forward, 0)}
            if late is not None:
                found |= {(here, one) for one in _origins(row, late, knot.after, names, backward, 1)}
            # A cell known from one side only is linked to the part that fits best.
            if (
                early is None
                and late is not None
                and (late_from := backward.goes_to.get((row, late))) is not None
            ):
                found |= {((late_from, 0), here)} if late_from not in knot.held else set()
            if (
                late is None
                and early is not None
                and (early_to := forward.goes_to.get((row, early))) is not None
            ):
                found |= {(here, (early_to, 0))} if early_to not in knot.held else set()
    for one, other in sorted(found):
        start, end = (carried.parts[row][n] if row in carried.parts else row for row, n in (one, other))
        if _is_within_reach(_mask(start, views), _mask(end, views), views.shift(one[0], other[0])):
            carried.links.append((start, end))


def _mask(end: Part | int, views: _Views) -> Mask:
    return end.mask if isinstance(end, Part) else views.region(end)


def _is_within_reach(one: Mask, other: Mask, drift: tuple[int, int]) -> bool:
    """Return whether a cell can be the same as one in the next frame: not farther away than the larger one is wide."""
    width = np.sqrt(4 / np.pi * max(np.count_nonzero(one), np.count_nonzero(other)))
    return bool(np.hypot(*(centroid(other) - centroid(one) - drift)) <= width)


def _origins(
    row: int, name: int, neighbours: Flows, names: Mapping[int, Sequence[_Name]], side: _Side, which: int
) -> Iterator[_End]:
    """Yield the cell in the adjacent frame from which the part `name` of `row` was propagated, if there is one."""
    for other, _ in neighbours.get(row, ()):
        if other == name:
            yield other, 0
        elif other in names and side.goes_to.get((other, name)) == row:
            yield from ((other, n) for n, pair in enumerate(names[other]) if pair[which] == name)
