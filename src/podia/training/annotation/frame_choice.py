"""Selection of frames to annotate: diverse, hard for the network, and from all movies.

Greedy k-centre selection (Sener & Savarese 2018, core-set active learning): each next frame is the one farthest from
all frames already selected, weighted by the uncertainty of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import rankdata

from podia.data.config import FrozenConfig
from podia.training.annotation.frame_features import FrameFeatures

_MIN_DIFFERENCE = 1e-9
"""Tolerance of scores: the first of equal frames is selected, independently of rounding."""


class FrameChoiceConfig(FrozenConfig):
    """Settings of the frame selection."""

    frames: int = Field(12, ge=1, le=1000, description="Total number of images in the folder.")
    candidates: int = Field(
        120, ge=1, description="Maximum number of frames to analyse, evenly spaced over all movies."
    )
    model: str | None = Field(
        "podia-any",
        description="Network that estimates uncertainty: an included model or a model file; none (null) uses only grey "
        "values.",
    )
    uncertainty_weight: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Weight of the network uncertainty: 0 selects by difference only, 1 never selects the most certain "
        "frame.",
    )
    time_weight: float = Field(
        1.0, ge=0, description="Weight of the distance in time, relative to that in appearance."
    )


@dataclass(frozen=True)
class Candidate:
    """A candidate: frame `frame` of movie number `movie`."""

    movie: int
    frame: int


@dataclass(frozen=True)
class Choice:
    """A selected frame with the reason."""

    candidate: Candidate
    why: str


def candidate_frames(lengths: Sequence[int], most: int) -> list[Candidate]:
    """Return about `most` frames, evenly spaced over movies of `lengths` frames; if possible, at least one per movie.

    >>> [(c.movie, c.frame) for c in candidate_frames([2, 10], 4)]
    [(0, 1), (1, 1), (1, 5), (1, 8)]
    """
    if len(lengths) > most:
        movies = [int(number) for number in _middles(len(lengths), most)]
        return [Candidate(movie, lengths[movie] // 2) for movie in movies]
    total = sum(lengths)
    shares = [min(length, max(1, round(most * length / total))) for length in lengths]
    return [
        Candidate(movie, int(frame))
        for movie, (length, share) in enumerate(zip(lengths, shares, strict=True))
        for frame in _middles(length, share)
    ]


def choose_frames(
    candidates: Sequence[Candidate],
    looks: Sequence[FrameFeatures],
    n: int,
    lengths: Sequence[int],
    config: FrameChoiceConfig,
    *,
    taken: frozenset[int] = frozenset(),
) -> list[Choice]:
    """Return `n` of the `candidates` in the order of selection, or all if there are fewer.

    As long as there are movies without a selected frame, the next one is from these. If possible, frames of a movie are
    separated by at least half of an even spacing. The same arguments give the same selection.

    Parameters
    ----------
    candidates, looks
        Frames and their descriptions.
    lengths
        Number of frames of each movie.
    taken
        Numbers of candidates that were selected before; new ones differ from these as well.
    """
    places = _places(candidates, looks, lengths, config.time_weight)
    uncertainty = _uncertainty_ranks(looks)
    weights = 1 + config.uncertainty_weight * (2 * uncertainty - 1)
    spread = _Spread(candidates, lengths, n + len(taken))
    nearest = np.full(len(candidates), np.inf)
    done = np.zeros(len(candidates), dtype=bool)

    def take(index: int) -> None:
        done[index] = True
        nearest[:] = np.minimum(nearest, np.linalg.norm(places - places[index], axis=1))

    for index in sorted(taken):
        take(index)
    chosen: list[Choice] = []
    while len(chosen) < n and not done.all():
        if done.any():
            index = _best(nearest * weights, spread.allowed(done))
            why = _in_words(nearest, uncertainty, looks, done, index)
        else:
            index = _best(-np.linalg.norm(places - places.mean(axis=0), axis=1), spread.allowed(done))
            why = "most typical frame"
        take(index)
        chosen.append(Choice(candidates[index], why))
    return chosen


@dataclass(frozen=True)
class _Spread:
    """Candidates that may be selected next, so that all movies and times are represented."""

    candidates: Sequence[Candidate]
    lengths: Sequence[int]
    n_wanted: int

    def allowed(self, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the candidates that are not `done`: of movies without selected frames, otherwise far from others."""
        movies = np.array([candidate.movie for candidate in self.candidates])
        free = ~done
        new_movies = free & ~np.isin(movies, movies[done])
        if new_movies.any():
            return new_movies
        apart = free & np.array([self._is_distant(candidate, done) for candidate in self.candidates])
        return apart if apart.any() else free

    def _is_distant(self, candidate: Candidate, done: NDArray[np.bool_]) -> bool:
        n_movies = len({other.movie for other in self.candidates})
        gap = self.lengths[candidate.movie] / (2 * -(-self.n_wanted // n_movies))
        others = [self.candidates[index] for index in np.flatnonzero(done).tolist()]
        return all(
            other.movie != candidate.movie or abs(other.frame - candidate.frame) >= gap for other in others
        )


def _places(
    candidates: Sequence[Candidate],
    looks: Sequence[FrameFeatures],
    lengths: Sequence[int],
    time_weight: float,
) -> NDArray[np.float64]:
    """Return candidates as points ``(N, D)``: grey values, time and network features, as blocks of equal scale."""
    times = [[c.frame / max(lengths[c.movie] - 1, 1)] for c in candidates]
    blocks = [_block([look.grey for look in looks]), time_weight * _block(times)]
    if looks[0].features is not None:
        blocks.append(_block([look.features for look in looks if look.features is not None]))
    return np.concatenate(blocks, axis=1)


def _block(rows: Sequence[Sequence[float] | NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return rows with columns of mean 0 and variance 1 (0 if constant), and total variance 1."""
    values = np.asarray(rows, dtype=np.float64)
    deviations = values.std(axis=0)
    varies = deviations > 1e-6 * (1 + np.abs(values.mean(axis=0)))
    scaled = (values - values.mean(axis=0)) / np.where(varies, deviations, 1) * varies
    return np.asarray(scaled / np.sqrt(values.shape[1]))


def _uncertainty_ranks(looks: Sequence[FrameFeatures]) -> NDArray[np.float64]:
    """Return the rank of the network uncertainty of each frame, from 0 to 1; 0.5 if unknown."""
    ranks = [
        _ranks(np.array(values)) for values in zip(*((k.entropy, k.flicker) for k in looks), strict=True)
    ]
    return np.asarray(np.mean(ranks, axis=0))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ranks of `values` from 0 to 1, with equal ranks for equal values; 0.5 for NaN and single values."""
    ranks = np.full(len(values), 0.5)
    known = np.isfinite(values)
    if known.sum() > 1:
        ranks[known] = (rankdata(values[known]) - 1) / (known.sum() - 1)
    return ranks


def _best(scores: NDArray[np.float64], allowed: NDArray[np.bool_]) -> int:
    best = scores[allowed].max()
    return int(np.flatnonzero(allowed & (scores >= best - _MIN_DIFFERENCE))[0])


def _in_words(
    nearest: NDArray[np.float64],
    uncertainty: NDArray[np.float64],
    looks: Sequence[FrameFeatures],
    done: NDArray[np.bool_],
    index: int,
) -> str:
    """Return the reason for a frame, relative to all analysed frames that are not selected yet."""
    new = 100 * float(np.mean(nearest[~done] <= nearest[index]))
    words = f"different: {new:.0f} %"
    return (
        words if np.isnan(looks[index].entropy) else f"{words}, uncertain: {100 * uncertainty[index]:.0f} %"
    )


def _middles(length: int, n_parts: int) -> NDArray[np.int64]:
    """Return the centres of `n_parts` equal parts of ``0 .. length - 1``."""
    return ((np.arange(n_parts) + 0.5) * length / n_parts).astype(np.int64)
