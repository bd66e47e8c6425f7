"""Lineage: tracks, divisions and merges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from podia.data.errors import InvalidInputError

NODE_COLUMNS = ("frame", "label", "track_id", "y", "x")


@dataclass(frozen=True)
class Lineage:
    """Tracks and their relations: at most one parent per track, forward in time, with explicit divisions.

    Parameters
    ----------
    nodes
        One row per cell and frame, columns ``frame``, ``label`` (its value in that frame's label image), ``track_id``
        (positive), and ``y``, ``x`` (centroid in px of that frame). A track may skip frames (gaps).
    parents
        ``track_id -> parent's track_id``, for daughters of a division.
    merged_into
        ``track_id -> track_id`` of the track that it merged into, if merges were requested. The CTC format does not
        support merges.

    Raises
    ------
    InvalidInputError
        If a track has two cells in a frame, a label occurs twice in a frame, or a relation refers to a missing track or
        points back in time.
    """

    nodes: pd.DataFrame
    parents: Mapping[int, int] = field(default_factory=dict)
    merged_into: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [name for name in NODE_COLUMNS if name not in self.nodes.columns]
        if missing:
            raise InvalidInputError(
                f"Lineage nodes lack the columns {missing}; they need {list(NODE_COLUMNS)}."
            )
        nodes = self.nodes.loc[:, list(NODE_COLUMNS)]
        nodes = nodes.astype(
            {"frame": np.int64, "label": np.int64, "track_id": np.int64, "y": float, "x": float}
        )
        nodes = nodes.sort_values(["frame", "track_id"], ignore_index=True)
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "parents", MappingProxyType(dict(sorted(self.parents.items()))))
        object.__setattr__(self, "merged_into", MappingProxyType(dict(sorted(self.merged_into.items()))))
        _require_unique(nodes, "track_id")
        _require_unique(nodes, "label")
        if len(nodes) and int(nodes["track_id"].min()) < 1:
            raise InvalidInputError("Track ids must be positive.")
        self._require_forward_kinship()

    def _require_forward_kinship(self) -> None:
        spans = {int(r.track_id): (int(r.first_frame), int(r.last_frame)) for r in self.spans().itertuples()}
        links = [(parent, child) for child, parent in self.parents.items()]
        links += list(self.merged_into.items())
        for earlier, later in links:
            for track_id in (earlier, later):
                if track_id not in spans:
                    raise InvalidInputError(f"Kinship {earlier} -> {later}: there is no track {track_id}.")
        for child, parent in self.parents.items():
            if spans[parent][1] >= spans[child][0]:
                raise InvalidInputError(
                    f"Track {child} starts in frame {spans[child][0]}, not after its parent {parent} "
                    f"ends (frame {spans[parent][1]})."
                )

    def __reduce__(self) -> tuple[type[Lineage], tuple[pd.DataFrame, dict[int, int], dict[int, int]]]:
        # Read-only views of dictionaries cannot be pickled, but their contents can.
        return Lineage, (self.nodes, dict(self.parents), dict(self.merged_into))

    @classmethod
    def empty(cls) -> Lineage:
        """Return the lineage of a movie without cells."""
        return cls(pd.DataFrame({name: [] for name in NODE_COLUMNS}))

    @property
    def track_ids(self) -> list[int]:
        """All track ids, ascending."""
        return sorted(int(i) for i in self.nodes["track_id"].unique())

    def spans(self) -> pd.DataFrame:
        """Return one row per track: ``track_id``, ``first_frame``, ``last_frame``, ``n_frames`` (without gaps)."""
        grouped = self.nodes.groupby("track_id")["frame"].agg(["min", "max", "size"]).reset_index()
        grouped.columns = pd.Index(["track_id", "first_frame", "last_frame", "n_frames"])
        return grouped.astype(np.int64)

    def daughters(self) -> dict[int, list[int]]:
        """Return ``parent -> daughters``, both ascending."""
        families: dict[int, list[int]] = {}
        for child, parent in self.parents.items():
            families.setdefault(parent, []).append(child)
        return dict(sorted(families.items()))

    @property
    def n_divisions(self) -> int:
        """Number of tracks that divide, including divisions with only one detected daughter."""
        return len(self.daughters())


def _require_unique(nodes: pd.DataFrame, column: str) -> None:
    repeated = nodes[nodes.duplicated(["frame", column])]
    if len(repeated):
        row = repeated.iloc[0]
        raise InvalidInputError(f"Frame {int(row['frame'])} has {column} {int(row[column])} more than once.")
