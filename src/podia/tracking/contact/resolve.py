"""Contact resolution: merges pieces of cells, splits and propagates fused cells, and reports both with a confidence.

Strategy: one pass over the labels gives runs of regions (:mod:`podia.tracking.contact.regions`); the number of cells in
each is determined jointly for connected runs (:mod:`podia.tracking.contact.counts`); pixels are read again only for
regions with several cells (:mod:`podia.tracking.contact.carry`). A movie without contact only needs the one pass that
tracking makes anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from podia.data.contacts import ContactKind
from podia.data.drift import Drift
from podia.data.movie import LabelMovie, Movie
from podia.tracking.cells import Cells, Integers, Overlaps
from podia.tracking.config import ContactConfig
from podia.tracking.contact.carry import Carried, Knot, Part, carry
from podia.tracking.contact.corrected import CorrectedLabels, FrameCorrection
from podia.tracking.contact.counts import Explanation, RunFacts, explain, run_facts
from podia.tracking.contact.frames import Box, RegionFrames
from podia.tracking.contact.regions import Runs, find_runs
from podia.tracking.contact.touching import Touching
from podia.tracking.frame_cells import FrameCells

_PAD_PX = 12
_MOST_LIKE_PIECES = 0.25
"""Limit above which a region is one cell that was in pieces, and is not cut; set on U373 and HeLa with networks."""

LabelOf = tuple[int, int]
"""Frame and label of a cell in the corrected labels."""


@dataclass(frozen=True)
class ContactEvent:
    """A correction of cells in contact.

    Parameters
    ----------
    kind
        ``contact``: cells that shared a region for some frames, known before and after; ``cut``: the same, known from
        one side only; ``join``: pieces of one cell.
    cells
        The cells in the first frame: all parts, largest first; for ``join``, the one cell.
    n_frames
        Duration in frames.
    confidence
        Confidence of the number of cells, 0.5 to 1.
    """

    kind: ContactKind
    cells: tuple[LabelOf, ...]
    n_frames: int
    confidence: float


@dataclass(frozen=True)
class Contacts:
    """Labels with contacts resolved, the resulting links, and the corrections."""

    labels: LabelMovie
    links: tuple[tuple[LabelOf, LabelOf], ...] = ()
    events: tuple[ContactEvent, ...] = ()
    changed_frames: tuple[int, ...] = ()


class FrameNotes:
    """Features of each frame for contact resolution, in addition to the table of cells; called with frames in order."""

    def __init__(self) -> None:
        self._boxes: list[NDArray[np.int32]] = []
        self._pairs: list[NDArray[np.int64]] = []
        self._likeness: list[NDArray[np.float64]] = []
        self._n_cells = 0

    def __call__(self, frame: FrameCells) -> None:
        """Record the boxes of the cells in a frame, and which cells touch."""
        self._boxes.append(frame.box)
        touching = Touching.of(frame)
        self._pairs.append(touching.pairs - 1 + self._n_cells)
        self._likeness.append(touching.likeness)
        self._n_cells += len(frame)

    def boxes(self) -> NDArray[np.int32]:
        """Return top, left, bottom, right of each cell, ``(N, 4)``."""
        return np.concatenate([np.zeros((0, 4), np.int32), *self._boxes])

    def touching(self) -> NDArray[np.int64]:
        """Return the pairs of rows that touch, ``(K, 2)``."""
        return np.concatenate([np.zeros((0, 2), np.int64), *self._pairs])

    def likeness(self) -> NDArray[np.float64]:
        """Return how much each of these pairs looks like one cell, ``(K,)``."""
        return np.concatenate([np.zeros(0), *self._likeness])


def resolve_contacts(
    labels: LabelMovie,
    movie: Movie | None,
    drift: Drift,
    cells: Cells,
    overlaps: Overlaps,
    notes: FrameNotes,
    config: ContactConfig,
) -> Contacts:
    """Return the labels with contacts resolved; the same object if nothing changes.

    Parameters
    ----------
    movie
        The images, if available: their texture determines how cells move while they touch.
    cells, overlaps, notes
        Results of one pass over `labels`.
    """
    runs = find_runs(cells, overlaps)
    pairs = notes.touching()
    likeness = np.full(len(cells), np.nan)
    for side in pairs.T:
        np.fmax.at(likeness, side, notes.likeness())
    boxes = notes.boxes()
    bottom, right = labels.frame_shape
    at_border = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2] == bottom) | (boxes[:, 3] == right)
    facts = run_facts(cells, runs, likeness, at_border)
    found = [one for one in (explain(group, runs, facts) for group in runs.entangled()) if one is not None]
    scene = _Scene.of(cells, runs, facts, pairs, found, boxes, labels.frame_shape, config)
    if not scene.joined_to and not scene.fused:
        return Contacts(labels)
    frames = RegionFrames(labels, movie, drift, cells, scene.joined_to)
    knots = [(knot, carry(knot, frames)) for knot in scene.knots()]
    return _assemble(labels, scene, knots)


@dataclass(frozen=True)
class _Scene:
    """The runs of a movie with the number of cells in each, and the flows between them."""

    cells: Cells
    runs: Runs
    facts: RunFacts
    held: Integers
    margin: NDArray[np.float64]
    flow: Integers
    joined_to: dict[int, int]
    boxes: NDArray[np.int32]
    frame_shape: tuple[int, int]
    config: ContactConfig

    @classmethod
    def of(
        cls,
        cells: Cells,
        runs: Runs,
        facts: RunFacts,
        pairs: NDArray[np.int64],
        found: Sequence[Explanation],
        boxes: NDArray[np.int32],
        frame_shape: tuple[int, int],
        config: ContactConfig,
    ) -> _Scene:
        held, flow = np.ones(len(runs), np.int64), np.zeros(len(runs.earlier), np.int64)
        margin = np.full(len(runs), np.nan)
        for one in found:
            held[one.runs], flow[one.edges], margin[one.runs] = one.cells, one.flow, one.margin
        unsure = margin < config.min_join_margin
        held[unsure & (held == 0)] = 1
        joined_to = _joins(cells, runs, held, pairs) if config.join else {}
        return cls(cells, runs, facts, held, margin, flow, joined_to, boxes, frame_shape, config)

    @property
    def fused(self) -> list[int]:
        """The runs that contain several cells and may be split."""
        fused = np.flatnonzero(self.held > 1)
        return (
            [int(run) for run in fused if self.margin[run] >= self.config.min_cut_margin]
            if self.config.cut
            else []
        )

    def knots(self) -> Iterator[Knot]:
        """Yield the knots of fused runs in the order of their first region."""
        fused = self.fused
        group = {run: run for run in fused}

        def root(run: int) -> int:
            while group[run] != run:
                run = group[run]
            return run

        edges = [
            (int(one), int(other), int(n))
            for one, other, n in zip(self.runs.earlier, self.runs.later, self.flow, strict=True)
            if n > 0
        ]
        for one, other, _ in edges:
            if one in group and other in group:
                group[root(max(one, other))] = root(min(one, other))
        members: dict[int, list[int]] = {}
        for run in fused:
            members.setdefault(root(run), []).append(run)
        before: dict[int, list[tuple[int, int]]] = {}
        after: dict[int, list[tuple[int, int]]] = {}
        for one, other, n in edges:
            after.setdefault(one, []).append((other, n))
            before.setdefault(other, []).append((one, n))
        for runs in members.values():
            knot = self._knot(runs, before, after)
            n_frames = (
                1
                + max(knot.frame[run[-1]] for run in knot.runs)
                - min(knot.frame[run[0]] for run in knot.runs)
            )
            if n_frames <= self.config.max_frames and self._of_cells(runs, before, after):
                yield knot

    def _of_cells(
        self,
        runs: list[int],
        before: dict[int, list[tuple[int, int]]],
        after: dict[int, list[tuple[int, int]]],
    ) -> bool:
        """Return whether what meets in `runs`, and leaves them, looks like cells rather than like pieces of one.

        A network may find a cell whole in one frame, and in the same pieces before and after. Pieces look it, and do
        not last: the longer the runs around than the fused ones, the more they are cells.
        """
        beside = {one for run in runs for ends in (before, after) for one, _ in ends.get(run, ())} - set(runs)
        around = sorted(beside)
        if not around:
            return True
        lasts = self.facts.n_frames
        likeness = np.average(self.facts.likeness[around], weights=lasts[around])
        return bool(likeness - np.log(lasts[around].sum() / lasts[runs].sum()) <= _MOST_LIKE_PIECES)

    def _knot(
        self,
        runs: list[int],
        before_run: dict[int, list[tuple[int, int]]],
        after_run: dict[int, list[tuple[int, int]]],
    ) -> Knot:
        rows = {run: self.runs.rows(run).tolist() for run in runs}
        before: dict[int, list[tuple[int, int]]] = {}
        after: dict[int, list[tuple[int, int]]] = {}
        for run in runs:
            n = int(self.held[run])
            for one, other in zip(rows[run], rows[run][1:], strict=False):
                after[one], before[other] = [(other, n)], [(one, n)]
            before[rows[run][0]] = [(int(self.runs.last[one]), k) for one, k in before_run.get(run, ())]
            after[rows[run][-1]] = [(int(self.runs.first[one]), k) for one, k in after_run.get(run, ())]
        held = {row: int(self.held[run]) for run in runs for row in rows[run]}
        named = set(held) | {row for flows in (before, after) for ends in flows.values() for row, _ in ends}
        return Knot(
            runs=[rows[run] for run in runs],
            held=held,
            before=before,
            after=after,
            frame={row: int(self.cells.frame[row]) for row in named},
            box=self._window(named),
        )

    def _window(self, rows: Iterable[int]) -> Box:
        boxes = self.boxes[sorted(rows)]
        top, left = np.maximum(boxes[:, :2].min(axis=0) - _PAD_PX, 0)
        bottom, right = np.minimum(boxes[:, 2:].max(axis=0) + _PAD_PX, self.frame_shape)
        return slice(int(top), int(bottom)), slice(int(left), int(right))


def _joins(cells: Cells, runs: Runs, held: Integers, pairs: NDArray[np.int64]) -> dict[int, int]:
    """Return the row of the cell of each piece: one that touches it, preferably with the same past or future."""
    is_piece = held[runs.of_row] == 0
    beside: dict[int, list[int]] = {}
    for one, other in pairs[(is_piece[pairs].sum(axis=1)) == 1].tolist():
        piece, cell = (one, other) if is_piece[one] else (other, one)
        beside.setdefault(piece, []).append(cell)
    kin: dict[int, set[int]] = {}
    for one, other in zip(runs.earlier.tolist(), runs.later.tolist(), strict=True):
        kin.setdefault(one, set()).add(other)
        kin.setdefault(other, set()).add(one)
    joined = {}
    for piece, neighbours in sorted(beside.items()):
        own = kin.get(int(runs.of_row[piece]), set())
        related = {cell: len(own & kin.get(int(runs.of_row[cell]), set())) for cell in neighbours}
        joined[piece] = max(neighbours, key=lambda cell: (related[cell], cells.area[cell], -cell))
    return joined


def _assemble(labels: LabelMovie, scene: _Scene, knots: Sequence[tuple[Knot, Carried]]) -> Contacts:
    cells = scene.cells
    joins: dict[int, dict[int, int]] = {}
    for piece, cell in scene.joined_to.items():
        joins.setdefault(int(cells.frame[piece]), {})[int(cells.label[piece])] = int(cells.label[cell])
    next_label = {
        frame: int(cells.label[cells.rows(frame)].max(initial=0)) + 1 for frame in range(cells.n_frames)
    }
    cuts: dict[int, list[tuple[Box, NDArray[np.bool_], int]]] = {}
    label_of: dict[int, int] = {}  # key of a part: its identity, because masks cannot be hashed
    for knot, carried in knots:
        for row, parts in carried.parts.items():
            frame = knot.frame[row]
            order = sorted(range(len(parts)), key=lambda n: (-np.count_nonzero(parts[n].mask), n))
            for place, number in enumerate(order):
                label = int(cells.label[row]) if place == 0 else next_label[frame]
                next_label[frame] += place > 0
                label_of[id(parts[number])] = label
                cuts.setdefault(frame, []).append((knot.box, parts[number].mask, label))
    changed = sorted({*joins, *cuts})
    corrections = {frame: FrameCorrection(joins.get(frame, {}), cuts.get(frame, [])) for frame in changed}

    def name(end: Part | int) -> LabelOf:
        if isinstance(end, Part):
            return end.frame, label_of[id(end)]
        return int(cells.frame[end]), int(cells.label[end])

    links = _certain((name(one), name(other)) for _, carried in knots for one, other in carried.links)
    events = [*_cut_events(scene, knots, name), *_join_events(scene)]
    return Contacts(
        labels=replace(labels, source=CorrectedLabels(labels.source, corrections)),
        links=links,
        events=tuple(sorted(events, key=lambda event: (event.cells, event.kind))),
        changed_frames=tuple(changed),
    )


def _certain(links: Iterable[tuple[LabelOf, LabelOf]]) -> tuple[tuple[LabelOf, LabelOf], ...]:
    """Return `links` in order, without links that share an end with another one.

    Two cells that enter or leave a region that is not split may do so by division, fusion or mistake. Linking decides
    which.
    """
    found = sorted(set(links))
    goes, comes = Counter(one for one, _ in found), Counter(other for _, other in found)
    return tuple((one, other) for one, other in found if goes[one] == comes[other] == 1)


def _cut_events(
    scene: _Scene, knots: Sequence[tuple[Knot, Carried]], name: Callable[[Part | int], LabelOf]
) -> Iterator[ContactEvent]:
    for knot, carried in knots:
        cut = [run for run in knot.runs if run[0] in carried.parts]
        if not cut:
            continue
        frames = [knot.frame[row] for run in cut for row in (run[0], run[-1])]
        start = min(cut, key=lambda run: (knot.frame[run[0]], run[0]))[0]
        parts = sorted(carried.parts[start], key=lambda part: -np.count_nonzero(part.mask))
        margins = [scene.margin[scene.runs.of_row[run[0]]] for run in cut]
        yield ContactEvent(
            "contact" if carried.both_sides else "cut",
            tuple(name(part) for part in parts),
            max(frames) - min(frames) + 1,
            _confidence(min(margins)),
        )


def _join_events(scene: _Scene) -> Iterator[ContactEvent]:
    cells, runs = scene.cells, scene.runs
    pieces: dict[int, list[int]] = {}
    for piece in sorted(scene.joined_to):
        pieces.setdefault(int(runs.of_row[piece]), []).append(piece)
    for run, rows in pieces.items():
        cell = scene.joined_to[rows[0]]
        where = (int(cells.frame[cell]), int(cells.label[cell]))
        yield ContactEvent("join", (where,), len(rows), _confidence(scene.margin[run]))


def _confidence(margin: float) -> float:
    return float(1 / (1 + np.exp(-min(margin, 50.0))))
