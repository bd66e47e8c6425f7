"""Loader that prepares batches in background threads."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from podia.data.movie import LabelImage
from podia.networks.outputs.base import AnnotationType
from podia.training.clips.clips import Clip
from podia.training.data.annotated import UNLABELLED


class Sampler(Protocol):
    """Sampler of clips by step and item; the same numbers give the same clip."""

    def __call__(self, step: int, item: int) -> Clip:
        """Return clip `item` of the batch of step `step`."""


class MakeTarget(Protocol):
    """Draws targets, such as :func:`podia.networks.outputs.targets.make_target` with its head bound."""

    def __call__(self, labels: LabelImage, *, kind: AnnotationType) -> NDArray[np.float32]:
        """Return the target ``(C, Y, X)`` for labels ``(Y, X)``."""


@dataclass(frozen=True)
class Batch:
    """Input of a training step.

    Parameters
    ----------
    frames
        ``(N, T, 1, Y, X)`` float32, grey values about -1 to 1.
    targets
        ``(N, T, C, Y, X)`` float32; frames without labels have the target of unlabelled pixels (-1).
    labels
        ``(N, T, Y, X)`` int32, -1 where unlabelled.
    first
        Whether a recurrent network starts with an empty state: always, except for later windows of sequences.
    step
        The step of this batch.
    """

    frames: Tensor
    targets: Tensor
    labels: Tensor
    first: bool
    step: int


class ClipLoader:
    """Endless batches of steps `start_step`, `start_step` + 1, ..., in order for any number of workers.

    Workers are threads: preparing a clip mostly runs NumPy, SciPy and zlib code, which releases the GIL, and decoded
    frames need not be copied to other processes.

    Parameters
    ----------
    sampler
        Provides the clips.
    make_target
        Called for the labels of each labelled frame.
    batch_size
        Number of clips in a batch, N.
    supervision
        ``last``: only the last frame of a clip has a target; others count as unlabelled. ``every``: all frames have a
        target.
    n_workers
        Number of threads; with 0, each batch is prepared when it is needed.
    start_step
        First step, for a resumed training.
    prefetch
        Number of batches prepared in advance.
    device
        Index of the device, from 0: each device processes other items of a step.

    Attributes
    ----------
    seconds_waited
        Time spent waiting for batches, s.
    """

    def __init__(
        self,
        sampler: Sampler,
        make_target: MakeTarget,
        *,
        batch_size: int,
        supervision: Literal["every", "last"] = "every",
        n_workers: int = 1,
        start_step: int = 0,
        prefetch: int = 2,
        device: int = 0,
    ) -> None:
        self.seconds_waited = 0.0
        self._sampler = sampler
        self._make_target = make_target
        self._items = range(device * batch_size, (device + 1) * batch_size)
        self._supervision = supervision
        self._ahead = max(prefetch, 1)
        self._step = start_step
        self._ordered: deque[list[Future[_Item]]] = deque()
        self._next_step = start_step
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="clips") if n_workers else None

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        started = time.perf_counter()
        if self._pool is None:
            items = [self._item(self._step, item) for item in self._items]
        else:
            self._order_ahead(self._pool)
            items = [future.result() for future in self._ordered.popleft()]
            self._order_ahead(self._pool)
        batch = _join(items, self._step)
        self._step += 1
        self.seconds_waited += time.perf_counter() - started
        return batch

    def close(self) -> None:
        """Stop the workers, after they finish their current batches."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _order_ahead(self, pool: ThreadPoolExecutor) -> None:
        while len(self._ordered) < self._ahead:
            step = self._next_step
            self._ordered.append([pool.submit(self._item, step, item) for item in self._items])
            self._next_step += 1

    def _item(self, step: int, item: int) -> _Item:
        clip = self._sampler(step, item)
        return _Item(clip, _targets(clip, self._make_target, self._supervision))


@dataclass(frozen=True)
class _Item:
    clip: Clip
    targets: NDArray[np.float32]


def _targets(
    clip: Clip, make_target: MakeTarget, supervision: Literal["every", "last"]
) -> NDArray[np.float32]:
    """Return the targets of a clip, ``(T, C, Y, X)``; frames without target are unlabelled.

    If the clip has tips, these are the last channel.
    """
    labels, kind = clip.labels, clip.kind
    taught = [(frame != UNLABELLED).any() for frame in labels]
    if supervision == "last":
        taught[:-1] = [False] * (len(labels) - 1)
    made: list[NDArray[np.float32]] = []
    blank: NDArray[np.float32] | None = None
    for i, frame in enumerate(labels):
        if not taught[i]:
            if blank is None:
                blank = make_target(np.full_like(frame, UNLABELLED), kind=kind)
            made.append(blank)
        # A repeated single image has the same labels in all frames.
        elif i and taught[i - 1] and np.array_equal(frame, labels[i - 1]):
            made.append(made[-1])
        else:
            made.append(make_target(frame, kind=kind))
    targets = np.stack(made)
    if clip.tips is None:
        return targets
    tips = clip.tips.astype(np.float32)
    tips[~np.asarray(taught)] = UNLABELLED
    return np.concatenate([targets, tips[:, None]], axis=1)


def _join(items: list[_Item], step: int) -> Batch:
    frames = torch.from_numpy(np.stack([item.clip.frames for item in items]))
    return Batch(
        frames=frames.unsqueeze(2),
        targets=torch.from_numpy(np.stack([item.targets for item in items])),
        labels=torch.from_numpy(np.stack([item.clip.labels for item in items])),
        first=items[0].clip.first,
        step=step,
    )
