"""Correct the masks of some frames with few operations, as a person would, to train on them.

PODIA_DATA_DIR=... python -m benchmarks.corrections.corrected_frames FOLDER TRUTH [--frames 12] [--apply]

FOLDER is an analysis folder, TRUTH a Cell Tracking Challenge folder with masks of every frame (`.../01_ST/SEG`). The
person knows the true masks and corrects `--frames` frames, spread evenly over the movie, cell by cell:

- a cell with no true cell is deleted,
- pieces of one true cell are merged (one operation per further piece),
- a cell that holds several true cells is split,
- a true cell that is still missed is added as a polygon,
- a cell whose intersection over union with its true cell is below `--least-iou` is redrawn as a polygon.

Prints the number of operations of each kind, the number that drawing all cells would take, and SEG of the corrected
frames before and after. With `--apply`, the corrections are applied to FOLDER, and the frames can be trained on:

python -m podia train podia FOLDER -o MODEL --set stages.0.steps=600
python -m podia run MOVIE --model MODEL/model.safetensors -o AGAIN
python -m podia evaluate AGAIN --truth TRUTH
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from skimage.measure import approximate_polygon, find_contours

import podia
from podia.corrections.apply import apply_corrections
from podia.corrections.operations import Add, CellAt, Correction, Delete, Merge, Redraw, Split, SplitFrame
from podia.corrections.regions import innermost_point
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie

_POLYGON_TOLERANCE_PX = 0.7
"""Maximum distance of a drawn outline from the true one."""


class Person:
    """Labels as corrected so far, and what was done."""

    def __init__(self, labels: LabelMovie, lineage: Lineage) -> None:
        self._array = labels.to_array().copy()
        self._labels = LabelMovie.from_array(self._array, labels.calibration, name=labels.name)
        self._lineage = lineage
        self.done: list[Correction] = []

    def image(self, frame: int) -> LabelImage:
        """Return the labels of a frame as they are now."""
        return self._array[frame]

    def do(self, correction: Correction) -> bool:
        """Do one operation; return whether it fitted."""
        corrected = apply_corrections(self._labels, self._lineage, [correction])
        if not corrected.outcomes[0].applied:
            return False
        for frame in corrected.changed_frames:
            self._array[frame] = corrected.labels.frame(frame)
        self._lineage = corrected.lineage
        self.done.append(correction)
        return True

    def cell(self, frame: int, label: int) -> CellAt:
        """Return the place of a cell."""
        point = innermost_point(self.image(frame), label)
        assert point is not None
        return CellAt(frame=frame, y=point[0], x=point[1])


def correct_frame(person: Person, frame: int, truth: LabelImage, least_iou: float) -> None:
    """Correct one frame: false cells, pieces, merged cells, missed cells, outlines."""
    for label in _labels(person.image(frame)):
        if not _true_cells_of(person.image(frame), label, truth):
            person.do(Delete(cells=(person.cell(frame, label),)))
    for true in _labels(truth):
        pieces = _pieces_of(person.image(frame), true, truth)
        for piece in pieces[1:]:
            kept, other = person.cell(frame, pieces[0]), person.cell(frame, piece)
            person.do(Merge(pieces=((kept, other),)))
    for label in _labels(person.image(frame)):
        held = _held_in(person.image(frame), label, truth)
        if len(held) > 1:
            points = [innermost_point(np.where(person.image(frame) == label, truth, 0), one) for one in held]
            seeds = tuple(point for point in points if point is not None)
            person.do(Split(frames=(SplitFrame(cell=person.cell(frame, label), seeds=seeds),)))
    for true in _labels(truth):
        label, iou = _best(person.image(frame), true, truth)
        if iou >= least_iou:
            continue
        polygon = _polygon(truth == true)
        if label == 0 or not person.do(Redraw(cell=person.cell(frame, label), polygon=polygon)):
            person.do(Add(frame=frame, polygon=polygon))


def _labels(image: LabelImage) -> list[int]:
    return [int(label) for label in np.unique(image) if label]


def _true_cells_of(image: LabelImage, label: int, truth: LabelImage) -> list[int]:
    """Return the true cells that share at least a tenth of the cell `label`, or of themselves, with it."""
    inside = truth[image == label]
    values, counts = np.unique(inside[inside > 0], return_counts=True)
    sizes = np.bincount(truth.ravel())
    size = len(inside)
    return [int(v) for v, n in zip(values, counts, strict=True) if n >= 0.1 * min(size, sizes[v])]


def _pieces_of(image: LabelImage, true: int, truth: LabelImage) -> list[int]:
    """Return the cells that lie mostly in one true cell, the largest first."""
    values, counts = np.unique(image[(truth == true) & (image > 0)], return_counts=True)
    sizes = np.bincount(image.ravel())
    found = [(int(n), int(v)) for v, n in zip(values, counts, strict=True) if n > 0.5 * sizes[v]]
    return [value for _, value in sorted(found, reverse=True)]


def _held_in(image: LabelImage, label: int, truth: LabelImage) -> list[int]:
    """Return the true cells of which more than half lies in the cell `label`."""
    values, counts = np.unique(truth[(image == label) & (truth > 0)], return_counts=True)
    sizes = np.bincount(truth.ravel())
    return [int(v) for v, n in zip(values, counts, strict=True) if n > 0.5 * sizes[v]]


def _best(image: LabelImage, true: int, truth: LabelImage) -> tuple[int, float]:
    """Return the cell with the largest overlap, and its intersection over union; 0 without one."""
    mask = truth == true
    values, counts = np.unique(image[mask & (image > 0)], return_counts=True)
    if not len(values):
        return 0, 0.0
    label, shared = int(values[counts.argmax()]), int(counts.max())
    return label, shared / float((mask | (image == label)).sum())


def _polygon(mask: np.ndarray) -> tuple[tuple[float, float], ...]:
    padded = np.pad(mask.astype(float), 1)
    outline = max(find_contours(padded, 0.5), key=len) - 1
    return tuple((float(y), float(x)) for y, x in approximate_polygon(outline, _POLYGON_TOLERANCE_PX)[:-1])


def seg(image: LabelImage, truth: LabelImage) -> list[float]:
    """Return SEG's score of each true cell: the Jaccard index of the cell that covers more than half of it, or 0."""
    scores = []
    for true in _labels(truth):
        label, iou = _best(image, true, truth)
        covers = label and np.count_nonzero((truth == true) & (image == label)) > 0.5 * (truth == true).sum()
        scores.append(iou if covers else 0.0)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path, help="Folder with a mask of every frame.")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--least-iou", type=float, default=0.8, help="Cells that fit less are redrawn.")
    parser.add_argument("--apply", action="store_true", help="Apply the corrections to the folder.")
    given = parser.parse_args()
    results = podia.open(given.folder)
    truth = podia.read_labels(given.truth)
    n_frames = results.labels.n_frames
    frames = np.unique(np.linspace(0, n_frames - 1, given.frames).round().astype(int)).tolist()
    person = Person(results.labels, results.lineage)
    before, after, n_cells = [], [], 0
    for frame in frames:
        before += seg(person.image(frame), truth.frame(frame))
        correct_frame(person, frame, truth.frame(frame), given.least_iou)
        after += seg(person.image(frame), truth.frame(frame))
        n_cells += len(_labels(truth.frame(frame)))
    counts = Counter(one.op for one in person.done)
    listed = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    print(f"{len(frames)} frames with {n_cells} true cells: {len(person.done)} operations ({listed}).")
    print(
        f"Drawing all cells would take {n_cells} outlines; here {counts['add'] + counts['redraw']} were drawn."
    )
    print(f"SEG of these frames: {np.mean(before):.3f} before, {np.mean(after):.3f} after.")
    if given.apply:
        podia.correct(results, person.done)
        print(f"Applied. Train with: podia train podia {given.folder} -o MODEL")


if __name__ == "__main__":
    main()
