"""Truth made for contact: true cells fused, dropped and cut in two for a while, and asked back.

PODIA_DATA_DIR=... python benchmarks/tracking/contact_made.py [-o TABLE.csv] [--movies HeLa,U373] [--old]

Touching cells of true label movies are fused for 1 to 30 frames (pairs, and clusters of three and more), cells are
dropped, and cells are cut in two. Many such cases lie in one movie where they have nothing to do with each other. The
repairs in time, contacts and tracking then run as in ``podia run``, with the images. Printed by kind and length:

- ``iou``: mean IoU of each cell concerned, in each frame concerned, with the result's cell that covers it best
  (for dropped cells there is no outline to be had, and no figure);
- ``identity``: share of the cells concerned that have one track before and after;
- ``invented``: divisions of the result in these frames that are none.

``--old`` prints the same with contacts left alone and links by distance: what podia did before.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.segmentation import expand_labels
from skimage.util import map_array

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie, Movie
from podia.io.read import read, read_labels
from podia.segmentation.temporal.gap_filling import fill_gaps
from podia.segmentation.temporal.split_merge_correction import split_merge
from podia.tracking.config import ContactConfig, TrackingConfig
from podia.tracking.contact.touching import touching_pairs
from podia.tracking.follow import TrackingResult, follow

LENGTHS = {"fused": (1, 2, 5, 10, 20, 30), "cluster": (10,), "dropped": (1, 2, 5, 10), "cut": (1, 2, 5, 10)}
WINDOW = 8
AROUND = 5
"""Frames before and after for which the cells of a case are there, and no other case is near."""
MOST_CASES = 10
"""Cases of each kind and length in a movie."""
GAP_PX = 3
"""Cells are taken to touch if each grown by this meets the other."""


@dataclass(frozen=True)
class TrueMovie:
    """A label movie whose values are track ids ``(T, Y, X)``, and its images."""

    name: str
    labels: NDArray[np.int32]
    movie: Movie


@dataclass(frozen=True)
class Case:
    """What is done to some cells in the frames ``first`` to ``first + length - 1``."""

    kind: str
    length: int
    cells: tuple[int, ...]
    first: int

    def meets(self, other: Case, touching: list[set[tuple[int, int]]]) -> bool:
        """Return whether the two have to do with each other: near in time, of the same cells or of neighbours."""
        apart = (
            self.first > other.first + other.length + 2 * AROUND
            or other.first > self.first + self.length + 2 * AROUND
        )
        if apart:
            return False
        first, last = min(self.first, other.first), max(self.first + self.length, other.first + other.length)
        frames = touching[max(first - AROUND, 0) : last + AROUND]
        own = set(self.cells)
        near = own | {cell for pairs in frames for pair in pairs if own & set(pair) for cell in pair}
        return bool(near & set(other.cells))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--movies", default="HeLa,U373,MDA-MB-231,PSC")
    parser.add_argument("--old", action="store_true")
    parser.add_argument(
        "--pictures", type=Path, help="folder for a picture of each contact, half-way through it"
    )
    parser.add_argument("--only", help="some kinds and lengths, such as fused:10,dropped:5")
    parser.add_argument(
        "--no-repairs", action="store_true", help="leave out repairs in time, of 2 frames at most"
    )
    parser.add_argument("--cases", type=int, default=MOST_CASES)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of cases")
    parser.add_argument(
        "--alone", action="store_true", help=f"each case alone, in the {WINDOW} frames before and after it"
    )
    parser.add_argument("--off", action="store_true", help="links by likelihood, contacts left alone")
    options = parser.parse_args()
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    old = TrackingConfig(method="distance", contact=ContactConfig(enabled=False))
    config = old if options.old else TrackingConfig(contact=ContactConfig(enabled=not options.off))
    rows: list[dict[str, object]] = []
    for name in options.movies.split(","):
        rows += score_movie(
            MOVIES[name](Path(folder)),
            config,
            options.cases,
            _wanted(options.only),
            repairs=not options.no_repairs,
            pictures=options.pictures,
            seed=options.seed,
            alone=options.alone,
        )
        table = pd.DataFrame(rows)
        if options.output:
            table.to_csv(options.output, index=False)
    print(summary(table).to_string(float_format="{:.3f}".format))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return means over cells by kind and length; `table` has a row a cell of a case."""
    groups = table.groupby(["kind", "length"])
    result = groups.agg(cells=("identity", "size"), iou=("iou", "mean"), identity=("identity", "mean"))
    result["invented"] = (
        table.drop_duplicates(["movie", "case"]).groupby(["kind", "length"])["invented"].sum()
    )
    by_movie = table.pivot_table(["iou", "identity"], ["kind", "length"], "movie", aggfunc="mean")
    by_movie.columns = [f"{movie} {score}" for score, movie in by_movie.columns]
    return result.join(by_movie)


