"""Batches: their order, their content, and what happens when workers fail."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from annotated_movies import annotated_discs
from podia.data.movie import LabelImage
from podia.networks.outputs.base import AnnotationType
from podia.networks.outputs.contour import Contour
from podia.networks.outputs.distance import Distance
from podia.networks.outputs.targets import make_target
from podia.training.clips.clips import Clip, ClipSampler, SequenceSampler
from podia.training.clips.config import ClipConfig
from podia.training.clips.frame_cache import FrameCache
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import UsableMovie
from podia.training.loader import Batch, ClipLoader

CONFIG = ClipConfig(patch_px=32, length=3, annotate="any")
CONTOUR = partial(make_target, head=Contour())


def sampler(frames: tuple[int, ...] | None = None, config: ClipConfig = CONFIG) -> ClipSampler:
    return ClipSampler(TrainingMovies([UsableMovie.whole(annotated_discs(frames))], config), config, seed=5)


def batches(n: int, *, n_workers: int, start_step: int = 0, **settings: int) -> list[Batch]:
    with ClipLoader(
        sampler(), CONTOUR, batch_size=2, n_workers=n_workers, start_step=start_step, **settings
    ) as loader:
        return [next(loader) for _ in range(n)]


def same(a: Batch, b: Batch) -> bool:
    return (
        torch.equal(a.frames, b.frames)
        and torch.equal(a.targets, b.targets)
        and (a.step, a.first) == (b.step, b.first)
    )


def test_a_batch_has_the_shapes_and_types_that_networks_and_losses_take() -> None:
    (batch,) = batches(1, n_workers=0)
    assert batch.frames.shape == (2, 3, 1, 32, 32)
    assert batch.targets.shape == (2, 3, 1, 32, 32)
    assert batch.labels.shape == (2, 3, 32, 32)
    assert (batch.frames.dtype, batch.targets.dtype, batch.labels.dtype) == (
        torch.float32,
        torch.float32,
        torch.int32,
    )
    assert batch.first is True


@pytest.mark.parametrize("n_workers", [1, 3])
def test_any_number_of_workers_gives_the_same_batches_in_order(n_workers: int) -> None:
    alone, together = batches(5, n_workers=0), batches(5, n_workers=n_workers, prefetch=3)
    assert [batch.step for batch in together] == [0, 1, 2, 3, 4]
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))


def test_a_resumed_training_sees_what_it_would_have_seen() -> None:
    whole, resumed = batches(5, n_workers=1), batches(2, n_workers=1, start_step=3)
    assert all(same(a, b) for a, b in zip(whole[3:], resumed, strict=True))


def test_targets_are_those_of_the_labels() -> None:
    (batch,) = batches(1, n_workers=0)
    expected = make_target(batch.labels[1, 2].numpy(), Contour())
    np.testing.assert_array_equal(batch.targets[1, 2].numpy(), expected)


def test_frames_without_labels_have_unlabelled_targets_and_take_no_time_to_make() -> None:
    calls: list[LabelImage] = []

    def target(labels: LabelImage, *, kind: AnnotationType) -> NDArray[np.float32]:
        calls.append(labels)
        return make_target(labels, Contour(), kind=kind)

    with ClipLoader(sampler((2,)), target, batch_size=1, n_workers=0) as loader:
        batch = next(loader)
    known = batch.labels[0].amax(dim=(1, 2)) >= 0
    assert known.sum() == 1
    assert (batch.targets[0][~known] == -1).all()
    assert (batch.targets[0][known] >= 0).all()
    assert len(calls) == 2, "one for the frame with labels, one for all without"


def test_a_foreground_teaches_where_cells_are_but_not_where_one_ends() -> None:
    movie = replace(annotated_discs(), instances=False)
    movies = TrainingMovies([UsableMovie.whole(movie)], CONFIG)
    target = partial(make_target, head=Distance())
    with ClipLoader(ClipSampler(movies, CONFIG), target, batch_size=1, n_workers=0) as loader:
        batch = next(loader)
    assert (batch.targets[0, :, 0] >= 0).all()
    assert (batch.targets[0, :, 1:] == -1).all()


def test_supervision_of_the_last_frame_leaves_the_others_unlabelled() -> None:
    with ClipLoader(sampler(), CONTOUR, batch_size=1, n_workers=0, supervision="last") as loader:
        batch = next(loader)
    assert (batch.targets[0, :-1] == -1).all()
    assert (batch.targets[0, -1] >= 0).all()


def test_windows_of_sequences_tell_where_a_state_is_reset() -> None:
    movies = TrainingMovies([UsableMovie.whole(annotated_discs())], CONFIG)
    windows = SequenceSampler(movies, CONFIG, windows_per_sequence=3)
    with ClipLoader(windows, CONTOUR, batch_size=2, n_workers=1) as loader:
        assert [next(loader).first for _ in range(6)] == [True, False, False, True, False, False]


def test_an_error_in_a_worker_reaches_the_training() -> None:
    def broken(step: int, item: int) -> Clip:
        raise OSError(f"cannot read clip {step}.{item}")

    with ClipLoader(broken, CONTOUR, batch_size=1) as loader, pytest.raises(OSError, match=r"clip 0\.0"):
        next(loader)


def test_the_time_spent_waiting_is_counted() -> None:
    with ClipLoader(sampler(), CONTOUR, batch_size=1, n_workers=0) as loader:
        next(loader)
        assert loader.seconds_waited > 0


def test_the_cache_reads_a_frame_once_and_drops_the_one_used_longest_ago() -> None:
    cache, reads = FrameCache(limit_mib=2 * 1000 / 2**20), []

    def get(key: int) -> NDArray[np.uint8]:
        def read() -> NDArray[np.uint8]:
            reads.append(key)
            return np.full(1000, key, np.uint8)

        frame: NDArray[np.uint8] = cache.get(key, read)
        return frame

    for key in (1, 2, 1, 3, 1, 2):
        assert (get(key) == key).all()
    assert reads == [1, 2, 3, 2]
    with pytest.raises(ValueError, match="read-only"):
        get(1)[0] = 0


def test_each_of_several_devices_learns_from_items_of_its_own() -> None:
    first, second = (batches(1, n_workers=0, device=device)[0] for device in (0, 1))
    with ClipLoader(sampler(), CONTOUR, batch_size=4, n_workers=0) as loader:
        together = next(loader)
    assert torch.equal(torch.cat([first.frames, second.frames]), together.frames)
