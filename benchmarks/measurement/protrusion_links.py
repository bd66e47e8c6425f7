"""Protrusion tracking on simulated movies: links, lifetimes and extension speeds compared with exact ones.

Masks are the true ones, with and without outline noise: a spatially smooth random displacement in each frame, which
bends thin protrusions without breaking them. Cells cut by the frame edge are ignored.

python -m benchmarks.measurement.protrusion_links [--movies 10] [--frames 60] [--cells 15] [--size 512] [--noise 0 2]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from podia.data.movie import Image, LabelMovie, Movie
from podia.data.tables import CELLS, PROTRUSION_EVENTS, PROTRUSIONS
from podia.evaluation.localisation import LocalisationCounts, match_points
from podia.evaluation.positions import TIP_COLUMNS, Tips
from podia.evaluation.tip_tables import score_tips
from podia.measurement.config import MeasurementConfig
from podia.measurement.measure import measure
from podia.simulation.config import SimulationConfig
from podia.simulation.scene import build_scene
from podia.simulation.simulate import SimulatedMovie, simulate

CUT_OFF_PX = 3.0
"""How far off a tip may be, and four standard deviations of the outline more."""
SMOOTH_OVER_PX = 6.0
MIN_STEPS = 3
"""Steps of true extension that a speed is compared over."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--movies", type=int, default=10)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--cells", type=int, default=15)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--noise", type=float, nargs="+", default=(0.0, 2.0))
    arguments = parser.parse_args()
    configs = [
        SimulationConfig(
            n_frames=arguments.frames, size_px=arguments.size, n_cells=arguments.cells, seed=seed
        )
        for seed in range(arguments.movies)
    ]
    rows = [summary(noise, [score(config, noise) for config in configs]) for noise in arguments.noise]
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.4f}"))
    print("wanted: link F >= 0.95, median lifetime error <= 1 frame, speed bias within 0.05")


def score(
    config: SimulationConfig, noise_px: float
) -> tuple[LocalisationCounts, LocalisationCounts, pd.DataFrame]:
    """Return counts of tips and links, and a row a protrusion that is compared."""
    simulated = simulate(config)
    calibration = config.calibration
    labels = LabelMovie(simulated.labels.source, calibration)
    labels = labels if noise_px == 0 else labels.map_frames(Jitter(noise_px, config.seed))
    measures = measure(Movie(labels.source, calibration), labels, simulated.lineage, drift=simulated.drift)
    cells = CELLS.to_base(measures.cells, calibration)[["frame", "track_id", "touches_border"]]
    found = PROTRUSIONS.to_base(measures.protrusions, calibration).merge(cells, on=["frame", "track_id"])
    rule = MeasurementConfig().protrusions
    shortest = rule.min_length.in_px(calibration)
    same = simulated.lineage.nodes[["frame", "label"]].assign(result_label=lambda table: table["label"])
    tips = score_tips(
        Tips(simulated.tips, simulated.stubs),
        Tips(found[list(TIP_COLUMNS)], simulated.stubs.iloc[:0], shortest),
        same,
        cut_off(noise_px),
    )
    events = PROTRUSION_EVENTS.to_base(measures.protrusion_events, calibration)
    return tips.counts, tips.link_counts, compare(simulated, found, events, noise_px)


def compare(
    simulated: SimulatedMovie, found: pd.DataFrame, events: pd.DataFrame, noise_px: float
) -> pd.DataFrame:
    """Return lifetime and extension speed, true and found, of protrusions that are seen from birth to death."""
    truth = long_enough(pd.concat([simulated.tips, simulated.stubs], ignore_index=True), simulated.config)
    same = same_protrusion(truth, found, noise_px)
    grows = extending_steps(simulated.config)
    whole = events.set_index("protrusion_id")
    rows = []
    for protrusion, tips in truth.groupby("protrusion_id"):
        if protrusion not in same or tips["touches_border"].any():
            continue
        event = whole.loc[same[protrusion]]
        tips = tips.sort_values("frame")
        frames, lengths = tips["frame"].to_numpy(), tips["length_beyond_body"].to_numpy()
        steps = np.array([(protrusion, frame) in grows for frame in frames[1:]], bool) & (
            np.diff(frames) == 1
        )
        seen = event["born_in_movie"] and event["died_in_movie"]
        rows.append(
            {
                "true_lifetime": frames[-1] - frames[0] + 1 if seen else np.nan,
                "lifetime": event["lifetime"],
                "true_speed": np.diff(lengths)[steps].mean() if steps.sum() >= MIN_STEPS else np.nan,
                "speed": event["extension_speed"],
            }
        )
    return pd.DataFrame(rows, columns=["true_lifetime", "lifetime", "true_speed", "speed"])


