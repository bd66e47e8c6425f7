"""Pasting of cells next to, under and onto other cells, to simulate contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage

Grey = NDArray[np.float32]
_MARGIN_PX = 8
_OFF_PX = 0.5
"""Maximum distance of the centre of a pasted cell from a pixel of another cell, in widths of the pasted cell."""


@dataclass(frozen=True)
class CutOut:
    """A whole cell with its surroundings: grey values above the background, and its mask, ``(Y, X)``."""

    light: Grey
    mask: NDArray[np.bool_]


def cut_out(image: Grey, labels: LabelImage, *, min_area_px: int = 100, alone: bool = True) -> list[CutOut]:
    """Return the cells that lie entirely in an image; with `alone`, only isolated ones."""
    background = (
        np.float32(np.median(image[labels == 0])) if (labels == 0).any() else np.float32(np.median(image))
    )
    found = []
    for label, box in enumerate(ndi.find_objects(np.maximum(labels, 0)), start=1):
        if box is None or any(
            s.start < _MARGIN_PX or s.stop > n - _MARGIN_PX for s, n in zip(box, labels.shape, strict=True)
        ):
            continue
        wide = tuple(slice(s.start - _MARGIN_PX, s.stop + _MARGIN_PX) for s in box)
        mask = labels[wide] == label
        near = ndi.binary_dilation(mask, iterations=4)
        if mask.sum() < min_area_px or (alone and ((labels[wide] != 0) & ~mask & near).any()):
            continue
        found.append(CutOut(np.asarray(image[wide] - background, np.float32), mask))
    return found


def changed(cell: CutOut, rng: np.random.Generator) -> CutOut:
    """Return a cell randomly rotated, flipped, brightened and scaled by up to a third."""
    zoom, turns, gain = (
        float(np.exp(rng.uniform(-0.35, 0.2))),
        int(rng.integers(4)),
        np.float32(rng.uniform(0.7, 1.5)),
    )
    light = np.rot90(ndi.zoom(cell.light, zoom, order=1), turns) * gain
    mask = np.rot90(ndi.zoom(cell.mask.astype(np.uint8), zoom, order=0) > 0, turns)
    if rng.random() < 0.5:
        light, mask = light[:, ::-1], mask[:, ::-1]
    return CutOut(np.ascontiguousarray(light), np.ascontiguousarray(mask))


def rounded_cell(diameter_px: float, contrast: float, rng: np.random.Generator) -> CutOut:
    """Return a rounded or dividing cell in phase contrast: bright rim, grey interior, halo."""
    radius, rim = diameter_px / 2, rng.uniform(0.06, 0.2) * diameter_px
    n = int(diameter_px * 2 + 20)
    rows, columns = np.mgrid[:n, :n].astype(np.float32) - n / 2
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 1.3)
    u, v = np.cos(angle) * columns + np.sin(angle) * rows, np.cos(angle) * rows - np.sin(angle) * columns
    r = np.hypot(u / stretch, v * stretch)
    light = rng.uniform(1, 3) * np.exp(-(((r - radius * rng.uniform(0.8, 1)) / rim) ** 2))
    light += rng.uniform(-0.6, 1.8) / (1 + np.exp((r - radius) / 1.2))
    light += rng.uniform(0.1, 0.8) * np.exp(-(((r - radius - 0.2 * diameter_px) / (0.15 * diameter_px)) ** 2))
    inside = r < radius
    light += ndi.gaussian_filter(rng.standard_normal(r.shape), 1.5) * rng.uniform(0.3, 2) * inside
    return CutOut((light * contrast).astype(np.float32), inside | (r < radius + rim / 3))


def paste(image: Grey, labels: LabelImage, cell: CutOut, rng: np.random.Generator, *, onto: bool) -> None:
    """Paste a cell into an image and its labels, in place: with `onto` on or beside one of its cells, else anywhere."""
    place = draw_place(labels, cell, rng, onto=onto)
    lay_onto(image, labels, cell, place, see_through=float(rng.uniform(0, 0.5)))


def draw_place(
    labels: LabelImage, cell: CutOut, rng: np.random.Generator, *, onto: bool
) -> NDArray[np.float64]:
    """Return a position for the centre of a cell, (y, x): with `onto` on or beside one of the cells, else anywhere."""
    rows, columns = np.nonzero(labels > 0) if onto else (np.empty(0, int), np.empty(0, int))
    if not len(rows):
        return np.asarray(rng.uniform(0, 1, 2) * labels.shape, dtype=np.float64)
    at = int(rng.integers(len(rows)))
    off = _OFF_PX * max(cell.mask.shape)
    return np.asarray(np.array([rows[at], columns[at]]) + rng.uniform(-off, off, 2), dtype=np.float64)


def lay_onto(
    image: Grey, labels: LabelImage, cell: CutOut, centre: NDArray[np.float64], *, see_through: float
) -> None:
    """Paste a cell into an image and its labels at `centre`, in place, with transparency `see_through`. The pasted cell
    is complete and has the highest label; cells below keep their visible part.
    """
    top, left = (int(c - n // 2) for c, n in zip(centre, cell.mask.shape, strict=True))
    box = (
        slice(max(0, top), min(labels.shape[0], top + cell.mask.shape[0])),
        slice(max(0, left), min(labels.shape[1], left + cell.mask.shape[1])),
    )
    if box[0].stop <= box[0].start or box[1].stop <= box[1].start:
        return
    part = (slice(box[0].start - top, box[0].stop - top), slice(box[1].start - left, box[1].stop - left))
    empty = labels == 0
    background = np.float32(np.median(image[empty] if empty.any() else image))
    wide = ndi.binary_dilation(cell.mask, iterations=2).astype(np.float32)
    opacity = np.clip(ndi.gaussian_filter(wide, 1.5), 0, 1)[part]
    below = image[box] - background
    light = cell.light[part] + np.float32(see_through) * below
    image[box] = background + (1 - opacity) * below + opacity * light
    labels[box][cell.mask[part]] = int(labels.max()) + 1


def in_one_piece(labels: LabelImage, *, min_area_px: int) -> LabelImage:
    """Return labels numbered 1, 2, ... with the largest 8-connected piece of each; smaller pieces are unlabelled (-1).

    Whole cells below `min_area_px` are unlabelled too, because they cannot be recognised. Unlabelled pixels stay
    unlabelled.
    """
    whole, n = np.where(labels < 0, -1, 0).astype(np.int32), 0
    for label, box in enumerate(ndi.find_objects(np.maximum(labels, 0)), start=1):
        if box is None:
            continue
        parts, count = ndi.label(labels[box] == label, np.ones((3, 3)))
        areas = np.bincount(parts.ravel(), minlength=count + 1)[1:]
        largest = int(areas.argmax()) + 1
        whole[box][(parts > 0) & (parts != largest)] = -1
        keep = areas[largest - 1] >= min_area_px
        n += int(keep)
        whole[box][parts == largest] = n if keep else -1
    return whole
