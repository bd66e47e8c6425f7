"""How well a confidence per cell tells right cells from wrong ones.

PODIA_DATA_DIR=... python -m benchmarks.default_model.cell_confidence MODEL [--sets HeLa PSC] [--width 40]

For each set: the AUROC of several candidates for the question whether a cell overlaps a true one with an IoU of .5 or
more, and the share of right cells. Frames are brought to a given width of their median cell; cells that lie mostly
where nothing is annotated are left out.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from benchmarks.default_model.evaluation_sets import NAMES, Case, cases
from benchmarks.default_model.score_frames import predict_plane
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.stats import rankdata

from podia.data.movie import LabelImage
from podia.labels.distances import depth_inside
from podia.networks.card import find_model
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.resampling import resample_labels, resample_values
from podia.networks.model_file import load_model


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--width", type=float, default=40.0)
    parser.add_argument("--sets", nargs="+", default=list(NAMES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network, card = load_model(find_model(arguments.model))
    network.eval()
    for name in arguments.sets:
        rows: list[dict[str, NDArray[np.float64]]] = []
        for case in cases(name):
            if case.labels is None or case.foreground_only:
                continue
            rows.append(_judged(network, card.decode, case, arguments.width / (case.diameter_px or 40.0)))
        if not rows:
            continue
        pooled = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}
        right = pooled.pop("right") > 0
        values = ", ".join(f"{key} {auroc(value, right):.3f}" for key, value in pooled.items())
        print(f"{name:11} {len(right)} cells, {right.mean():.2f} right; {values}", flush=True)


def _judged(network, decode, case: Case, zoom: float) -> dict[str, NDArray[np.float64]]:
    shape = tuple(max(32, round(n * zoom)) for n in case.image.shape)
    image = case.image.astype(np.float32)
    low, high = np.percentile(image, (0.1, 99.1))
    prediction = predict_plane(network, scale_grey(resample_values(image, shape), low, high))
    labels = network.config.head.decode(prediction, decode)
    truth = resample_labels(np.maximum(case.labels, 0), shape)
    unknown = resample_labels((case.labels < 0).astype(np.int32), shape) > 0
    ids = np.arange(1, int(labels.max()) + 1)
    known = ndi.mean(unknown, labels, ids) < 0.5
    found = candidates(prediction, labels, ids)
    return {key: value[known] for key, value in found.items()} | {
        "right": _is_right(labels, truth, ids)[known].astype(float)
    }


def candidates(
    prediction: NDArray[np.float32], labels: LabelImage, ids: NDArray[np.int_]
) -> dict[str, NDArray[np.float64]]:
    """Return candidates for a confidence, one value per cell."""
    cell, depth = prediction[0], prediction[1]
    inside = depth_inside(labels, relative=True)
    mean = ndi.mean(cell, labels, ids)
    agreement = 1 - ndi.mean(np.abs(depth - inside), labels, ids)
    peak = ndi.maximum(depth, labels, ids)
    return {
        "mean": np.asarray(mean),
        "agreement": np.asarray(agreement),
        "peak": np.asarray(peak),
        "product": np.asarray(mean * agreement),
    }


def _is_right(labels: LabelImage, truth: LabelImage, ids: NDArray[np.int_]) -> NDArray[np.bool_]:
    n = int(truth.max()) + 1
    shared = np.bincount(labels.ravel().astype(np.int64) * n + truth.ravel(), minlength=(len(ids) + 1) * n)
    shared = shared.reshape(-1, n)[: len(ids) + 1]
    union = shared.sum(1, keepdims=True) + np.bincount(truth.ravel(), minlength=n)[None] - shared
    return (shared / np.maximum(union, 1))[1:, 1:].max(axis=1, initial=0) >= 0.5


def auroc(score: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the chance that a right cell has a higher score than a wrong one."""
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    if not n_right or not n_wrong:
        return float("nan")
    return float((rankdata(score)[right].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


if __name__ == "__main__":
    main()
