"""Skeleton of a cell as a graph: branches between free ends and branch points.

Diagonal neighbours are linked only if no third pixel joins them at right angles, so that a bend is not a branch point.
Neighbouring pixels with three or more links are one branch point, placed where the cell is widest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.measurement.protrusions.body import Mask

Pixel = tuple[int, int]
"""A pixel of the mask, ``(row, column)``."""


@dataclass(frozen=True)
class Branch:
    """Pixels of the skeleton from one node to the next, both included."""

    pixels: tuple[Pixel, ...]

    @property
    def nodes(self) -> tuple[Pixel, Pixel]:
        """Nodes at the two ends; the same node twice for a loop."""
        return self.pixels[0], self.pixels[-1]

    def seen_from(self, node: Pixel) -> tuple[Pixel, ...]:
        """Return the pixels of the branch, starting at `node`, one of its ends."""
        return self.pixels if self.pixels[0] == node else self.pixels[::-1]


class Skeleton:
    """Branches of a skeleton. If removing one leaves two branches at a node, these are joined."""

    def __init__(self, branches: list[Branch]) -> None:
        self.branches = branches

    def degrees(self) -> Counter[Pixel]:
        """Return the number of branch ends at each node."""
        return Counter(node for branch in self.branches for node in branch.nodes)

    def branch_points(self) -> list[Pixel]:
        """Return the nodes in which three or more branches meet, in reading order."""
        return sorted(node for node, degree in self.degrees().items() if degree >= 3)

    def free_ends(self) -> list[tuple[Pixel, Branch]]:
        """Return the free ends, each with its branch, in reading order."""
        return sorted(self._ends(self.degrees()), key=lambda end: end[0])

    def spurs(self) -> list[tuple[Pixel, Branch]]:
        """Return the free ends whose branch meets others at its foot."""
        degrees = self.degrees()
        return [
            (end, branch)
            for end, branch in self._ends(degrees)
            if degrees[branch.nodes[0]] != degrees[branch.nodes[1]]
        ]

    def _ends(self, degrees: Counter[Pixel]) -> list[tuple[Pixel, Branch]]:
        return [(node, branch) for branch in self.branches for node in branch.nodes if degrees[node] == 1]

    def remove(self, branches: list[Branch]) -> None:
        """Remove `branches`; if two ends of different branches remain at a branch point, they are joined."""
        self.branches = [branch for branch in self.branches if branch not in branches]
        for node in {node for branch in branches for node in branch.nodes}:
            meeting = [other for other in self.branches if node in other.nodes]
            if len(meeting) == 2 and self.degrees()[node] == 2:
                self.branches = [other for other in self.branches if other not in meeting]
                joined = meeting[0].seen_from(node)[::-1] + meeting[1].seen_from(node)[1:]
                self.branches.append(Branch(joined))


def trace_skeleton(thin: Mask, distance: NDArray[np.float64]) -> Skeleton:
    """Return the branches of a skeleton.

    Parameters
    ----------
    thin
        Pixels of the skeleton, from :func:`~podia.measurement.protrusions.thinning.thin`.
    distance
        The cell's distance to the outline, which places the branch points.
    """
    rows, cols = np.nonzero(thin)
    pixels: list[Pixel] = list(zip(rows.tolist(), cols.tolist(), strict=True))
    neighbours = _linked_neighbours(thin)
    node_of = _place_nodes(neighbours, distance[rows, cols])
    branches = []
    seen: set[int] = set()
    for start in sorted(node_of):
        for first in neighbours[start]:
            chain = _follow(start, first, neighbours, node_of, seen)
            if chain is not None:
                whole = [node_of[start], *chain, node_of[chain[-1]]]
                kept = [pixel for i, pixel in enumerate(whole) if i == 0 or pixel != whole[i - 1]]
                branches.append(Branch(tuple(pixels[i] for i in kept)))
    return Skeleton(branches)


def _linked_neighbours(thin: Mask) -> list[list[int]]:
    """Return the linked pixels of each skeleton pixel; pixels are numbered in reading order."""
    number = np.cumsum(thin).reshape(thin.shape) - 1
    right = thin[:, :-1] & thin[:, 1:]
    down = thin[:-1] & thin[1:]
    corners = thin[:-1, :-1], thin[:-1, 1:], thin[1:, :-1], thin[1:, 1:]
    falling = corners[0] & corners[3] & ~corners[1] & ~corners[2]
    rising = corners[1] & corners[2] & ~corners[0] & ~corners[3]
    pairs = [
        (number[:, :-1][right], number[:, 1:][right]),
        (number[:-1][down], number[1:][down]),
        (number[:-1, :-1][falling], number[1:, 1:][falling]),
        (number[:-1, 1:][rising], number[1:, :-1][rising]),
    ]
    neighbours: list[list[int]] = [[] for _ in range(int(thin.sum()))]
    for first, second in pairs:
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            neighbours[a].append(b)
            neighbours[b].append(a)
    return neighbours


def _place_nodes(neighbours: list[list[int]], distance: NDArray[np.float64]) -> dict[int, int]:
    """Return the pixels that are nodes, each with the pixel that stands for it."""
    node_of = {pixel: pixel for pixel, linked in enumerate(neighbours) if len(linked) == 1}
    crossing = {pixel for pixel, linked in enumerate(neighbours) if len(linked) >= 3}
    while crossing:
        group, frontier = set[int](), {min(crossing)}
        while frontier:
            group |= frontier
            frontier = {n for pixel in frontier for n in neighbours[pixel] if n in crossing} - group
        centre = max(sorted(group), key=lambda pixel: distance[pixel])
        node_of.update(dict.fromkeys(group, centre))
        crossing -= group
    return node_of


def _follow(
    start: int, first: int, neighbours: list[list[int]], node_of: dict[int, int], seen: set[int]
) -> list[int] | None:
    """Return the pixels from `start` over `first` to the next node; None if that path was followed before."""
    if first in node_of:
        # Two adjacent nodes: the pair is found twice, once from each.
        return [start, first] if start < first and node_of[start] != node_of[first] else None
    if first in seen:
        return None
    chain = [start]
    previous, pixel = start, first
    while pixel not in node_of:
        chain.append(pixel)
        seen.add(pixel)
        previous, pixel = pixel, next(n for n in neighbours[pixel] if n != previous)
    return [*chain, pixel]
