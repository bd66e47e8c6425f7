"""Shape clusters, and transitions between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.vq import ClusterError, kmeans2

_N_STARTS = 8
_MAX_ITERATIONS = 50
_SEED = 0


def cluster_shapes(scores: NDArray[np.float64], n_clusters: int) -> NDArray[np.int64]:
    """Return the cluster of each row of `scores` ``(N, M)``, from 1, the most frequent first.

    The result is the best of eight runs of k-means, initialised as in Arthur & Vassilvitskii (SODA 2007), with a fixed
    seed. k-means also divides a continuum of shapes: clusters are a way to count, and need not be distinct. All rows
    are in one cluster if there are fewer distinct rows than clusters, or no run fills all clusters.
    """
    if len(np.unique(scores, axis=0)) < n_clusters:
        return np.ones(len(scores), dtype=np.int64)
    best: NDArray[np.int64] | None = None
    least = np.inf
    generator = np.random.default_rng(_SEED)
    for _ in range(_N_STARTS):
        try:
            centres, found = kmeans2(
                scores, n_clusters, iter=_MAX_ITERATIONS, minit="++", missing="raise", seed=generator
            )
        except ClusterError:
            continue
        spread = float(((scores - centres[found]) ** 2).sum())
        if spread < least * (1 - 1e-9):
            best, least = found.astype(np.int64), spread
    if best is None:
        return np.ones(len(scores), dtype=np.int64)
    sizes = np.bincount(best, minlength=n_clusters)
    rank = np.empty(n_clusters, dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(1, n_clusters + 1)
    return rank[best]


def count_transitions(shapes: pd.DataFrame, n_clusters: int) -> pd.DataFrame:
    """Return the table SHAPE_TRANSITIONS.

    Parameters
    ----------
    shapes
        Sorted by frame, with ``track_id``, ``frame`` and ``cluster`` (1 to `n_clusters`, or missing). Only successive
        frames of a track count.
    """
    tracks = shapes.groupby("track_id")
    to, apart = tracks["cluster"].shift(-1), tracks["frame"].shift(-1) - shapes["frame"]
    counted = shapes["cluster"].notna() & to.notna() & (apart == 1)
    counts = np.zeros((n_clusters, n_clusters), dtype=np.int64)
    begins = shapes["cluster"][counted].to_numpy(np.int64) - 1
    np.add.at(counts, (begins, to[counted].to_numpy(np.int64) - 1), 1)
    begun, ended = counts.sum(axis=1), counts.sum(axis=0)
    total = counts.sum()
    with np.errstate(invalid="ignore"):
        probability = counts / begun[:, None].astype(np.float64)
        expected = np.tile(ended / np.float64(total), (n_clusters, 1))
    numbers = np.arange(1, n_clusters + 1)
    return pd.DataFrame(
        {
            "from_cluster": np.repeat(numbers, n_clusters),
            "to_cluster": np.tile(numbers, n_clusters),
            "n": counts.ravel(),
            "probability": probability.ravel(),
            "expected": expected.ravel(),
        }
    )