def _wanted(only: str | None) -> dict[str, tuple[int, ...]]:
    if only is None:
        return LENGTHS
    pairs = [one.split(":") for one in only.split(",")]
    return {kind: tuple(int(length) for one, length in pairs if one == kind) for kind, _ in pairs}


def score_movie(
    truth: TrueMovie,
    config: TrackingConfig,
    most_cases: int,
    wanted: dict[str, tuple[int, ...]],
    *,
    repairs: bool,
    pictures: Path | None = None,
    seed: int = 0,
    alone: bool = False,
) -> list[dict[str, object]]:
    """Return a row a cell of each case."""
    touching = [_touching(frame) for frame in truth.labels]
    rows: list[dict[str, object]] = []
    numbers = iter(range(10**6))
    chosen = _cases(truth, touching, most_cases, wanted, seed)
    packs = (
        [_window(truth, case) for case in chosen]
        if alone
        else [(truth, cases) for cases in _packed(chosen, touching)]
    )
    for truth, cases in packs:
        labels = truth.labels.copy()
        for case in cases:
            _APPLY[case.kind](labels, case)
        shuffled = np.stack([_shuffled(frame, index) for index, frame in enumerate(labels)])
        given = LabelMovie.from_array(shuffled, truth.movie.calibration)
        if repairs:
            given = fill_gaps(split_merge(given))
            given = LabelMovie.from_array(given.to_array(), given.calibration)
        found = follow(given, config, movie=truth.movie)
        tracks: list[dict[int, int]] = [{} for _ in labels]
        for frame, label, track in found.lineage.nodes[["frame", "label", "track_id"]].to_numpy(np.int64):
            tracks[frame][int(label)] = int(track)
        for case in cases:
            number = next(numbers)
            if pictures is not None and case.kind in ("fused", "cluster"):
                _draw(
                    truth, case, found, pictures / f"{truth.name}-{number:03d}-{case.kind}-{case.length}.png"
                )
            rows += [
                {"movie": truth.name, "case": number, **row} for row in _score(truth, case, found, tracks)
            ]
        print(truth.name, len(cases), "cases", file=sys.stderr, flush=True)
    return rows


def _window(truth: TrueMovie, case: Case) -> tuple[TrueMovie, list[Case]]:
    """Return the frames around a case, and the case in these."""
    first, last = max(case.first - WINDOW, 0), case.first + case.length + WINDOW
    movie = Movie.from_array(truth.movie.to_array()[first:last], truth.movie.calibration)
    moved = Case(case.kind, case.length, case.cells, case.first - first)
    return TrueMovie(truth.name, truth.labels[first:last], movie), [moved]


def _touching(frame: NDArray[np.int32]) -> set[tuple[int, int]]:
    pairs = touching_pairs(expand_labels(frame, GAP_PX))
    return {(int(one), int(other)) for one, other in pairs}


def _cases(
    truth: TrueMovie,
    touching: list[set[tuple[int, int]]],
    most: int,
    wanted: dict[str, tuple[int, ...]],
    seed: int,
) -> list[Case]:
    generator = np.random.default_rng(seed)
    n_frames = len(truth.labels)
    present = [set(np.unique(frame[frame > 0]).tolist()) for frame in truth.labels]
    cases: list[Case] = []
    for kind, lengths in wanted.items():
        for length in lengths:
            found = []
            for first in range(AROUND, n_frames - length - AROUND + 1):
                alive = set.intersection(*present[first - AROUND : first + length + AROUND])
                if kind in ("fused", "cluster"):
                    steady = set.intersection(*touching[first : first + length])
                    steady = {pair for pair in steady if set(pair) <= alive}
                    groups = steady if kind == "fused" else _clusters(steady)
                else:
                    groups = {
                        (cell,) for cell in alive if _inside(truth.labels[first : first + length], cell)
                    }
                found += [Case(kind, length, cells, first) for cells in sorted(groups)]
            order = generator.permutation(len(found))
            chosen: list[Case] = []
            for index in order:
                case = found[index]
                if len(chosen) == most:
                    break
                if not any(
                    set(case.cells) & set(one.cells) and abs(case.first - one.first) < length + 10
                    for one in chosen
                ):
                    chosen.append(case)
            cases += chosen
    return cases


def _clusters(pairs: set[tuple[int, int]]) -> set[tuple[int, ...]]:
    groups: list[set[int]] = []
    for pair in pairs:
        met = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in met] + [set(pair).union(*met)]
    return {tuple(sorted(group))[:4] for group in groups if 3 <= len(group) <= 4}


