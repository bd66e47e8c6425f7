"""Corrections that turn a result into the truth, one row per event.

The events are those of the acyclic oriented graph matching measure (Matula et al., PLoS ONE 2015). Cells are
the vertices. Edges join a cell in two successive frames of a track, and a parent and its daughter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from podia.evaluation.ctc_matching import FrameMatch
from podia.evaluation.ctc_sequence import TrackTable

EVENT_COLUMNS = ["event", "frame", "label", "next_frame", "next_label", "side"]
_EDGE = ["position", "label", "next_position", "next_label"]


def list_events(
    frames: list[FrameMatch],
    numbers: list[int],
    truth_tracks: TrackTable | None,
    result_tracks: TrackTable | None,
) -> pd.DataFrame:
    """Return the events; columns :data:`EVENT_COLUMNS`.

    FN is a true cell without a result cell; FP a result cell that matches no true cell; NS a result cell that covers
    several true cells, with one row for each additional one; ED and EA are links that only the result or only the truth
    has; EC is a link that is parent-to-daughter on one side and within a track on the other.

    ``side`` states whose labels a row contains: ``truth`` for FN, EA and EC, ``result`` for FP, NS and ED.
    ``next_frame`` and ``next_label`` are -1 for events of single cells. Links are compared only if both
    sides have tracks, given in positions in `numbers`.
    """
    truth_cells, result_cells, matches = _cells(frames)
    parts = _vertex_events(truth_cells, result_cells, matches)
    if truth_tracks is not None and result_tracks is not None:
        parts += _edge_events(truth_cells, result_cells, matches, truth_tracks, result_tracks)
    events = pd.concat([part.reindex(columns=["event", *_EDGE, "side"]) for part in parts])
    number_of = np.append(np.asarray(numbers, dtype=np.int64), -1)
    positions = events[["position", "next_position"]].fillna(-1).astype(np.int64).to_numpy()
    return pd.DataFrame(
        {
            "event": events["event"].to_numpy(dtype=object),
            "frame": number_of[positions[:, 0]],
            "label": events["label"].to_numpy(dtype=np.int64),
            "next_frame": number_of[positions[:, 1]],
            "next_label": events["next_label"].fillna(-1).to_numpy(dtype=np.int64),
            "side": events["side"].to_numpy(dtype=object),
        }
    ).sort_values(["event", "frame", "label", "next_frame", "next_label"], ignore_index=True)


def _cells(frames: list[FrameMatch]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    def table(columns: list[str], rows: Sequence[tuple[int, ...]]) -> pd.DataFrame:
        return pd.DataFrame(np.array(rows, dtype=np.int64).reshape(-1, len(columns)), columns=columns)

    truth = [(p, label) for p, frame in enumerate(frames) for label in frame.truth_labels]
    result = [(p, label) for p, frame in enumerate(frames) for label in frame.result_labels]
    matches = [
        (p, *pair)
        for p, frame in enumerate(frames)
        for pair in zip(frame.matched_truth, frame.matched_result, strict=True)
    ]
    return (
        table(["position", "label"], truth),
        table(["position", "label"], result),
        table(["position", "truth", "result"], matches),
    )


def _vertex_events(truth: pd.DataFrame, result: pd.DataFrame, matches: pd.DataFrame) -> list[pd.DataFrame]:
    matched_truth = matches[["position", "truth"]].rename(columns={"truth": "label"})
    matched_result = matches[["position", "result"]].rename(columns={"result": "label"})
    surplus = matched_result[matched_result.duplicated()]
    return [
        _without(truth, matched_truth).assign(event="FN", side="truth"),
        _without(result, matched_result).assign(event="FP", side="result"),
        surplus.assign(event="NS", side="result"),
    ]


def _edge_events(
    truth: pd.DataFrame,
    result: pd.DataFrame,
    matches: pd.DataFrame,
    truth_tracks: TrackTable,
    result_tracks: TrackTable,
) -> list[pd.DataFrame]:
    true_edges = _edges(truth, truth_tracks)
    found = _in_truth_labels(_edges(result, result_tracks), matches)
    both = found.merge(true_edges, on=_EDGE, how="left", suffixes=("", "_true"))
    redundant = both[both["is_kinship_true"].isna()]
    redundant = redundant[["position", "result", "next_position", "next_result"]].set_axis(_EDGE, axis=1)
    shared = both[both["is_kinship_true"].notna()]
    changed = shared[shared["is_kinship"] != shared["is_kinship_true"].astype(bool)]
    return [
        redundant.assign(event="ED", side="result"),
        _without(true_edges[_EDGE], found[_EDGE]).assign(event="EA", side="truth"),
        changed[_EDGE].assign(event="EC", side="truth"),
    ]


def _edges(cells: pd.DataFrame, tracks: TrackTable) -> pd.DataFrame:
    """Return the links of one side: columns :data:`_EDGE` and ``is_kinship``."""
    following = cells.assign(next_position=cells["position"], position=cells["position"] - 1)
    within = cells.merge(following, on=["position", "label"]).assign(is_kinship=False)
    within["next_label"] = within["label"]
    ends = {int(label): int(last) for label, _, last, _ in tracks}
    kinship = [
        (ends[parent], parent, first, label, True) for label, first, _, parent in tracks.tolist() if parent
    ]
    rows = pd.DataFrame(kinship, columns=[*_EDGE, "is_kinship"]).astype(dict.fromkeys(_EDGE, np.int64))
    return pd.concat([within[[*_EDGE, "is_kinship"]], rows]).astype({"is_kinship": bool})


def _in_truth_labels(edges: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Return result `edges` between cells that match exactly one true cell, with the labels of the true cells."""
    single = matches[~matches.duplicated(["position", "result"], keep=False)]
    edges = edges.rename(columns={"label": "result", "next_label": "next_result"})
    edges = edges.merge(single.rename(columns={"truth": "label"}), on=["position", "result"])
    ahead = single.rename(
        columns={"position": "next_position", "truth": "next_label", "result": "next_result"}
    )
    return edges.merge(ahead, on=["next_position", "next_result"])


def _without(cells: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    marked = cells.merge(others.drop_duplicates(), how="left", indicator="found")
    return marked[marked["found"] == "left_only"].drop(columns="found")
