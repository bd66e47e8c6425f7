"""Weight maps of the shape-aware loss (Lin & Norouzi, figures 2 and 3) on a simulated frame.

Sigma is varied, then alpha.

python -m benchmarks.networks.shape_aware_weights    (writes docs/images/shape_aware_weights.png)

Also printed: the minimum and maximum weight of each map, and the fraction of the total weight on background within 3
px of a cell.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import find_boundaries

from podia.data.movie import Image, LabelImage
from podia.networks.outputs.pixel_weights import PixelWeights, pixel_weight_map
from podia.simulation.simulate import simulate

SIGMAS_PX = (2.0, 5.0, 10.0)
ALPHAS = (2.0, 10.0, 20.0)
USUAL = PixelWeights(kind="shape")
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "shape_aware_weights.png"


def main() -> None:
    simulated = simulate(n_frames=1, size_px=256, n_cells=9, seed=2)
    frame, labels = simulated.movie.frame(0), simulated.labels.frame(0)
    rows = [
        [USUAL.model_copy(update={"sigma_px": sigma}) for sigma in SIGMAS_PX],
        [USUAL.model_copy(update={"alpha": alpha}) for alpha in ALPHAS],
    ]
    maps = [[(in_words(weights), pixel_weight_map(labels, weights)) for weights in row] for row in rows]
    near = (labels == 0) & (distance_transform_edt(labels == 0) <= 3)
    for title, weight in (named for row in maps for named in row):
        share = weight[near].sum() / weight.sum()
        print(f"{title:24} {weight.min():6.2f} to {weight.max():6.2f}   {share:5.1%} beside cells")
    draw(frame, labels, maps)


def in_words(weights: PixelWeights) -> str:
    return f"α = {weights.alpha:g}, σ = {weights.sigma_px:g} px"


def draw(frame: Image, labels: LabelImage, maps: list[list[tuple[str, NDArray[np.float32]]]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(10.4, 5.4), layout="constrained")
    outlined = np.repeat(frame[..., None] / frame.max(), 3, axis=2)
    outlined[find_boundaries(labels, mode="inner")] = mpl.colors.to_rgb("#d55e00")
    for axis, title, picture in (
        (axes[0, 0], "simulated frame", frame),
        (axes[1, 0], "its cells", outlined),
    ):
        axis.imshow(picture, cmap="gray")
        axis.set_title(title, fontsize=10)
    highest = max(weight.max() for row in maps for _, weight in row)
    for drawn, row in zip(axes[:, 1:], maps, strict=True):
        for axis, (title, weight) in zip(drawn, row, strict=True):
            image = axis.imshow(weight, cmap="viridis", vmin=0, vmax=highest)
            axis.set_title(title, fontsize=10)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.colorbar(image, ax=axes[:, 1:], label="weight of a pixel", shrink=0.9)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=90, metadata={"Software": None}, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