def long_enough(tips: pd.DataFrame, config: SimulationConfig) -> pd.DataFrame:
    """Return the tips that the settings of the measurement ask for, whatever the simulator calls a stub."""
    rule = MeasurementConfig().protrusions
    beyond = tips["length_beyond_body"] >= rule.min_length_beyond_body.in_px(config.calibration)
    return tips[beyond & (tips["length"] >= rule.min_length.in_px(config.calibration))]


def same_protrusion(truth: pd.DataFrame, found: pd.DataFrame, noise_px: float) -> dict[int, int]:
    """Return true protrusion -> the found one that shares most tips with it."""
    pairs = []
    of_frame = dict(list(found.groupby("frame")))
    for frame, tips in truth.groupby("frame"):
        if frame in of_frame:
            other = of_frame[frame]
            places = tips[["tip_y", "tip_x"]].to_numpy(), other[["tip_y", "tip_x"]].to_numpy()
            pairs += [
                (tips["protrusion_id"].iloc[i], other["protrusion_id"].iloc[j])
                for i, j in match_points(*places, cut_off(noise_px))
            ]
    counts = pd.DataFrame(pairs, columns=["true", "found"]).value_counts().reset_index()
    return dict(counts.drop_duplicates("true")[["true", "found"]].itertuples(index=False))


def extending_steps(config: SimulationConfig) -> set[tuple[int, int]]:
    """Return ``(protrusion, frame)`` of the steps into a frame in which the simulator lets an arm extend."""
    scene = build_scene(config)
    reach = [
        (arm.protrusion_id, frame, arm.reach)
        for frame in range(config.n_frames)
        for shape in scene.shapes(frame)
        for arm in shape.arms
    ]
    table = pd.DataFrame(reach, columns=["protrusion", "frame", "reach"]).sort_values(["protrusion", "frame"])
    step = table.groupby("protrusion")["reach"].diff()
    # The step that reaches the greatest length may be a short one.
    full = step >= 0.999 * step.groupby(table["protrusion"]).transform("max")
    rising = table[(step > 0) & full]
    return set(zip(rising["protrusion"].tolist(), rising["frame"].tolist(), strict=True))


class Jitter:
    """Moves every outline by a random field, another one in each frame."""

    def __init__(self, noise_px: float, seed: int) -> None:
        self.noise_px, self.seed = noise_px, seed

    def __call__(self, frame: int, labels: Image) -> Image:
        """Return `labels` seen through the field."""
        shift = smooth_field((2, *labels.shape), self.noise_px, np.random.default_rng([self.seed, frame]))
        moved: Image = map_coordinates(labels, np.indices(labels.shape) + shift, order=0, mode="nearest")
        # Of a cell of which the frame shows a corner, all may be moved out; the lineage has it still.
        for gone in np.setdiff1d(labels, moved):
            moved[labels == gone] = gone
        return moved


def smooth_field(
    shape: tuple[int, ...], deviation: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return displacements in px with that standard deviation along each axis."""
    field = gaussian_filter(
        generator.standard_normal(shape), (0, SMOOTH_OVER_PX, SMOOTH_OVER_PX), mode="wrap"
    )
    return np.asarray(field * deviation / field.std())


def cut_off(noise_px: float) -> float:
    return CUT_OFF_PX + 4 * noise_px


def summary(
    noise_px: float, scores: list[tuple[LocalisationCounts, LocalisationCounts, pd.DataFrame]]
) -> dict[str, float]:
    tips = sum((score[0] for score in scores), LocalisationCounts())
    links = sum((score[1] for score in scores), LocalisationCounts())
    table = pd.concat([score[2] for score in scores], ignore_index=True)
    error = (table["lifetime"] - table["true_lifetime"]).abs().dropna()
    speeds = table.dropna(subset=["true_speed", "speed"])
    relative = speeds["speed"] / speeds["true_speed"] - 1
    return {
        "noise px": noise_px,
        "tips": tips.tp + tips.fn,
        "tip F": tips.f_score,
        "links": links.tp + links.fn,
        "link F": links.f_score,
        "lifetimes": len(error),
        "median error": error.median(),
        "mean error": error.mean(),
        "speeds": len(speeds),
        "speed bias": speeds["speed"].mean() / speeds["true_speed"].mean() - 1,
        "median bias": relative.median(),
    }


if __name__ == "__main__":
    main()