def _inside(frames: NDArray[np.int32], cell: int) -> bool:
    """Return whether a cell never touches the border: over the border it may leave."""
    edges = np.concatenate(
        [frames[:, 0].ravel(), frames[:, -1].ravel(), frames[:, :, 0].ravel(), frames[:, :, -1].ravel()]
    )
    return cell not in edges


def _packed(cases: list[Case], touching: list[set[tuple[int, int]]]) -> Iterator[list[Case]]:
    packs: list[list[Case]] = []
    for case in cases:
        pack = next((one for one in packs if not any(case.meets(other, touching) for other in one)), None)
        if pack is None:
            packs.append([case])
        else:
            pack.append(case)
    yield from packs


def _fuse(labels: NDArray[np.int32], case: Case) -> None:
    for frame in labels[case.first : case.first + case.length]:
        union = np.isin(frame, case.cells)
        grown = ndi.binary_dilation(union, iterations=GAP_PX + 1)
        closed = ndi.binary_erosion(grown, iterations=GAP_PX + 1, border_value=1) & (frame == 0)
        frame[union | closed] = case.cells[0]


def _drop(labels: NDArray[np.int32], case: Case) -> None:
    for frame in labels[case.first : case.first + case.length]:
        frame[frame == case.cells[0]] = 0


def _cut(labels: NDArray[np.int32], case: Case) -> None:
    """Cut across the longest axis of the first frame, at 0.4 to 0.6 of the cell."""
    other = int(labels.max()) + 1
    axis = None
    for frame in labels[case.first : case.first + case.length]:
        rows, columns = np.nonzero(frame == case.cells[0])
        points = np.stack([rows - rows.mean(), columns - columns.mean()])
        if axis is None:
            axis = np.linalg.svd(points, full_matrices=False)[0][:, 0]
        along = axis @ points
        far = along > np.quantile(along, 0.45)
        frame[rows[far], columns[far]] = other


_APPLY = {"fused": _fuse, "cluster": _fuse, "dropped": _drop, "cut": _cut}


