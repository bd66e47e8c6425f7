"""Render the images that the default model learns from.

PODIA_DATA_DIR=... python -m benchmarks.default_model.render_pool FOLDER --images 1600 --seed 1

FOLDER gets ``cells`` and ``foreground``, each with ``images`` and ``masks``: stacks of 512 px frames, uint8 and uint16.
In masks of cells, 65535 is background and 0 unlabelled. The median cell is about 40 px wide. `sources.py` declares what
is held back; the Cell Tracking Challenge's sets are never read.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import tifffile
from benchmarks.default_model.sources import SOURCES, Example, read_source
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.simulation.microscopy.camera import Camera, record, standardised
from podia.simulation.microscopy.clutter import Clutter, add_clutter
from podia.simulation.microscopy.drawn_cells import LAYOUTS, draw_cells
from podia.simulation.microscopy.microscopes import MODALITIES, Phase, draw_microscope
from podia.simulation.microscopy.pasting import changed, cut_out, in_one_piece, paste, rounded_cell
from podia.simulation.microscopy.rounded_cells import lay_rounded_cells
from podia.simulation.microscopy.thickness import draw_style, smooth_noise, thickness_of

SIZE_PX, CELL_PX, FRAMES_PER_STACK = 512, 40.0, 50
BACKGROUND = 65535
KINDS = {
    "T98G": 0.32,
    "BBBC030": 0.05,
    "cell-AAP": 0.12,
    "MDA-MB-231": 0.05,
    "thickness": 0.14,
    "masks": 0.12,
    "drawn": 0.18,
    "empty": 0.02,
}
"""Shares: images as they are (with changes), real thickness and real masks through other microscopes, drawn cells."""
MODALITY_SHARES = dict(zip(MODALITIES, (0.27, 0.08, 0.18, 0.28, 0.1, 0.06, 0.03), strict=True))
LAYOUT_SHARES = dict(zip(LAYOUTS, (0.2, 0.15, 0.2, 0.15, 0.2, 0.1), strict=True))
SPREAD = 0.33
"""Standard deviation of the logarithm of cell widths between images: the scale at run time is an estimate."""
MIN_PX = 60

Picture = tuple[NDArray[np.float32], LabelImage, float]


class Renderer:
    """Pictures drawn at random; the same seed gives the same ones."""

    def __init__(self, data: Path, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._sources = {name: read_source(data, name) for name in SOURCES}

    def cells(self) -> tuple[NDArray[np.uint8], LabelImage, str]:
        """Return a picture, its labels with -1 where nothing is known, and what it is."""
        rng = self._rng
        kind = str(rng.choice(list(KINDS), p=np.array(list(KINDS.values())) / sum(KINDS.values())))
        if kind in self._sources:
            image, labels, diameter = self._photographed(kind)
        else:
            image, labels, diameter = self._imaged(kind)
        labels = in_one_piece(labels, min_area_px=MIN_PX)
        gentle = kind == "T98G" and rng.random() < 0.5
        unsure = np.zeros(labels.shape, bool)
        image = _at_cell_contrast(image, labels)
        if not gentle:
            add_clutter(image, unsure, Clutter(), diameter, rng)
        labels[unsure & (labels == 0)] = -1
        camera = (
            Camera(low_magnification=0.0, uneven_light=0.2, vignette=0.1, texture=0.1, noise=0.3, jpeg=0)
            if gentle
            else Camera()
        )
        return record(image, camera, rng), labels, kind

    def foreground(self) -> tuple[NDArray[np.uint8], LabelImage, str]:
        """Return a picture of which only the foreground is known."""
        name = str(self._rng.choice(["pfc-pn", "PtK1"], p=[0.7, 0.3]))
        example = self._example(name)
        image, labels = self._cropped(
            example, float(np.exp(self._rng.normal(np.log(0.55 if name == "pfc-pn" else 0.4), 0.25)))
        )
        if self._rng.random() < 0.3:
            image = -image
        return (
            record(standardised(image), Camera(low_magnification=0.2), self._rng),
            (labels > 0).astype(np.int32),
            name,
        )

    def _photographed(self, name: str) -> Picture:
        """Return a piece of a real image with cells pasted in, some inverted, differentiated or high-passed."""
        rng = self._rng
        image, labels, diameter = self._at_scale(self._example(name))
        image = standardised(image)
        if rng.random() < 0.4 and name != "MDA-MB-231":
            for cell in self._cells_to_paste(image, labels, diameter):
                paste(image, labels, cell, rng, onto=rng.random() < 0.75)
        chance = rng.random()
        if chance < 0.15:
            image = -image
        elif chance < 0.25:
            angle, blur = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.8)
            image = np.cos(angle) * ndi.gaussian_filter(image, blur, (0, 1)) + np.sin(
                angle
            ) * ndi.gaussian_filter(image, blur, (1, 0))
        elif chance < 0.33:
            image = image - ndi.gaussian_filter(image, rng.uniform(6, 25))
        return image, labels, diameter

    def _cells_to_paste(self, image: NDArray[np.float32], labels: LabelImage, diameter: float) -> list:
        rng, n = self._rng, int(self._rng.integers(1, 7))
        cells = cut_out(image, labels)
        contrast = float(image[labels > 0].std()) if (labels > 0).any() else 1.0
        return [
            changed(cells[rng.integers(len(cells))], rng)
            if cells and rng.random() < 0.55
            else rounded_cell(diameter * rng.uniform(0.35, 0.9), contrast, rng)
            for _ in range(n)
        ]

    def _imaged(self, kind: str) -> Picture:
        """Return cells of known thickness as one of the microscopes shows them."""
        rng = self._rng
        phase, labels, diameter = self._specimen(kind)
        if rng.random() < 0.35 and kind != "empty":
            lay_rounded_cells(labels, phase, int(rng.integers(1, 8)), rng.uniform(0.35, 0.9) * diameter, rng)
        if rng.random() < 0.5:
            phase = phase + np.float32(rng.uniform(0.005, 0.06)) * smooth_noise(
                phase.shape, rng.uniform(0.8, 3), rng
            )
        modality = rng.choice(list(MODALITY_SHARES), p=np.array(list(MODALITY_SHARES.values())))
        return draw_microscope(rng, modality).image(phase.astype(np.float32)), labels, diameter

    def _specimen(self, kind: str) -> tuple[Phase, LabelImage, float]:
        rng = self._rng
        diameter = CELL_PX * self._spread()
        if kind == "empty":
            labels = np.zeros((SIZE_PX, SIZE_PX), np.int32)
        elif kind == "drawn":
            layout = rng.choice(list(LAYOUT_SHARES), p=np.array(list(LAYOUT_SHARES.values())))
            labels = draw_cells((SIZE_PX, SIZE_PX), layout, diameter, rng)
        else:
            name = (
                "MDA-MB-231"
                if kind == "thickness"
                else str(rng.choice(["T98G", "MDA-MB-231", "BBBC030", "cell-AAP"], p=[0.4, 0.25, 0.1, 0.25]))
            )
            image, labels, diameter = self._at_scale(self._example(name))
            if kind == "thickness":
                thick = np.clip(image - np.median(image), 0, None) * np.float32(rng.uniform(1, 6))
                grain = 1 + np.float32(rng.uniform(0, 0.3)) * smooth_noise(
                    image.shape, rng.uniform(0.8, 2.5), rng
                )
                return thick * grain, labels, diameter
        known = np.maximum(labels, 0)
        phase = thickness_of(known, draw_style(rng), rng) * np.float32(rng.lognormal(0, 0.3))
        return phase, known, diameter

    def _example(self, name: str) -> Example:
        source = self._sources[name]
        return source[int(self._rng.integers(len(source)))]

    def _spread(self) -> float:
        return float(np.clip(np.exp(self._rng.normal(0, SPREAD)), 0.4, 2.4))

    def _at_scale(self, example: Example) -> Picture:
        spread = self._spread()
        image, labels = self._cropped(example, CELL_PX / example.diameter_px * spread)
        return image, labels, CELL_PX * spread

    def _cropped(self, example: Example, zoom: float) -> tuple[NDArray[np.float32], LabelImage]:
        """Return a piece of an example at another size, flipped at random; small examples are continued mirrored."""
        rng, edge = self._rng, int(np.ceil(SIZE_PX / zoom)) + 2
        pad = [(0, max(0, edge - n)) for n in example.image.shape]
        image = np.pad(example.image, pad, mode="symmetric")
        # Mirrored cells are others: numbers must differ.
        labels = _mirrored_on(example.labels, pad)
        y, x = (int(rng.integers(0, n - edge + 1)) for n in image.shape)
        piece = (slice(y, y + edge), slice(x, x + edge))
        seen = image[piece]
        if zoom < 0.7:
            seen = ndi.gaussian_filter(seen, 0.35 / zoom)
        seen = ndi.zoom(seen, zoom, order=1)[:SIZE_PX, :SIZE_PX]
        known = ndi.zoom(labels[piece], zoom, order=0)[:SIZE_PX, :SIZE_PX]
        if rng.random() < 0.5:
            seen, known = seen[::-1], known[::-1]
        if rng.random() < 0.5:
            seen, known = seen.T, known.T
        return np.ascontiguousarray(seen), np.ascontiguousarray(known)


def _mirrored_on(labels: LabelImage, pad: list[tuple[int, int]]) -> LabelImage:
    padded = np.pad(labels, pad, mode="symmetric")
    n, (height, width) = int(labels.max()) + 1, labels.shape
    copy = (np.arange(padded.shape[0]) // height)[:, None] * 64 + np.arange(padded.shape[1])[None, :] // width
    return np.where(padded > 0, padded + copy * n, padded).astype(np.int32)


def _at_cell_contrast(image: NDArray[np.float32], labels: LabelImage) -> NDArray[np.float32]:
    """Return an image whose grey values vary by about 1 on and around cells; background at 0."""
    image = standardised(image)
    near = ndi.binary_dilation(labels > 0, iterations=3)
    if near.any() and not near.all():
        image = (image - np.median(image[~near])) / (image[near].std() + 0.2)
    return image


def write_stacks(pictures: list, folder: Path, *, background: int | None) -> None:
    """Write pictures and labels as stacks; `background` is its value in partly unlabelled masks."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for first in range(0, len(pictures), FRAMES_PER_STACK):
        block, name = pictures[first : first + FRAMES_PER_STACK], f"{first // FRAMES_PER_STACK:03d}.tif"
        labels = np.stack([picture[1] for picture in block])
        if background is not None:
            labels = np.where(labels == 0, background, np.maximum(labels, 0))
        tifffile.imwrite(folder / "images" / name, np.stack([picture[0] for picture in block]))
        tifffile.imwrite(folder / "masks" / name, labels.astype(np.uint16))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1600)
    parser.add_argument("--foreground", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    renderer = Renderer(Path(os.environ["PODIA_DATA_DIR"]), given.seed)
    write_stacks(
        [renderer.cells() for _ in range(given.images)], given.folder / "cells", background=BACKGROUND
    )
    write_stacks(
        [renderer.foreground() for _ in range(given.foreground)], given.folder / "foreground", background=None
    )


if __name__ == "__main__":
    main()
