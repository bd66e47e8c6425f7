"""What a network makes of images at many scales, with the scores there: to choose how the scale is estimated.

PODIA_DATA_DIR=... python -m benchmarks.default_model.sweep_scales MODEL sweep.json [--sets HeLa PSC] [--images 3]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from benchmarks.default_model.evaluation_sets import NAMES, Case, cases
from benchmarks.default_model.score_frames import predict_plane, scores

from podia.data.calibration import Calibration
from podia.data.movie import LabelImage
from podia.evaluation.overlap import cell_overlaps
from podia.networks.card import find_model
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.lone_frames import busiest_window
from podia.networks.inference.resampling import resample_labels, resample_values
from podia.networks.inference.scale_looks import SCALES, look_at_scale
from podia.networks.model_file import load_model
from podia.segmentation.config import EgtConfig, PhantastConfig
from podia.segmentation.egt import egt_foreground
from podia.segmentation.phantast import phantast_foreground

MAX_PX = 400_000
NEXT_SCALE = 2**0.25
"""A little larger: cells that come out otherwise there are not to be trusted."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("output", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(NAMES))
    parser.add_argument("--images", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    network, card = load_model(find_model(given.model))
    network.eval()
    rows = []
    for name in given.sets:
        for case in islice(cases(name), given.images):
            where = {"set": name, "image": case.name}
            rows += [where | look(network, card.decode, case, scale) for scale in SCALES]
        print(name, flush=True)
        given.output.write_text(json.dumps(rows), encoding="utf-8")


def _agreement_with_classics(image, foreground) -> dict[str, float]:
    """Return the IoU of the network's foreground with that of EGT and of PHANTAST."""
    found = {
        "egt": egt_foreground(image, EgtConfig(), Calibration()),
        "phantast": phantast_foreground(image, PhantastConfig(), Calibration()),
    }
    return {
        name: float(np.count_nonzero(mask & foreground) / max(1, np.count_nonzero(mask | foreground)))
        for name, mask in found.items()
    }


def _likeness(one: LabelImage, other: LabelImage) -> float:
    """Return the mean IoU of cells with the best one of the other segmentation, over both ways; 1 without cells."""
    iou = cell_overlaps(one, other).iou, cell_overlaps(other, one).iou
    if not one.any() and not other.any():
        return 1.0
    return float(np.mean([part.mean() if len(part) else 0.0 for part in iou]))


def look(network, config, case: Case, scale: float) -> dict[str, object]:
    image = case.image.astype(np.float32)
    low, high = np.percentile(image, (0.1, 99.1))
    edge = np.sqrt(MAX_PX) / scale
    window = busiest_window(image, (int(edge), int(edge)))
    piece = image[window]
    shape = tuple(max(32, round(n * scale)) for n in piece.shape)
    prediction = predict_plane(network, scale_grey(resample_values(piece, shape), low, high))
    row: dict[str, object] = asdict(look_at_scale([prediction], network.config.head, scale, config))
    row["true_diameter_px"] = case.diameter_px
    row |= _agreement_with_classics(resample_values(piece, shape), prediction[0] > config.threshold)
    labels = resample_labels(network.config.head.decode(prediction, config), piece.shape)
    larger = tuple(max(32, round(n * scale * NEXT_SCALE)) for n in piece.shape)
    again = predict_plane(network, scale_grey(resample_values(piece, larger), low, high))
    row["stability"] = _likeness(
        labels, resample_labels(network.config.head.decode(again, config), piece.shape)
    )
    if case.labels is not None and not case.foreground_only:
        part = Case(case.name, case.path, piece, case.labels[window])
        row |= scores(part, labels)
    return row


if __name__ == "__main__":
    main()
