"""Steps on images: drift estimation, and segmentation frame by frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.drift import Drift
from podia.data.movie import Image, LabelMovie, Movie
from podia.io.drift_table import write_drift
from podia.io.layout import DRIFT, PROBABILITIES
from podia.io.tiff.imagej import write_imagej_tiff
from podia.networks.inference.cell_size import CellSize, cell_size_of, with_cell_size
from podia.networks.inference.self_check import check_movie
from podia.networks.inference.trust import Trust
from podia.pipeline.cell_confidence import ConfidenceMaps
from podia.pipeline.frame_store import FrameStore
from podia.pipeline.job import Job
from podia.pipeline.state_files import StateFiles
from podia.pipeline.steps import Done
from podia.pipeline.whole_cells import WholeCells
from podia.preprocessing.drift import apply_drift, estimate_drift, restore_labels
from podia.preprocessing.illumination import correct_illumination
from podia.results.facts import DriftFacts, LabelSource, NetworkFacts, SegmentFacts
from podia.segmentation.segment import segment


def drift_step(job: Job) -> Done:
    """Estimate the drift and write its table."""
    config = job.config.preprocessing.drift
    if config.enabled and job.movie.n_frames > 1:
        drift = estimate_drift(job.movie, config, progress=job.progress)
    else:
        drift = Drift.none(job.movie.n_frames)
    write_drift(drift, job.folder / DRIFT)
    largest = float(np.hypot(*drift.shifts.T).max())
    return Done((DRIFT,), DriftFacts(estimated=config.enabled, largest_shift_px=round(largest, 3)))


def segment_step(job: Job) -> Done:
    """Segment the frames that are not stored yet; labels refer to the frames of the original movie."""
    job.folder.discard(PROBABILITIES)
    frames = job.folder.work_of("segment")
    stored = str(frames.relative_to(job.folder.path))
    if job.given_labels is not None:
        n_cells, notes = _store(job, job.given_labels)
        return Done((stored,), _facts(job, n_cells, notes=notes))
    movie = _movie_to_segment(job)
    states = StateFiles(frames)
    size = _cell_size(job, movie)
    maps = ConfidenceMaps(movie.shape)
    n_cells, notes = _store(job, _segmented(job, movie, states, size, maps), maps)
    trust = _trust(job, movie, size)
    outputs = [stored]
    if _wants_probabilities(job):
        _write_probabilities(job, movie)
        outputs.append(PROBABILITIES)
    states.clear()
    return Done(tuple(outputs), _facts(job, n_cells, size, trust, notes=notes))


def _store(job: Job, labels: LabelMovie, maps: ConfidenceMaps | None = None) -> tuple[int, tuple[str, ...]]:
    """Store the frames of `labels` that are not stored yet; return the total number of cells, and notes if any."""
    store, confidences = job.cells.label_store, job.cells.confidence_store
    confidence = (
        None if maps is None else _put_back(job, LabelMovie(maps, job.movie.calibration, "confidence"))
    )
    cells = WholeCells(job.movie, labels, of_others=job.given_labels is not None)
    n_cells = 0
    for frame in range(job.movie.n_frames):
        if store.has(frame):
            image = store.read(frame)
            cells.look_again(frame)
        else:
            image = cells.frame(frame)
            if maps is not None and confidence is not None and maps.has(frame):
                confidences.write(frame, image, confidence.frame(frame))
                maps.drop_until(frame)
            store.write(frame, image)
        n_cells += int(np.count_nonzero(np.unique(image)))
        job.progress("segment", frame + 1, job.movie.n_frames)
    return n_cells, cells.notes()


def _facts(
    job: Job,
    n_cells: int,
    size: CellSize | None = None,
    trust: Trust | None = None,
    *,
    notes: tuple[str, ...],
) -> SegmentFacts:
    members = () if job.model is None else job.model.members
    return SegmentFacts(
        n_cells=n_cells,
        source=_source(job),
        positions_only=job.positions_only,
        networks=tuple(NetworkFacts(name=one.card.name, sha256=one.sha256) for one in members),
        runtime="" if job.model is None else str(job.model.placement),
        cell_diameter_px=None if size is None else round(size.diameter_px, 2),
        cell_diameter_estimated=size is not None and size.estimated,
        trust=None if trust is None else round(trust.value, 3),
        least_trusted_frames=() if trust is None else trust.frames,
        cleaned=notes,
    )


def _source(job: Job) -> LabelSource:
    if job.origin.points is not None:
        return "table of positions"
    if job.origin.labels is not None:
        return "labels file"
    return "tracks file" if job.origin.tracks is not None else job.config.segmentation.method


def _cell_size(job: Job, movie: Movie) -> CellSize | None:
    """Return the cell diameter of the movie if the model needs it; it is estimated once for all frames."""
    return None if job.model is None else cell_size_of(movie, job.model, job.config.segmentation.network)


def _trust(job: Job, movie: Movie, size: CellSize | None) -> Trust | None:
    """Return the trust in the network's cells; None without a network."""
    if job.model is None:
        return None
    return check_movie(movie, job.model, with_cell_size(job.config.segmentation.network, size))


def _movie_to_segment(job: Job) -> Movie:
    """Return the movie with drift removed, and illumination corrected if set."""
    settings = job.config.preprocessing
    movie = job.movie
    if settings.illumination.enabled:
        # Before drift: uneven illumination is fixed to the camera, and drift correction would smear it.
        movie = correct_illumination(movie, settings.illumination)
    return apply_drift(movie, job.drift, settings.drift)


def _segmented(
    job: Job, movie: Movie, states: StateFiles, size: CellSize | None, maps: ConfidenceMaps
) -> LabelMovie:
    """Return the labels of `movie` in the frames of the original movie; fills `maps` with confidence maps."""
    probabilities = _probability_store(job, movie)

    def keep(frame: int, probability: NDArray[np.float32]) -> None:
        probabilities.write(frame, np.rint(probability * 255).astype(np.uint8))

    config = job.config.segmentation
    labels = segment(
        movie,
        config.model_copy(update={"network": with_cell_size(config.network, size)}),
        model=job.model,
        states=states,
        on_probability=keep if _wants_probabilities(job) else None,
        on_confidence=None if job.model is None else maps.keep,
    )
    return _put_back(job, labels)


def _put_back(job: Job, labels: LabelMovie) -> LabelMovie:
    return restore_labels(labels, job.drift, job.movie.frame_shape, job.config.preprocessing.drift)


def _wants_probabilities(job: Job) -> bool:
    return job.model is not None and job.config.segmentation.network.probability_map


def _probability_store(job: Job, movie: Movie) -> FrameStore:
    """Return the store of probabilities, 255 for 1, in the frames of `movie`."""
    folder = job.folder.work_of("segment") / "probabilities"
    return FrameStore(folder, movie.shape, np.dtype(np.uint8))


def _write_probabilities(job: Job, movie: Movie) -> None:
    store = _probability_store(job, movie)
    # Labels and probabilities are both integers, so the same function moves them back.
    restored = _put_back(job, LabelMovie(store, job.movie.calibration, job.movie.name))
    write_imagej_tiff(
        restored.map_frames(_as_uint8, dtype=np.uint8),
        job.folder / PROBABILITIES,
        compression="zlib",
        step="probabilities.tif",
        progress=job.progress,
    )


def _as_uint8(_frame: int, image: Image) -> Image:
    return image.astype(np.uint8)