def _shuffled(frame: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    values = np.unique(frame[frame > 0])
    names = 1 + np.random.default_rng(seed).permutation(len(values)).astype(np.int32)
    return np.asarray(map_array(frame, values.astype(np.int32), names))


def _score(
    truth: TrueMovie, case: Case, found: TrackingResult, tracks: list[dict[int, int]]
) -> Iterator[dict[str, object]]:
    last = case.first + case.length
    ids = []
    for cell in case.cells:
        ends = [
            _covering(truth.labels[frame], cell, found.labels.frame(frame))
            for frame in (case.first - 1, last)
        ]
        names = [tracks[frame].get(label) for frame, label in zip((case.first - 1, last), ends, strict=True)]
        ids.append(names)
        ious = [
            _best_iou(truth.labels[frame], cell, found.labels.frame(frame))
            for frame in range(case.first, last)
        ]
        yield {
            "kind": case.kind,
            "length": case.length,
            "first": case.first,
            "cell": cell,
            "iou": np.nan if case.kind == "dropped" else float(np.mean(ious)),
            "identity": names[0] is not None and names[0] == names[1],
            "invented": _invented(found, case, {name for name in names if name is not None}),
        }


def _draw(truth: TrueMovie, case: Case, found: TrackingResult, path: Path) -> None:
    """Write the frame before, one half-way and the one after: the image, with true outlines, with those found."""
    from PIL import Image
    from skimage.segmentation import mark_boundaries

    frames = (case.first - 1, case.first + case.length // 2, case.first + case.length)
    union = np.isin(truth.labels[case.first - 1 : case.first + case.length + 1], case.cells).any(axis=0)
    box = tuple(
        slice(max(side.start - 15, 0), side.stop + 15) for side in ndi.find_objects(union.astype(np.uint8))[0]
    )
    tracks = {
        (int(frame), int(label)): int(track)
        for frame, label, track in found.lineage.nodes[["frame", "label", "track_id"]].to_numpy()
    }
    rows = []
    for frame in frames:
        grey = truth.movie.frame(frame)[box].astype(float)
        low, high = np.percentile(grey, (1, 99))
        grey = np.clip((grey - low) / max(high - low, 1e-9), 0, 1)
        right = np.where(np.isin(truth.labels[frame][box], case.cells), truth.labels[frame][box], 0)
        labels = found.labels.frame(frame)
        names = np.array([0] + [tracks.get((frame, label), 0) for label in range(1, int(labels.max()) + 1)])
        mine = names[labels][box]
        colours = [mark_boundaries(_coloured(one, grey), one, color=(1, 1, 0)) for one in (right, mine)]
        rows.append(np.concatenate([np.dstack([grey] * 3), *colours], axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.rint(255 * np.concatenate(rows)).astype(np.uint8)
    Image.fromarray(picture).resize((picture.shape[1] * 2, picture.shape[0] * 2)).save(path)


def _coloured(tracks: NDArray[np.integer], grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a grey image in which each track has a colour of its own, the same in every frame."""
    palette = np.random.default_rng(1).uniform(0.2, 1, (12, 3))
    colours = np.where((tracks > 0)[..., None], palette[tracks % 12], grey[..., None])
    return 0.75 * grey[..., None] + 0.25 * colours


def _covering(frame: NDArray[np.int32], cell: int, result: NDArray[np.int32]) -> int:
    under = np.bincount(result[frame == cell], minlength=1)
    under[0] = 0
    return int(under.argmax())


def _best_iou(frame: NDArray[np.int32], cell: int, result: NDArray[np.int32]) -> float:
    mask = frame == cell
    label = _covering(frame, cell, result)
    if label == 0:
        return 0.0
    other = result == label
    return float(np.count_nonzero(mask & other) / np.count_nonzero(mask | other))


def _invented(found: TrackingResult, case: Case, tracks: set[int]) -> int:
    """Return how many divisions of the tracks concerned begin in these frames or right after."""
    firsts = found.lineage.spans().set_index("track_id")["first_frame"]
    return sum(
        case.first <= firsts[child[0]] <= case.first + case.length
        and (mother in tracks or bool(set(child) & tracks))
        for mother, child in found.lineage.daughters().items()
    )


def _frames(folder: Path, numbers: range) -> NDArray[np.int32]:
    return np.stack(
        [read_labels(path).frame(0) for path in sorted(folder.glob("*.tif"))[numbers.start : numbers.stop]]
    )


def hela(folder: Path) -> TrueMovie:
    """Return silver masks of HeLa with the track of the marker on each."""
    base = folder / "DIC-C2DH-HeLa"
    return _marked("HeLa", base / "01_ST" / "SEG", base / "01_GT" / "TRA", base / "01", 0.19)


def psc(folder: Path) -> TrueMovie:
    """Return the same of a corner of PSC."""
    base = folder / "PhC-C2DL-PSC"
    whole = _marked("PSC", base / "01_ST" / "SEG", base / "01_GT" / "TRA", base / "01", 1.6)
    box = (slice(0, 40), slice(150, 450), slice(200, 500))
    return TrueMovie(
        "PSC", whole.labels[box], Movie.from_array(whole.movie.to_array()[box], whole.movie.calibration)
    )


def u373(folder: Path) -> TrueMovie:
    """Return silver masks of U373 with their derived tracks."""
    base = folder / "PhC-C2DH-U373"
    labels = _frames(base / "01_DERIVED" / "TRA", range(115))
    images = np.stack(list(read(base / "01")))
    return TrueMovie(
        "U373", labels.astype(np.int32), Movie.from_array(images, Calibration(pixel_size_um=0.65))
    )


def mda(folder: Path) -> TrueMovie:
    """Return the first 61 frames of MDA-MB-231 with the tracks of the microscope's program."""
    base = folder / "MDA-MB-231-QPI"
    labels = _frames(base / "masks", range(61)).astype(np.int32)
    images = np.stack([frame for _, frame in zip(range(61), read(base / "images"), strict=False)])
    return TrueMovie("MDA-MB-231", labels, Movie.from_array(images, Calibration(pixel_size_um=0.8)))


def _marked(name: str, masks: Path, markers: Path, images: Path, pixel_size_um: float) -> TrueMovie:
    numbers = [path.name[-7:-4] for path in sorted(markers.glob("*.tif"))]
    labels = []
    for number in numbers:
        outlines = read_labels(next(masks.glob(f"*{number}.tif"))).frame(0)
        marks = read_labels(next(markers.glob(f"*{number}.tif"))).frame(0)
        frame = np.zeros_like(outlines, dtype=np.int32)
        for cell in np.unique(marks[marks > 0]).tolist():
            label = _covering(marks, cell, outlines)
            if label:
                frame[outlines == label] = cell
        labels.append(frame)
    pictures = np.stack([read(images / f"t{number}.tif").frame(0) for number in numbers])
    return TrueMovie(
        name, np.stack(labels), Movie.from_array(pictures, Calibration(pixel_size_um=pixel_size_um))
    )


MOVIES = {"HeLa": hela, "U373": u373, "MDA-MB-231": mda, "PSC": psc}


if __name__ == "__main__":
    main()
