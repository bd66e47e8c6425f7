"""Score a model on single frames, each brought to a given width of its median cell.

PODIA_DATA_DIR=... python -m benchmarks.default_model.score_frames MODEL [--width 40] [--sets HeLa PSC] [-o OVERLAYS]

The width is taken from the truth; `score_runs.py` measures what the estimate of the scale costs. Scores: SEG, F1 at an
IoU of .5, cells found and annotated; F within 10 um for positions; IoU of the foreground without instances.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from benchmarks.default_model.evaluation_sets import NAMES, PIXEL_SIZES_UM, Case, cases
from PIL import Image as Picture
from skimage.segmentation import find_boundaries

from podia.data.movie import LabelImage
from podia.evaluation.localisation import match_points
from podia.evaluation.overlap import cell_counts, cell_overlaps
from podia.evaluation.positions import centroids
from podia.networks.card import find_model
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.resampling import resample_labels, resample_values
from podia.networks.model_file import load_model
from podia.networks.models.activation import activate

FOREGROUND_ZOOM = {"pfc-pn": 0.55, "PtK1": 0.4}
C2C12_WIDTH_PX = 32.0
"""By eye; no outlines are known."""
REACH_UM = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--width", type=float, default=40.0)
    parser.add_argument("--sets", nargs="+", default=list(NAMES))
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    network, card = load_model(find_model(given.model))
    network.eval()
    for name in given.sets:
        rows = []
        for case in cases(name):
            labels = found(network, card.decode, case, _zoom(name, case, given.width))
            rows.append((case, labels, scores(case, labels)))
            if given.output is not None:
                given.output.mkdir(parents=True, exist_ok=True)
                overlay(case, labels).save(given.output / f"{name}-{case.name}.jpg", quality=85)
        print(in_words(name, [row[2] for row in rows]), flush=True)


def _zoom(name: str, case: Case, width: float) -> float:
    if case.foreground_only:
        return FOREGROUND_ZOOM[name]
    return width / (case.diameter_px or C2C12_WIDTH_PX)


def found(network, decode_config, case: Case, zoom: float) -> LabelImage:
    shape = tuple(max(32, round(n * zoom)) for n in case.image.shape)
    image = case.image.astype(np.float32)
    low, high = np.percentile(image, (0.1, 99.1))
    plane = scale_grey(resample_values(image, shape), low, high)
    prediction = predict_plane(network, plane)
    labels = network.config.head.decode(prediction, decode_config)
    return resample_labels(labels, case.image.shape)


def predict_plane(network, plane):
    """Return the prediction ``(K, Y, X)`` of a lone frame at the network's scale."""
    height, width = plane.shape
    padded = np.pad(plane, [(0, -n % network.stride) for n in plane.shape], mode="symmetric")
    with torch.inference_mode():
        logits, _ = network(torch.from_numpy(padded)[None, None, None])
        return activate(logits, network.config.head)[0, 0, :, :height, :width].float().numpy()


def scores(case: Case, labels: LabelImage) -> dict[str, float]:
    """Return sums over a frame's cells, to be pooled."""
    if case.centres is not None:
        pairs = match_points(case.centres, centroids(labels), REACH_UM / PIXEL_SIZES_UM["C2C12"])
        return {"matched": len(pairs), "truth": len(case.centres), "found": int(labels.max())}
    truth = case.labels
    labels = np.where(truth < 0, 0, labels)
    if case.foreground_only:
        both = np.count_nonzero((truth > 0) & (labels > 0))
        return {"both": both, "either": np.count_nonzero((truth > 0) | (labels > 0))}
    overlaps = cell_overlaps(np.maximum(truth, 0), labels)
    covered = 2 * overlaps.shared > overlaps.truth_areas[:, None]
    counts = cell_counts(np.maximum(truth, 0), labels)
    return {
        "seg": float((overlaps.iou * covered).sum()),
        "matched": counts.matched[0],
        "truth": counts.n_truth,
        "found": counts.n_result,
    }


def in_words(name: str, rows: list[dict[str, float]]) -> str:
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    if "both" in total:
        return f"{name:11} foreground IoU {total['both'] / total['either']:.3f}"
    f1 = 2 * total["matched"] / max(1, total["truth"] + total["found"])
    seg = f"SEG {total['seg'] / total['truth']:.3f}, " if "seg" in total else ""
    return f"{name:11} {seg}F1 {f1:.3f} ({total['found']:.0f} found of {total['truth']:.0f})"


def overlay(case: Case, labels: LabelImage) -> Picture.Image:
    low, high = np.percentile(case.image, (0.1, 99.5))
    grey = (np.clip((case.image - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    colours = np.stack([grey] * 3, axis=-1)
    if case.labels is not None:
        colours[find_boundaries(np.maximum(case.labels, 0), mode="inner")] = (0, 200, 90)
    colours[find_boundaries(labels, mode="inner")] = (255, 90, 0)
    return Picture.fromarray(colours)


if __name__ == "__main__":
    main()
