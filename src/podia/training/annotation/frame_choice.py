"""Which frames are most worth annotating: unlike one another, hard for the network, spread over all movies.

Greedy k-centre choice (Sener & Savarese 2018, core-set active learning): each further frame is the one furthest from
all that were chosen before, here weighted by how unsure the network is of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import rankdata

from podia.data.config import FrozenConfig
from podia.training.annotation.frame_look import FrameLook

_LEAST_DIFFERENCE = 1e-9
"""Of scores; nearer ones are equal, and the first frame is taken, so that rounding does not choose."""


class FrameChoiceConfig(FrozenConfig):
    """How frames are chosen."""

    frames: int = Field(12, ge=1, le=1000, description="Pictures that the folder holds in the end.")
    candidates: int = Field(
        120, ge=1, description="Most frames that are looked at, evenly spaced over all movies."
    )
    model: str | None = Field(
        "podia-phase",
        description="Network that says what is hard: a model that comes with podia, or a model file; none (null) goes "
        "by grey values alone.",
    )
    uncertainty_weight: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How much the network's uncertainty counts: 0 chooses by difference alone, 1 never the surest "
        "frame.",
    )
    time_weight: float = Field(
        1.0, ge=0, description="How much distance in time counts, against that in looks."
    )


@dataclass(frozen=True)
class Candidate:
    """A frame that may be chosen: frame `frame` of movie number `movie`."""

    movie: int
    frame: int


@dataclass(frozen=True)
class Choice:
    """A chosen frame, and why in words."""

    candidate: Candidate
    why: str


def candidate_frames(lengths: Sequence[int], most: int) -> list[Candidate]:
    """Return about `most` frames, evenly spaced over movies of `lengths` frames; of each movie one, where that goes.

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
    looks: Sequence[FrameLook],
    n: int,
    lengths: Sequence[int],
    config: FrameChoiceConfig,
    *,
    taken: frozenset[int] = frozenset(),
) -> list[Choice]:
    """Return `n` of the `candidates` in the order in which they were chosen, or all there are.

    While there are movies without a chosen frame, the next one comes from these. Frames of a movie lie apart by half
    of an even spacing at least, as long as there are such. The same arguments give the same choice.

    Parameters
    ----------
    candidates, looks
        Frames, and what each looks like.
    lengths
        Number of frames of each movie.
    taken
        Numbers of candidates that were chosen before: further ones are unlike these too.
    """
    places = _places(candidates, looks, lengths, config.time_weight)
    unsure = _unsure(looks)
    weights = 1 + config.uncertainty_weight * (2 * unsure - 1)
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
            why = _in_words(nearest, unsure, looks, done, index)
        else:
            index = _best(-np.linalg.norm(places - places.mean(axis=0), axis=1), spread.allowed(done))
            why = "most typical of all"
        take(index)
        chosen.append(Choice(candidates[index], why))
    return chosen


@dataclass(frozen=True)
class _Spread:
    """Which candidates may come next, so that all movies and all times have their share."""

    candidates: Sequence[Candidate]
    lengths: Sequence[int]
    n_wanted: int

    def allowed(self, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the candidates not `done`: of movies that have none, if there are such, else far from others."""
        movies = np.array([candidate.movie for candidate in self.candidates])
        free = ~done
        new_movies = free & ~np.isin(movies, movies[done])
        if new_movies.any():
            return new_movies
        apart = free & np.array([self._is_apart(candidate, done) for candidate in self.candidates])
        return apart if apart.any() else free

    def _is_apart(self, candidate: Candidate, done: NDArray[np.bool_]) -> bool:
        n_movies = len({other.movie for other in self.candidates})
        gap = self.lengths[candidate.movie] / (2 * -(-self.n_wanted // n_movies))
        others = [self.candidates[index] for index in np.flatnonzero(done).tolist()]
        return all(
            other.movie != candidate.movie or abs(other.frame - candidate.frame) >= gap for other in others
        )


def _places(
    candidates: Sequence[Candidate], looks: Sequence[FrameLook], lengths: Sequence[int], time_weight: float
) -> NDArray[np.float64]:
    """Return candidates as points ``(N, D)``: grey values, time and the network's features, as blocks of one scale."""
    times = [[c.frame / max(lengths[c.movie] - 1, 1)] for c in candidates]
    blocks = [_block([look.grey for look in looks]), time_weight * _block(times)]
    if looks[0].features is not None:
        blocks.append(_block([look.features for look in looks if look.features is not None]))
    return np.concatenate(blocks, axis=1)


def _block(rows: Sequence[Sequence[float] | NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return rows with each column of mean 0 and variance 1, or 0 where constant, and the whole of variance 1."""
    values = np.asarray(rows, dtype=np.float64)
    deviations = values.std(axis=0)
    varies = deviations > 1e-6 * (1 + np.abs(values.mean(axis=0)))
    scaled = (values - values.mean(axis=0)) / np.where(varies, deviations, 1) * varies
    return np.asarray(scaled / np.sqrt(values.shape[1]))


def _unsure(looks: Sequence[FrameLook]) -> NDArray[np.float64]:
    """Return how unsure the network is of each frame, by rank from 0 to 1; 0.5 where nothing is known."""
    ranks = [
        _ranks(np.array(values)) for values in zip(*((k.entropy, k.flicker) for k in looks), strict=True)
    ]
    return np.asarray(np.mean(ranks, axis=0))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ranks of `values` from 0 to 1, equal ones alike; 0.5 for NaN, and where there is but one."""
    ranks = np.full(len(values), 0.5)
    known = np.isfinite(values)
    if known.sum() > 1:
        ranks[known] = (rankdata(values[known]) - 1) / (known.sum() - 1)
    return ranks


def _best(scores: NDArray[np.float64], allowed: NDArray[np.bool_]) -> int:
    best = scores[allowed].max()
    return int(np.flatnonzero(allowed & (scores >= best - _LEAST_DIFFERENCE))[0])


def _in_words(
    nearest: NDArray[np.float64],
    unsure: NDArray[np.float64],
    looks: Sequence[FrameLook],
    done: NDArray[np.bool_],
    index: int,
) -> str:
    """Return why a frame was chosen, against all frames that were looked at and are not chosen yet."""
    new = 100 * float(np.mean(nearest[~done] <= nearest[index]))
    words = f"unlike the ones before: {new:.0f} %"
    return words if np.isnan(looks[index].entropy) else f"{words}, unsure: {100 * unsure[index]:.0f} %"


def _middles(length: int, n_parts: int) -> NDArray[np.int64]:
    """Return the middles of `n_parts` equal parts of ``0 .. length - 1``."""
    return ((np.arange(n_parts) + 0.5) * length / n_parts).astype(np.int64)
