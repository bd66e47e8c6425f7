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

from podia.networks.card import find_model
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.lone_frames import busiest_window
from podia.networks.inference.resampling import resample_labels, resample_values
from podia.networks.inference.scale_looks import SCALES, look_at_scale
from podia.networks.model_file import load_model

MOST_PX = 400_000


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


def look(network, config, case: Case, scale: float) -> dict[str, object]:
    image = case.image.astype(np.float32)
    low, high = np.percentile(image, (0.1, 99.1))
    edge = np.sqrt(MOST_PX) / scale
    window = busiest_window(image, (int(edge), int(edge)))
    piece = image[window]
    shape = tuple(max(32, round(n * scale)) for n in piece.shape)
    prediction = predict_plane(network, scale_grey(resample_values(piece, shape), low, high))
    row: dict[str, object] = asdict(look_at_scale([prediction], network.config.head, scale, config))
    row["true_diameter_px"] = case.diameter_px
    if case.labels is not None and not case.foreground_only:
        labels = resample_labels(network.config.head.decode(prediction, config), piece.shape)
        part = Case(case.name, case.path, piece, case.labels[window])
        row |= scores(part, labels)
    return row


if __name__ == "__main__":
    main()
