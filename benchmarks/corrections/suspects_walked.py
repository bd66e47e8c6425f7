"""A simulated person, who knows the truth, walks the list of suspects and mends each with one operation.

PODIA_DATA_DIR=... python -m benchmarks.corrections.suspects_walked FOLDER TRUTH [--seg FOLDER] [--operations 10,20,50]

FOLDER is an analysis folder, TRUTH a Cell Tracking Challenge folder with markers and tracks (`.../01_GT/TRA`), the
other one a folder with masks (`.../01_GT`). The person sees a suspect and does what it suggests or one of the usual
alternatives, whichever brings tracks and masks closest to the truth, or nothing: looking costs as much as mending.
Beside it: the same number of looks at random cells, and at the cells in the order of frames. Prints, after each number
of looks, the tracking errors (AOGM, Matula et al. 2015, and their number), TRA, LNK and SEG; and the precision of the
first 20 suspects: the share at which something was wrong that one operation improved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import podia
from podia.corrections.apply import apply_corrections
from podia.corrections.by_ids import correction_of_ids
from podia.corrections.operations import CellAt, Correction, Split, SplitFrame
from podia.corrections.regions import innermost_point
from podia.corrections.suspects import Suspect
from podia.data.errors import InvalidInputError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.evaluation.ctc import ctc_scores
from podia.evaluation.ctc_sequence import TrackedMovie
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
        self.n_errors = sum(counts.values())
        return sum(WEIGHTS[name] * count for name, count in counts.items())

    def cut(self, state: State, suspect: Suspect) -> Correction | None:
        """Return the split, by the true markers, of the suspect's cell as long as it holds several of the same."""
        labels, lineage = state
        cells = lineage.nodes[lineage.nodes["track_id"] == suspect.track].set_index("frame")["label"]
        cuts: list[SplitFrame] = []
        wanted: list[int] = []
        for frame in range(suspect.frame, labels.n_frames):
            if frame not in cells:
                break
            image, markers = labels.frame(frame), self.labels.frame(frame)
            inside = markers[(image == cells[frame]) & (markers > 0)]
            values, counts = np.unique(inside, return_counts=True)
            sizes = np.bincount(markers.ravel())
            held = values[counts > 0.5 * sizes[values]].tolist()
            if len(held) < 2 or (wanted and held != wanted):
                break
            wanted = held
            point = innermost_point(image, int(cells[frame]))
            assert point is not None
            seeds = tuple(
                (float(y.mean()), float(x.mean())) for y, x in (np.nonzero(markers == one) for one in held)
            )
            cuts.append(SplitFrame(cell=CellAt(frame=frame, y=point[0], x=point[1]), seeds=seeds))
        return Split(frames=tuple(cuts)) if cuts else None

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


def options(state: State, suspect: Suspect, truth: Truth) -> Iterator[Correction]:
    """Yield what a person would try at a suspect: what it suggests first."""
    if suspect.correction is not None:
        yield suspect.correction
    cut = truth.cut(state, suspect)
    if cut is not None:
        yield cut
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
            yield correction_of_ids(*state, operation, ids, where)
        except InvalidInputError:
            continue


@dataclass
class Walk:
    """Errors, and scores at the marks, after each look; and whether each look improved something."""

    errors: list[float]
    counts: list[int]
    useful: list[bool]
    scores: dict[int, dict[str, float]]


def walk(
    state: State,
    truth: Truth,
    suspects: Iterable[Suspect],
    marks: Sequence[int],
    score: Callable[[State], dict[str, float]],
) -> Walk:
    """Return what a person reaches who looks at `suspects` in turn."""
    # Frames in memory, so that corrections do not pile up.
    labels = LabelMovie.from_array(state[0].to_array(), state[0].calibration, name=state[0].name)
    state = (labels, state[1])
    versions: dict[int, int] = {}
    done = Walk([truth.errors(state)], [truth.n_errors], [], {0: score(state)})
    for suspect in suspects:
        if len(done.useful) >= max(marks):
            break
        best, best_errors = None, done.errors[-1] - 0.5
        for correction in options(state, suspect, truth):
            corrected = apply_corrections(*state, [correction])
            if not corrected.outcomes[-1].applied:
                continue
            now = truth.errors((corrected.labels, corrected.lineage), {*versions, *corrected.changed_frames})
            if now < best_errors:
                best, best_errors = corrected, now
        done.useful.append(best is not None)
        if best is not None:
            array = state[0].to_array().copy()
            for frame in best.changed_frames:
                array[frame] = best.labels.frame(frame)
                versions[frame] = 1
            state = (LabelMovie.from_array(array, labels.calibration, name=labels.name), best.lineage)
        done.errors.append(truth.errors(state, versions))
        done.counts.append(truth.n_errors)
        if len(done.useful) in marks:
            done.scores[len(done.useful)] = score(state)
    return done


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
    parser.add_argument("--seg", type=Path, help="Folder with true masks (SEG in it).")
    parser.add_argument("--operations", default="10,20,50")
    parser.add_argument("--seeds", type=int, default=1, help="Walks at random places.")
    parser.add_argument("--kinds", action="store_true", help="List the suspects, and whether each was one.")
    given = parser.parse_args()
    marks = [int(part) for part in given.operations.split(",")]
    results = podia.open(given.folder)
    truth = Truth(*read_ctc_tracks(given.truth))
    state = (results.labels, results.lineage)

    def score(state: State) -> dict[str, float]:
        result = TrackedMovie(*state)
        scores = dict(
            ctc_scores(TrackedMovie(truth.labels, truth.lineage), result, measures=["TRA", "LNK"]).scores
        )
        if given.seg is not None:
            scores |= ctc_scores(given.seg, state[0], measures=["SEG"]).scores
        return scores

    began = time.process_time()
    suspects = results.suspects
    print(f"{len(suspects)} suspects in {time.process_time() - began:.1f} s of processor time")
    walks = {"suspects": walk(state, truth, suspects, marks, score)}
    first = walks["suspects"]
    if given.kinds:
        for suspect, was in zip(suspects, first.useful, strict=False):
            print(f"  {'yes' if was else 'no ':3} {suspect.confidence:.2f} {suspect.kind}: {suspect.reason}")
    print(f"precision of the first 20: {np.mean(first.useful[:20]):.2f}", flush=True)
    walks["in order"] = walk(state, truth, random_places(state, 0, ordered=True), marks, score)
    for seed in range(given.seeds):
        walks[f"random {seed}"] = walk(state, truth, random_places(state, seed, ordered=False), marks, score)
    rows = {
        (name, look): {"AOGM": one.errors[min(look, len(one.errors) - 1)]}
        | {"errors": one.counts[min(look, len(one.counts) - 1)]}
        | one.scores.get(look, {})
        for name, one in walks.items()
        for look in (0, *marks)
    }
    print(pd.DataFrame(rows).T.to_string(float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
