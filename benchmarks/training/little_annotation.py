"""Versions A to D of the study on scarce annotation of HT1080 cells, and podia's methods.

A third of the cells are not annotated, and the others are displaced.

PODIA_DATA_DIR=... python -m benchmarks.training.little_annotation c2c12 -o /somewhere
python -m benchmarks.training.little_annotation simulated -o /somewhere

c2c12: ten frames with the centroids of all cells, split in space: the left 900 columns for training, columns from
950 for evaluation. simulated: six movies of eight frames for training, two others for evaluation. In each frame, a
third of the cells is removed, more in dense regions, and the others are displaced by Gaussian noise (--noise-um). In
two frames per movie, all cells are annotated exactly: the clean frames of versions B, C and D. Masks of version C
are simulated truth; on C2C12, which has no masks, they are grown from the points ("C-like"). Detections are
evaluated against all cells, in pairs within --cut-off-um. The networks are the U-Net of the study with a quarter of
the channels, trained for --steps steps (a third of them on few clean frames); podia's own (recipe points) and the
sliding window have full size and as many steps. One row is one line of JSON; rows that exist in the output folder
are not computed again. The last output is a table: mean over seeds and half the width of its 95 % interval.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from benchmarks.support.budgeted_training import train_model
from benchmarks.support.result_rows import ResultRows
from benchmarks.support.spoiled_points import leave_out, put_out_of_place
from scipy import stats

from podia.data.config import override
from podia.data.movie import LabelMovie, Movie
from podia.evaluation.localisation import LocalisationCounts, localisation_counts
from podia.evaluation.positions import by_frame, centroids
from podia.io.points import read_points, write_points
from podia.io.read import read
from podia.io.tiff.write_labels import write_labels_tiff
from podia.io.tiff.write_movie import write_movie_tiff
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.seeded import grow_points
from podia.segmentation.segment import segment
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate
from podia.training.data.reading_options import ReadingOptions
from podia.training.recipe import load_recipe
from podia.training.self_training import self_train
from podia.training.train import TrainingResources

C2C12_PIXEL_SIZE_UM = 1.3
LAST_TRAINING_COLUMN, FIRST_TEST_COLUMN = 900, 950
CLEAN_FRAMES = (0, -1)
LEFT_OUT = 1 / 3


@dataclass(frozen=True)
class Annotated:
    """A movie with the positions of all its cells, and their masks where there are any."""

    movie: Movie
    points: pd.DataFrame
    masks: LabelMovie | None = None

    @property
    def pixel_size_um(self) -> float:
        """Edge of a pixel."""
        return self.movie.calibration.length_per_px


@dataclass(frozen=True)
class Way:
    """A way to learn: recipe and settings, which annotation, and whose weights to start from."""

    recipe: str
    data: str
    share_of_steps: float = 1.0
    settings: tuple[str, ...] = ()
    start: str | None = None
    rounds: int = 1


SHRUNK = ("network.depths=[16,32,64,128,256]", "clips.patch_px=160")
"""The study's networks: a quarter of the channels, and patches that fit the smaller frames."""
S4_RECIPES = ("points-a", "points-b", "masks-c", "points-d")
SCALES = {"c2c12": (), "simulated": ("clips.target_pixel_size_um=2.6",)}
"""At the study's 6.44 um simulated frames would be 69 px wide."""
_LAST_FRAMES_CHOOSE = ("split.kind=time", "split.validation_fraction=0.2", "validation.every_steps=100000")
"""A fifth of the frames to learn from, annotated like the others, says how high a spot must be."""
_INCOMPLETE_SHARE = f"loss.annotated_share={1 - LEFT_OUT:.4f}"
WAYS = {
    "complete annotation": Way("points-a", "complete"),
    "A": Way("points-a", "spoiled"),
    "B": Way("points-b", "clean", 1 / 3, start="A"),
    "C": Way("masks-c", "clean-masks", 1 / 3),
    "D": Way("points-d", "clean", 1 / 3),
    "A, sure detections left out": Way(
        "points-a", "spoiled", settings=("loss.ignore_above=0.4", "loss.ignore_radius_px=4")
    ),
    "A, positive-unlabelled": Way("points-a", "spoiled", settings=(_INCOMPLETE_SHARE,)),
    "A, near points only": Way("points-a", "spoiled", settings=("target.ignore_beyond_px=6",)),
    "A, two rounds": Way(
        "points-a",
        "spoiled",
        settings=("self_training.confidence=0.5", "self_training.away_px=20", "self_training.min_frames=3"),
        rounds=2,
    ),
    "B, from positive-unlabelled A": Way("points-b", "clean", 1 / 3, start="A, positive-unlabelled"),
    "sliding window": Way("sliding-window", "spoiled"),
    "sliding window, complete annotation": Way("sliding-window", "complete"),
    "podia's own": Way("points", "spoiled", settings=_LAST_FRAMES_CHOOSE),
    "podia's own, complete annotation": Way("points", "complete", settings=_LAST_FRAMES_CHOOSE),
}


