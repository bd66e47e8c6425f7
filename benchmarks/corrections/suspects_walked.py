"""A simulated person, who knows the truth, walks the list of suspects and mends each with one operation.

PODIA_DATA_DIR=... python -m benchmarks.corrections.suspects_walked FOLDER TRUTH [--operations 10,20,50]

FOLDER is an analysis folder, TRUTH a Cell Tracking Challenge folder with markers (`.../01_GT/TRA`). The person sees a
suspect and either does what it suggests or one of the usual alternatives, whichever brings tracks and masks closest to
the truth, or nothing. Beside it: the same number of operations at random cells, and in the order of frames. Prints
the tracking errors (AOGM, Matula et al. 2015) after each number of operations, and the precision of the first 20
suspects: the share at which something was wrong that one operation improved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import podia
from podia.corrections.apply import apply_corrections
from podia.corrections.by_ids import correction_of_ids
from podia.corrections.operations import Correction
from podia.corrections.suspects import Suspect, find_suspects
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.io.tracks.ctc import read_ctc_tracks

WEIGHTS = {"NS": 5.0, "FN": 10.0, "FP": 1.0, "ED": 1.0, "EA": 1.5, "EC": 1.0}

State = tuple[LabelMovie, Lineage]


class Truth:
    """Markers and tracks, and how far a result is from them; matches of unchanged frames are kept."""

    def __init__(self, labels: LabelMovie, lineage: Lineage) -> None:
        self.labels, self.lineage = labels, lineage
        self.links = _links(lineage)
        self._matches: dict[tuple[int, int], tuple[dict[int, int], int, int, int]] = {}

    def errors(self, state: State, changed: Iterable[int] = ()) -> float:
        """Return AOGM: the weighted number of operations that turn the result into the truth."""
        labels, lineage = state
        counts = dict.fromkeys(WEIGHTS, 0)
        match: dict[tuple[int, int], tuple[int, int]] = {}
        track_of = {(int(r.frame), int(r.label)): int(r.track_id) for r in lineage.nodes.itertuples()}
        changed = set(changed)
        for frame in range(self.labels.n_frames):
            key = (frame, hash(labels.frame(frame).tobytes()) if frame in changed else 0)
            if key not in self._matches:
                self._matches[key] = _match(self.labels.frame(frame), labels.frame(frame))
            pairs, missed, false, merged = self._matches[key]
            counts["FN"] += missed
            counts["FP"] += false
            counts["NS"] += merged
            for label, marker in pairs.items():
                match[frame, label] = (frame, marker)
        cells = {(frame, track): match.get((frame, label)) for (frame, label), track in track_of.items()}
        mine = {}
        for (start, end), kind in _links(lineage).items():
            matched = (cells.get(start), cells.get(end))
            if None not in matched:
                mine[matched] = kind
        theirs = {
            ((a[0], self._marker(a)), (b[0], self._marker(b))): kind for (a, b), kind in self.links.items()
        }
        counts["ED"] = sum(link not in theirs for link in mine)
        counts["EA"] = sum(link not in mine for link in theirs)
        counts["EC"] = sum(mine[link] != theirs[link] for link in mine.keys() & theirs.keys())
        return sum(WEIGHTS[name] * count for name, count in counts.items())

    def _marker(self, node: tuple[int, int]) -> int:
        return self._labels_of[node]

    @property
    def _labels_of(self) -> dict[tuple[int, int], int]:
        if not hasattr(self, "_marker_of"):
            nodes = self.lineage.nodes
            self._marker_of = {(int(r.frame), int(r.track_id)): int(r.label) for r in nodes.itertuples()}
        return self._marker_of


def _links(lineage: Lineage) -> dict[tuple[tuple[int, int], tuple[int, int]], str]:
    """Return ``((frame, track), (frame, track)) -> kind`` of all links."""
    links = {}
    ends: dict[int, tuple[int, int]] = {}
    for track, rows in lineage.nodes.groupby("track_id"):
        frames = sorted(int(frame) for frame in rows["frame"])
        ends[int(track)] = (frames[0], frames[-1])
        for early, late in pairwise(frames):
            links[(early, int(track)), (late, int(track))] = "same"
    for daughter, mother in lineage.parents.items():
        links[(ends[mother][1], mother), (ends[daughter][0], daughter)] = "division"
    return links


def _match(markers: np.ndarray, image: np.ndarray) -> tuple[dict[int, int], int, int, int]:
    """Return ``label -> marker``, and the numbers of missed markers, false labels and merged markers."""
    sizes = np.bincount(markers.ravel())
    both = markers.astype(np.int64) * (int(image.max()) + 1) + image
    values, counts = np.unique(both[(markers > 0) & (image > 0)], return_counts=True)
    held: dict[int, list[int]] = {}
    for value, count in zip(values, counts, strict=True):
        marker, label = divmod(int(value), int(image.max()) + 1)
        if count > 0.5 * sizes[marker]:
            held.setdefault(label, []).append(marker)
    n_markers = int(np.count_nonzero(sizes[1:]))
    n_labels = len(np.unique(image[image > 0]))
    found = sum(len(one) for one in held.values())
    pairs = {label: one[0] for label, one in held.items() if len(one) == 1}
    return pairs, n_markers - found, n_labels - len(held), sum(len(one) - 1 for one in held.values())


def options(state: State, suspect: Suspect) -> Iterator[Correction]:
    """Yield what a person would try at a suspect: what it suggests first."""
    if suspect.correction is not None:
        yield suspect.correction
    both = [suspect.track] if suspect.other is None else [suspect.track, suspect.other]
    frames = range(suspect.frame, suspect.frame + 1)
    tries: list[tuple[str, list[int], range | None]] = [("delete", [suspect.track], None)]
    if len(both) == 2:
        tries += [
            ("merge", both, None),
            ("merge", both[::-1], None),
            ("link", both, None),
            ("link", both[::-1], None),
        ]
        tries += [("swap", both, frames), ("set_division", both[::-1], None)]
    tries += [("unlink", [suspect.track], frames), ("remove_division", [suspect.track], None)]
    for operation, ids, where in tries:
        try:
            yield correction_of_ids(*state, operation, ids, where)  # type: ignore[arg-type]
        except InvalidInputError:
            continue


def walk(
    state: State, truth: Truth, suspects: Iterable[Suspect], n_operations: int
) -> tuple[list[float], list[bool]]:
    """Return the errors after each operation, and whether each suspect that was looked at could be improved."""
    done: list[Correction] = []
    start, errors = state, [truth.errors(state)]
    useful = []
    for suspect in suspects:
        if len(errors) > n_operations:
            break
        best, best_errors = None, errors[-1] - 0.5
        for correction in options(state, suspect):
            corrected = apply_corrections(*start, [*done, correction])
            if not corrected.outcomes[-1].applied:
                continue
            now = truth.errors((corrected.labels, corrected.lineage), corrected.changed_frames)
            if now < best_errors:
                best, best_errors = correction, now
        useful.append(best is not None)
        if best is not None:
            done.append(best)
            corrected = apply_corrections(*start, done)
            state = (corrected.labels, corrected.lineage)
            errors.append(best_errors)
        else:
            errors.append(errors[-1])  # looking costs as much as mending
    return errors, useful


def random_places(state: State, seed: int, *, ordered: bool) -> Iterator[Suspect]:
    """Yield cells at random, or all of them in the order of frames, as suspects without a suggestion."""
    nodes = state[1].nodes
    order = np.arange(len(nodes)) if ordered else np.random.default_rng(seed).permutation(len(nodes))
    for index in order:
        row = nodes.iloc[index]
        near = nodes[(nodes["frame"] == row["frame"]) & (nodes["track_id"] != row["track_id"])]
        other = None
        if len(near):
            distance = np.hypot(near["y"] - row["y"], near["x"] - row["x"])
            other = int(near.loc[distance.idxmin(), "track_id"])
        yield Suspect(
            "jump", int(row["frame"]), int(row["track_id"]), other, float(row["y"]), float(row["x"]), 0.0, ""
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--operations", default="10,20,50")
    parser.add_argument("--kinds", action="store_true", help="List the suspects, and whether each was one.")
    given = parser.parse_args()
    marks = [int(part) for part in given.operations.split(",")]
    results = podia.open(given.folder)
    truth = Truth(*read_ctc_tracks(given.truth))
    state = (results.labels, results.lineage)
    began = time.perf_counter()
    suspects = find_suspects(*state, results.tables.cells)
    print(f"{len(suspects)} suspects in {time.perf_counter() - began:.1f} s")
    errors, useful = walk(state, truth, suspects, max(marks))
    if given.kinds:
        for suspect, was in zip(suspects, useful, strict=False):
            print(f"  {'yes' if was else 'no ':3} {suspect.confidence:.2f} {suspect.kind}: {suspect.reason}")
    print(f"precision of the first 20: {np.mean(useful[:20]):.2f}")
    walks = {
        "suspects": errors,
        "in order": walk(state, truth, random_places(state, 0, ordered=True), max(marks))[0],
    }
    for seed in range(3):
        walks[f"random {seed}"] = walk(state, truth, random_places(state, seed, ordered=False), max(marks))[0]
    table = {
        name: [values[0], *(values[min(mark, len(values) - 1)] for mark in marks)]
        for name, values in walks.items()
    }
    print(pd.DataFrame(table, index=[0, *marks]).T.to_string(float_format="{:.1f}".format))


if __name__ == "__main__":
    main()
