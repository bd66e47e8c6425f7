"""The steps that look at images: drift, and segmentation frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from podia.data.drift import Drift
from podia.data.movie import LabelMovie
from podia.pipeline.drift_table import write_drift
from podia.pipeline.job import Job
from podia.preprocessing.drift import apply_drift, estimate_drift, restore_labels
from podia.preprocessing.illumination import correct_illumination
from podia.segmentation.segment import segment


def drift_step(job: Job) -> dict[str, Any]:
    """Estimate the drift and write ``drift.csv``."""
    config = job.config.preprocessing.drift
    if config.enabled and job.movie.n_frames > 1:
        drift = estimate_drift(job.movie, config, progress=job.progress)
    else:
        drift = Drift.none(job.movie.n_frames)
    write_drift(drift, job.folder / "drift.csv")
    largest = float(np.hypot(*drift.shifts.T).max())
    return {"estimated": config.enabled, "largest_shift_px": round(largest, 3)}


def segment_step(job: Job) -> dict[str, Any]:
    """Segment the frames that are not stored yet; labels lie in the frames of the original movie."""
    store = job.label_store
    labels = _labels_to_store(job)
    n_cells = 0
    for frame in range(job.movie.n_frames):
        if not store.has(frame):
            store.write(frame, labels.frame(frame))
        n_cells += int(np.count_nonzero(np.unique(store.read(frame))))
        job.progress("segment", frame + 1, job.movie.n_frames)
    return {
        "n_cells": n_cells,
        "source": "labels file" if job.given_labels else job.config.segmentation.method,
    }


def _labels_to_store(job: Job) -> LabelMovie:
    if job.given_labels is not None:
        return job.given_labels
    drift, settings = job.drift, job.config.preprocessing
    movie = apply_drift(job.movie, drift, settings.drift)
    if settings.illumination.enabled:
        movie = correct_illumination(movie, settings.illumination)
    return restore_labels(
        segment(movie, job.config.segmentation), drift, job.movie.frame_shape, settings.drift
    )
