"""Score a model as `podia run` uses it: nothing given but the file, or the file and its pixel size.

PODIA_DATA_DIR=... python -m benchmarks.default_model.score_runs MODEL [--pixel-size] [--sets HeLa PSC] [-o OVERLAYS]

U373 and HeLa are segmented as whole movies, with the network's memory; of PSC and C2C12 the annotated frames alone, at
the cell width that is estimated from the movie; the others are single images. Scores are those of `score_frames.py`; in
brackets the estimated cell width over the true one, median and range over images, and the median trust.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from benchmarks.default_model.evaluation_sets import NAMES, PIXEL_SIZES_UM, cases
from benchmarks.default_model.score_frames import in_words, overlay, scores

from podia.data.calibration import Calibration
from podia.data.movie import LabelImage, Movie
from podia.io.read import read
from podia.networks.inference.cell_size import CellSize, cell_size_of, with_cell_size
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.self_check import check_movie
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment

WHOLE_MOVIES = ("HeLa", "U373")
MOVIES = (*WHOLE_MOVIES, "PSC", "C2C12")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--pixel-size", action="store_true", help="Give the pixel size, where it is known.")
    parser.add_argument("--sets", nargs="+", default=list(NAMES))
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    config = InferenceConfig(model=given.model, backend="torch", threads=1)
    for name in given.sets:
        calibration = Calibration(PIXEL_SIZES_UM.get(name) if given.pixel_size else None, None)
        rows, widths, trusts, names = [], [], [], []
        for case, labels, size, trust in segmented(name, config, calibration):
            rows.append(scores(case, labels))
            names.append(case.name)
            trusts.append(trust)
            if size is not None and case.diameter_px is not None:
                widths.append(size.diameter_px / case.diameter_px)
            if given.output is not None:
                given.output.mkdir(parents=True, exist_ok=True)
                overlay(case, labels).save(given.output / f"{name}-{case.name}.jpg", quality=85)
        told = f" [width x {np.median(widths):.2f}, {min(widths):.2f} to {max(widths):.2f}]" if widths else ""
        known = [trust for trust in trusts if trust is not None]
        told += f" [trust {np.median(known):.2f}, {min(known):.2f} to {max(known):.2f}]" if known else ""
        print(in_words(name, rows) + told, flush=True)
        if given.output is not None:
            (given.output / f"{name}.json").write_text(
                json.dumps({"names": names, "rows": rows, "widths": widths, "trusts": trusts}, default=float),
                encoding="utf-8",
            )


def segmented(name: str, config: InferenceConfig, calibration: Calibration):
    """Yield each case with its labels, the cell width that was used, and the trust in them."""
    found = list(cases(name))
    model = choose_model(config)
    if name not in MOVIES:
        for case in found:
            movie = Movie.from_array(case.image[None], calibration)
            size, trust, settled = _settled(movie, model, config)
            yield case, _labels(movie, settled, 0), size, trust
        return
    movie = read(found[0].path.parent, pixel_size_um=calibration.pixel_size_um)
    size, trust, settled = _settled(movie, model, config)
    paths = sorted(found[0].path.parent.glob("*.tif"))
    if name in WHOLE_MOVIES:
        labels = segment(movie, SegmentationConfig(method="network", network=settled)).to_array()
        for case in found:
            yield case, labels[paths.index(case.path)], size, trust
    else:
        for case in found:
            yield case, _labels(Movie.from_array(case.image[None], calibration), settled, 0), size, trust


def _settled(
    movie: Movie, model, config: InferenceConfig
) -> tuple[CellSize | None, float | None, InferenceConfig]:
    size = cell_size_of(movie, model, config)
    settled = with_cell_size(config, size)
    trust = check_movie(movie, model, settled)
    return size, None if trust is None else trust.value, settled


def _labels(movie: Movie, config: InferenceConfig, frame: int) -> LabelImage:
    return segment(movie, SegmentationConfig(method="network", network=config)).frame(frame)


if __name__ == "__main__":
    main()
