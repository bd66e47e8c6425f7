"""Drift of the field of view, as one transform per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError


@dataclass(frozen=True)
class Drift:
    """Maps positions in each frame to positions relative to the first frame, and back.

    Parameters
    ----------
    to_stable
        ``(T, 3, 3)`` homogeneous matrices acting on columns ``(y, x, 1)`` in pixels: an object that does not move has
        the same *stable* position in all frames. The first is the identity.

    Examples
    --------
    The image moved down by 2 px, so a static object appears 2 px farther down:

    >>> drift = Drift.from_shifts(np.array([[0.0, 0.0], [2.0, 0.0]]))
    >>> drift.stabilise(1, np.array([[12.0, 5.0]]))
    array([[10.,  5.]])
    """

    to_stable: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.to_stable.ndim != 3 or self.to_stable.shape[1:] != (3, 3):
            raise InvalidInputError(f"Drift needs (T, 3, 3) matrices, not {self.to_stable.shape}.")
        if not np.isfinite(self.to_stable).all():
            raise InvalidInputError("Drift matrices must be finite.")

    @classmethod
    def none(cls, n_frames: int) -> Drift:
        """Return the drift of a movie without drift."""
        return cls(np.tile(np.eye(3), (n_frames, 1, 1)))

    @classmethod
    def from_shifts(cls, shifts: NDArray[np.float64]) -> Drift:
        """Return pure translation: `shifts` ``(T, 2)`` px are displacements of static objects since frame 0."""
        matrices = np.tile(np.eye(3), (len(shifts), 1, 1))
        matrices[:, :2, 2] = -shifts
        return cls(matrices)

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return len(self.to_stable)

    @property
    def shifts(self) -> NDArray[np.float64]:
        """Displacement of the origin since frame 0, ``(T, 2)`` as ``(y, x)`` px."""
        inverse: NDArray[np.float64] = np.linalg.inv(self.to_stable).astype(np.float64)
        return inverse[:, :2, 2]

    def stabilise(self, frame: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return stable positions of `points` ``(N, 2)`` in `frame`."""
        return _apply(self.to_stable[frame], points)

    def restore(self, frame: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return positions in `frame` of stable `points` ``(N, 2)``; the inverse of :meth:`stabilise`."""
        return _apply(np.linalg.inv(self.to_stable[frame]), points)


def _apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points, dtype=np.float64) @ matrix[:2, :2].T + matrix[:2, 2]
