"""A run on given labels in which one disc is in two pieces in two frames: an analysis to correct."""

from __future__ import annotations

from pathlib import Path

import tifffile

from podia.data.config import override
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.results.results import Results
from podia.testing.small_movies import crawling_discs, write_small_movie

STANDING = override(
    RunConfig(exports=("tiff",)), ["preprocessing.drift.enabled=false", "tracking.divisions=false"]
)


def run_on_halved_disc(root: Path) -> Results:
    """Run podia on labels in which the standing disc is in two pieces in frames 1 and 2."""
    movie = write_small_movie(root)
    labels = crawling_discs()
    labels[1:3, :, 34:][labels[1:3, :, 34:] == 2] = 9
    tifffile.imwrite(root / "labels.tif", labels, imagej=True, metadata={"axes": "TYX"})
    return run(movie, root / "results", STANDING, labels=root / "labels.tif")
