"""Scores of true masks of simulated movies, opened with discs of 0 to 3 px to remove protrusions.

python -m benchmarks.evaluation.opened_masks [number of movies, 3 by default]    (writes docs/images/opened_masks.svg)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import find_objects
from skimage.morphology import disk, opening

from podia.data.lineage import Lineage
from podia.data.movie import Image, LabelMovie
from podia.data.tables import PROTRUSIONS
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.evaluation.evaluate import evaluate
from podia.evaluation.intervals import pooled_scores
from podia.evaluation.positions import TIP_COLUMNS, Tips
from podia.evaluation.tip_tables import score_tips
from podia.measurement.config import ProtrusionConfig
from podia.measurement.measure import measure
from podia.simulation.simulate import SimulatedMovie, simulate

RADII_PX = (0, 1, 2, 3)
MEASURES = ("SEG", "boundary_F", "thin_recall")
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "opened_masks.svg"


def main() -> None:
    n_movies = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    rows = []
    for seed in range(n_movies):
        simulated = simulate(n_frames=10, size_px=512, n_cells=12, seed=seed)
        rows += [{"radius_px": radius, **score(simulated, radius)} for radius in RADII_PX]
    table = pd.DataFrame(rows).groupby("radius_px").mean()
    print(f"mean over {n_movies} simulated movies of 10 frames")
    print(table.to_string(float_format=lambda value: f"{value:.4f}"))
    draw(table)


def score(simulated: SimulatedMovie, radius: int) -> dict[str, float]:
    opened = opened_masks(simulated.labels, radius)
    truth = TrackedMovie(simulated.labels, simulated.lineage)
    found = evaluate(truth, TrackedMovie(opened), measures=MEASURES)
    scores = pooled_scores(whole_cells(found.cells, simulated.labels.frame_shape), found.frames)
    tips = score_tips(
        Tips(simulated.tips, simulated.stubs), measured_tips(simulated, opened), found.cells, cut_off_px=3.0
    )
    return {name: scores[name] for name in MEASURES} | {"tip_F": tips.f_score}


def whole_cells(cells: pd.DataFrame, frame_shape: tuple[int, int]) -> pd.DataFrame:
    """Return the cells that the frame's edge does not cut: of others there may be nothing but an arm to see."""
    height, width = frame_shape
    inside = (cells["top"] > 0) & (cells["left"] > 0)
    return cells[inside & (cells["bottom"] < height) & (cells["right"] < width)]


def opened_masks(labels: LabelMovie, radius: int) -> LabelMovie:
    """Return each cell opened by a disc of `radius` px; a cell that is gone keeps nothing."""

    def open_cells(_frame: int, image: Image) -> Image:
        result = np.zeros_like(image)
        for label, box in enumerate(find_objects(image), start=1):
            if box is not None:
                kept = opening(np.pad(image[box] == label, radius), disk(radius))
                inner = kept[radius : kept.shape[0] - radius, radius : kept.shape[1] - radius]
                result[box][inner] = label
        return result

    return labels if radius == 0 else labels.map_frames(open_cells)


def measured_tips(simulated: SimulatedMovie, labels: LabelMovie) -> Tips:
    """Return the tips that podia measures on `labels`."""
    calibration = simulated.movie.calibration
    measures = measure(simulated.movie, labels, lineage_of(labels, simulated), drift=simulated.drift)
    cells = measures.cells[["frame", "track_id", "touches_border"]]
    tips = PROTRUSIONS.to_base(measures.protrusions, calibration).merge(cells, on=["frame", "track_id"])
    shortest = ProtrusionConfig().min_length.in_px(calibration)
    return Tips(tips[list(TIP_COLUMNS)], simulated.stubs.iloc[:0], shortest)


def lineage_of(labels: LabelMovie, simulated: SimulatedMovie) -> Lineage:
    """Return the true tracks of the cells that opening has left."""
    left = [(frame, label) for frame, image in enumerate(labels) for label in np.unique(image[image > 0])]
    nodes = simulated.lineage.nodes.merge(pd.DataFrame(left, columns=["frame", "label"]))
    return Lineage(nodes)


def draw(table: pd.DataFrame) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "podia"  # the same table gives the same bytes
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    bold = {"thin_recall": "#d55e00", "tip_F": "#cc79a7"}
    quiet = {"SEG": "#0072b2", "boundary_F": "#666666"}
    for name, colour in (quiet | bold).items():
        width = 2.6 if name in bold else 1.5
        axes.plot(table.index, table[name], "o-", color=colour, linewidth=width, label=name)
    axes.set(xlabel="opening radius (px)", ylabel="score", xticks=RADII_PX, ylim=(0, 1.03))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
