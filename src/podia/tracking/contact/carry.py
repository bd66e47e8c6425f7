"""Cells carried through a region that holds several: from before, from after, and both put together.

A *knot* is a set of fused runs with what leads into it and out of it. Known cells are carried into it from both sides
(:mod:`podia.tracking.contact.parts`). Where both sides know a region, their parts are matched by how they lie on each
other all along, and by how alike the cells before and after are, which says who is who after contact; an outline is
blended from both, the side that is nearer in time counting more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from podia.labels.shape_interpolation import signed_distance
from podia.tracking.contact.frames import Box, RegionFrames
from podia.tracking.contact.parts import Mask, View, advance, likeness, match, share_out

_LOOKS = 0.3
"""What likeness before and after counts beside overlap all along, when parts of both sides are matched."""

Flows = Mapping[int, Sequence[tuple[int, int]]]
"""Region to the regions (row, cells) in the next frame."""


@dataclass(frozen=True)
class Knot:
    """Fused runs that belong together, as rows of the table of cells.

    Parameters
    ----------
    runs
        The rows of each run, ascending in time.
    held
        Row to number of cells, for all rows of `runs`.
    before, after
        Where a row's cells come from and go to; also rows that are not of `runs`, which hold one cell each.
    frame
        Row to frame, for all rows named here.
    box
        A window that holds all of it.
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
    """What a knot is made of.

    Parameters
    ----------
    parts
        The parts of each region that was shared out.
    links
        Pairs of successive cells: a :class:`Part`, or the row of a region that is one cell.
    both_sides
        Whether every run was known from before and from after.
    """

    parts: dict[int, list[Part]] = field(default_factory=dict)
    links: list[tuple[Part | int, Part | int]] = field(default_factory=list)
    both_sides: bool = True


def carry(knot: Knot, frames: RegionFrames) -> Carried:
    """Return the cells of `knot`; regions that neither side knows are left as they are."""
    views = _Views(knot, frames)
    forward = _propagate(knot, views, knot.before, knot.after, backward=False)
    backward = _propagate(knot, views, knot.after, knot.before, backward=True)
    carried = Carried()
    names: dict[int, list[tuple[int | None, int | None]]] = {}
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
    _link(knot, carried, names, forward, backward)
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
    """What is known from one side: of each region its parts by name (the row of the cell that it was), and how old."""

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
            for name, mask in side.masks.get(source, {}).items():
                if side.goes_to.get((source, name)) == row:
                    parts[name] = mask
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
    """Decide into which of the next regions each part of `row` goes."""
    parts = side.masks[row]
    places = [target for target, n_cells in targets for _ in range(n_cells)]
    if not places:
        return
    if len(set(places)) == 1:
        side.goes_to |= {(row, name): places[0] for name in list(parts)[: len(places)]}
        return
    regions = {target: views.region(target) for target in set(places)}
    fit = np.array(
        [[likeness(mask, regions[one], views.of(row), views.of(one)) for one in places] for mask in parts.values()]
    )
    names = list(parts)
    for one, other in zip(*match(fit), strict=True):
        side.goes_to[row, names[int(one)]] = places[int(other)]


def _pairs(
    run: Sequence[int], forward: _Side, backward: _Side, views: _Views
) -> list[tuple[int | None, int | None]]:
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
    """Return how alike two whole cells look, 0 or less."""
    a, b = views.region(one), views.region(other)
    difference = min(abs(float(np.log(np.count_nonzero(a) / np.count_nonzero(b)))), 1.0)
    images = views.of(one).image, views.of(other).image
    if images[0] is not None and images[1] is not None:
        for summary in (np.mean, np.std):
            difference += min(abs(float(summary(images[0][a])) - float(summary(images[1][b]))), 2.0)
    return -difference


def _blend(
    row: int,
    pairs: Sequence[tuple[int | None, int | None]],
    forward: _Side,
    backward: _Side,
    views: _Views,
) -> list[Mask]:
    if pairs[0][0] is None or pairs[0][1] is None:
        known = backward.masks[row] if pairs[0][0] is None else forward.masks[row]
        return [known[name if other is None else other] for name, other in pairs]  # type: ignore[index]
    early, late = forward.age[row], backward.age[row]
    weight = late / (early + late)
    depths: list[NDArray[np.float64]] = []
    for one, other in pairs:
        assert one is not None and other is not None
        depths.append(
            weight * signed_distance(forward.masks[row][one])
            + (1 - weight) * signed_distance(backward.masks[row][other])
        )
    return share_out(np.array(depths), views.region(row))


def _link(
    knot: Knot,
    carried: Carried,
    names: Mapping[int, Sequence[tuple[int | None, int | None]]],
    forward: _Side,
    backward: _Side,
) -> None:
    """Say which cells follow each other, along runs, into the knot and out of it, each link once."""
    said: set[tuple[int, int, int, int]] = set()

    def add(row: int, number: int, other: int, other_number: int) -> None:
        key = (row, number, other, other_number)
        if key not in said:
            said.add(key)
            ends = [carried.parts[r][n] if r in carried.parts else r for r, n in ((row, number), (other, other_number))]
            carried.links.append((ends[0], ends[1]))

    for row, pairs in names.items():
        for number, (early, late) in enumerate(pairs):
            if early is not None:
                _follow(row, number, early, knot.before.get(row, ()), knot, names, forward, 0, add)
            if late is not None:
                _follow(row, number, late, knot.after.get(row, ()), knot, names, backward, 1, add)
            elif early is not None:
                target = forward.goes_to.get((row, early))
                if target is not None and target not in knot.held:
                    add(row, number, target, 0)
            if early is None and late is not None:
                source = backward.goes_to.get((row, late))
                if source is not None and source not in knot.held:
                    add(source, 0, row, number)


def _follow(row, number, name, neighbours, knot, names, side, which, add):  # type: ignore[no-untyped-def]
    """Link a part to the one of the same name in the frame that it was carried from."""
    for other, _ in neighbours:
        if other == name:
            position = 0
        elif other in names and side.goes_to.get((other, name)) == row:
            position = next((n for n, pair in enumerate(names[other]) if pair[which] == name), -1)
        else:
            continue
        if position >= 0:
            pair = (other, position, row, number) if which == 0 else (row, number, other, position)
            add(*pair)