def main() -> None:
    given = _arguments()
    torch.set_num_threads(1)
    rows = ResultRows(given.output)
    train, test = DATA[given.data]()
    for seed in given.seeds:
        folder = given.output / f"seed{seed}"
        _write_annotation(train, folder / "data", seed, given.noise_um)
        for name in given.ways:
            what = {
                "data": given.data,
                "way": name,
                "seed": seed,
                "steps": given.steps,
                "noise_um": given.noise_um,
                "cut_off_um": given.cut_off_um,
                "set": given.set,
            }
            rows.once(what, partial(_scores, given, folder, name, test))
    for method in ("egt", "blobs"):
        config = SegmentationConfig.parse({"method": method})
        what = {"data": given.data, "way": method, "cut_off_um": given.cut_off_um}
        rows.once(what, partial(_score, config, test, given.cut_off_um))
    _summarise(given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", choices=["c2c12", "simulated"])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--noise-um", type=float, default=4.0)
    parser.add_argument("--cut-off-um", type=float, default=20.0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def _c2c12() -> tuple[list[Annotated], list[Annotated]]:
    folder = Path(os.environ["PODIA_DATA_DIR"]) / "C2C12"
    movie = read(folder / "01", pixel_size_um=C2C12_PIXEL_SIZE_UM)
    points = read_points(folder / "01_TRACKS" / "sample_tracklet.txt")
    width = movie.frame_shape[1]
    left, right = (
        _columns(movie, points, 0, LAST_TRAINING_COLUMN),
        _columns(movie, points, FIRST_TEST_COLUMN, width),
    )
    return [left], [right]


def _columns(movie: Movie, points: pd.DataFrame, first: int, end: int) -> Annotated:
    inside = points[(points["x"] >= first) & (points["x"] < end) & (points["frame"] < movie.n_frames)]
    part = Movie.from_array(movie.to_array()[:, :, first:end], movie.calibration, name=f"columns{first}")
    return Annotated(part, inside[["frame", "y", "x"]].assign(x=inside["x"] - first).reset_index(drop=True))


def _simulated() -> tuple[list[Annotated], list[Annotated]]:
    movies = [_simulate(seed) for seed in range(400, 408)]
    return movies[:6], movies[6:]


def _simulate(seed: int) -> Annotated:
    simulated = simulate(SimulationConfig(n_frames=8, size_px=512, n_cells=30, seed=seed))
    masks = LabelMovie.from_array(simulated.labels.to_array())
    rows = [
        {"frame": frame, "y": y, "x": x} for frame, image in enumerate(masks) for y, x in centroids(image)
    ]
    movie = Movie.from_array(simulated.movie.to_array(), simulated.movie.calibration, name=f"simulated{seed}")
    return Annotated(movie, pd.DataFrame(rows), masks)


DATA: dict[str, Callable[[], tuple[list[Annotated], list[Annotated]]]] = {
    "c2c12": _c2c12,
    "simulated": _simulated,
}


def _write_annotation(movies: Sequence[Annotated], folder: Path, seed: int, noise_um: float) -> None:
    """Write every kind of annotation below `folder`, each with a list of data."""
    kinds: dict[str, list[Path]] = {"complete": [], "spoiled": [], "clean": [], "clean-masks": []}
    for number, one in enumerate(movies):
        rng = np.random.default_rng([seed, number])
        clean_frames = sorted({frame % one.movie.n_frames for frame in CLEAN_FRAMES})
        clean = one.points[one.points["frame"].isin(clean_frames)]
        spoiled = leave_out(one.points, LEFT_OUT, rng)
        spoiled = put_out_of_place(spoiled, noise_um / one.pixel_size_um, one.movie.frame_shape, rng)
        for kind, points in {"complete": one.points, "spoiled": spoiled, "clean": clean}.items():
            write_points(points, _with_movie(one, folder / kind, kinds[kind]) / "points.csv")
        masks = _masks(one, clean_frames)
        write_labels_tiff(
            masks, _with_movie(one, folder / "clean-masks", kinds["clean-masks"]) / "labels.tif"
        )
    for kind, paths in kinds.items():
        listed = ", ".join(f'"{path.resolve()}"' for path in paths)
        size = movies[0].pixel_size_um
        text = f'[[data]]\nname = "{kind}"\npaths = [{listed}]\npixel_size_um = {size}\n'
        (folder / f"{kind}.toml").write_text(text, encoding="utf-8")


def _with_movie(one: Annotated, folder: Path, written: list[Path]) -> Path:
    own = folder / one.movie.name
    own.mkdir(parents=True, exist_ok=True)
    write_movie_tiff(one.movie, own / "movie.tif")
    written.append(own)
    return own


def _masks(one: Annotated, frames: Sequence[int]) -> LabelMovie:
    """Return masks of the clean frames, true ones or grown from their points; other frames are left empty."""
    masks = np.zeros(one.movie.shape, np.int32)
    points = by_frame(one.points)
    for frame in frames:
        if one.masks is not None:
            masks[frame] = one.masks.frame(frame)
        else:
            masks[frame] = grow_points(
                one.movie.frame(frame), points[frame], calibration=one.movie.calibration
            )
    return LabelMovie.from_array(masks, one.movie.calibration)


def _scores(
    given: argparse.Namespace, folder: Path, name: str, test: Sequence[Annotated]
) -> dict[str, float]:
    model = _train(given, folder, name)
    config = SegmentationConfig.parse({"method": "network", "network": {"model": str(model)}})
    return _score(config, test, given.cut_off_um)


def _train(given: argparse.Namespace, folder: Path, name: str) -> Path:
    """Train a way, and the one that it starts from; what has been trained is not trained again."""
    way = WAYS[name]
    start = [] if way.start is None else [f"initial_weights={_train(given, folder, way.start)}"]
    settings = [
        "split.validation_fraction=0",
        *((*SHRUNK, *SCALES[given.data]) if way.recipe in S4_RECIPES else ()),
        f"stages.0.steps={round(given.steps * way.share_of_steps)}",
        f"seed={folder.name.removeprefix('seed')}",
    ]
    recipe = override(load_recipe(way.recipe), [*settings, *way.settings, *start, *given.set])
    output = folder / name.replace(" ", "-").replace(",", "").replace("'", "")
    if way.rounds > 1:
        data = folder / "data" / f"{way.data}.toml"
        return self_train(recipe, [data], output, way.rounds, resources=TrainingResources(device="cpu"))
    return train_model(recipe, folder / "data" / f"{way.data}.toml", ReadingOptions(), output)


def _score(config: SegmentationConfig, test: Sequence[Annotated], cut_off_um: float) -> dict[str, float]:
    counts = LocalisationCounts()
    for one in test:
        truth, found = by_frame(one.points), segment(one.movie, config)
        for frame in range(one.movie.n_frames):
            counts += localisation_counts(
                truth[frame], centroids(found.frame(frame)), cut_off=cut_off_um / one.pixel_size_um
            )
    return {
        "F": round(counts.f_score, 4),
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "misses": counts.fn,
        "distance_um": round(counts.mean_distance * test[0].pixel_size_um, 3),
    }


def _summarise(given: argparse.Namespace) -> None:
    """Print the mean over seeds of each way, with half the width of its 95 % interval (Student's t)."""
    rows = pd.read_json(given.output / "results.jsonl", lines=True)
    rows = rows[rows["steps"].isna() | (rows["steps"] == given.steps)]
    scores = ["F", "precision", "recall", "misses", "distance_um"]
    groups = rows.groupby("way", sort=False)[scores]
    n = groups.size()
    half = groups.std().mul(stats.t.ppf(0.975, n - 1) / np.sqrt(n), axis=0)
    means = groups.mean()
    texts = {
        name: [f"{m:.3f} +- {h:.3f}" for m, h in zip(means[name], half[name], strict=True)] for name in scores
    }
    print(pd.DataFrame(texts, index=means.index).assign(seeds=n).to_string())


if __name__ == "__main__":
    main()
