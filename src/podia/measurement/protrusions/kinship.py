"""Start and end of protrusions: birth, split, death, merge, division, or unseen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Pairs = NDArray[np.int64]
"""``(N, 2)`` protrusion ids: the protrusion, and its partner."""


def beginnings_and_ends(
    tips: pd.DataFrame, cells: pd.DataFrame, parents: Mapping[int, int], *, max_distance_px: float
) -> pd.DataFrame:
    """Return ``begins_by``, ``ends_by``, ``parent_protrusion_id`` and ``merged_into_id``, indexed by ``protrusion_id``.

    Parameters
    ----------
    tips
        Columns ``frame``, ``track_id``, ``tip``, ``branch_of``, ``protrusion_id`` and the drift-corrected
        ``tip_y_stable``, ``tip_x_stable``.
    cells
        Columns ``frame``, ``track_id``, ``touches_border``: frames of the cells, and whether they are cut.
    parents
        Daughter track -> mother track.
    max_distance_px
        Maximum displacement of a tip from a mother's last frame to a daughter's first.
    """
    spans = tips.groupby("protrusion_id").agg(
        track_id=("track_id", "first"), first=("frame", "min"), last=("frame", "max")
    )
    forks = _forks(tips)
    splits = _of_forks(forks, spans, at="first")
    merges = _of_forks(forks, spans, at="last")
    heirs = _inherited(tips, cells, parents, max_distance_px)
    whole = cells.loc[~cells["touches_border"], ["track_id", "frame"]]
    seen_before = _is_seen(spans["track_id"], spans["first"] - 1, whole)
    seen_after = _is_seen(spans["track_id"], spans["last"] + 1, whole)
    return pd.DataFrame(
        {
            "begins_by": _name(
                spans.index, seen_before, "birth", {"split": splits[:, 0], "division": heirs[:, 0]}
            ),
            "ends_by": _name(
                spans.index, seen_after, "death", {"merge": merges[:, 0], "division": heirs[:, 1]}
            ),
            "parent_protrusion_id": _other(spans.index, np.concatenate([splits, heirs])),
            "merged_into_id": _other(spans.index, merges),
        },
        index=spans.index,
    )


def _forks(tips: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame, own, other``: protrusions that share a segment outside the body, each pair both ways."""
    branches = tips.loc[tips["branch_of"].notna(), ["frame", "track_id", "protrusion_id", "branch_of"]]
    stems = tips[["frame", "track_id", "tip", "protrusion_id"]].rename(
        columns={"tip": "branch_of", "protrusion_id": "other"}
    )
    pairs = branches.astype({"branch_of": np.int64}).merge(stems, on=["frame", "track_id", "branch_of"])
    pairs = pairs.rename(columns={"protrusion_id": "own"})[["frame", "own", "other"]]
    swapped = pairs.rename(columns={"own": "other", "other": "own"})
    return pd.concat([pairs, swapped], ignore_index=True)


def _of_forks(forks: pd.DataFrame, spans: pd.DataFrame, *, at: str) -> Pairs:
    """Return pairs that fork in the first (or last) frame of one protrusion while the other exists longer."""
    own, other = spans.loc[forks["own"], at].to_numpy(), spans.loc[forks["other"], at].to_numpy()
    longer = other < own if at == "first" else other > own
    found = forks[(forks["frame"].to_numpy() == own) & longer]
    return np.asarray(found.drop_duplicates("own")[["own", "other"]], dtype=np.int64)


def _inherited(tips: pd.DataFrame, cells: pd.DataFrame, parents: Mapping[int, int], limit: float) -> Pairs:
    """Return pairs of a daughter's protrusion and the mother's that it continues, by minimum sum of distances.

    Only tips in the mother's last frame and the daughters' first count: a rounded cell passes on none.
    """
    lives = cells.groupby("track_id")["frame"].agg(["min", "max"])
    none = np.empty(0, dtype=np.intp)
    by_cell = tips.groupby(["track_id", "frame"]).indices
    places = tips[["tip_y_stable", "tip_x_stable"]].to_numpy(np.float64)
    ids = tips["protrusion_id"].to_numpy(np.int64)
    families: dict[int, list[int]] = {}
    for daughter, mother in parents.items():
        families.setdefault(mother, []).append(daughter)
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for mother, daughters in families.items():
        known = [daughter for daughter in daughters if daughter in lives.index]
        if mother not in lives.index or not known:
            continue
        old = by_cell.get((mother, lives.loc[mother, "max"]), none)
        new = np.concatenate(
            [by_cell.get((daughter, lives.loc[daughter, "min"]), none) for daughter in known]
        )
        distance = np.hypot(*(places[new][:, None] - places[old][None]).transpose(2, 0, 1))
        mine, theirs = linear_sum_assignment(np.minimum(distance, limit))
        near = distance[mine, theirs] <= limit
        pairs.append(np.stack([ids[new[mine[near]]], ids[old[theirs[near]]]], axis=1))
    return np.concatenate(pairs)


def _is_seen(track_ids: pd.Series, frames: pd.Series, whole: pd.DataFrame) -> NDArray[np.bool_]:
    asked = pd.MultiIndex.from_arrays([track_ids, frames])
    return np.asarray(asked.isin(pd.MultiIndex.from_frame(whole)), dtype=np.bool_)


def _name(
    ids: pd.Index, is_seen: NDArray[np.bool_], plainly: str, known: dict[str, NDArray[np.int64]]
) -> NDArray[np.object_]:
    names = np.where(is_seen, plainly, "unseen").astype(object)
    for name, own in known.items():
        names[ids.isin(own)] = name
    return names


def _other(ids: pd.Index, pairs: Pairs) -> pd.Series:
    """Return the partner of each protrusion, missing if it has none."""
    return pd.Series(dict(pairs.tolist()), dtype="Int64").reindex(ids)
