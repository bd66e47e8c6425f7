"""Lineages between the steps of a run, in a file that is written and read in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.files.atomic import atomic_path


def write_lineage(lineage: Lineage, path: Path) -> None:
    """Write a lineage as a NumPy archive, atomically; the same lineage gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nodes = {name: lineage.nodes[name].to_numpy() for name in NODE_COLUMNS}
    kinship = {"parents": _pairs(lineage.parents), "merged_into": _pairs(lineage.merged_into)}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **nodes, **kinship)


def read_lineage(path: Path) -> Lineage:
    """Return the lineage that :func:`write_lineage` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        nodes = pd.DataFrame({name: stored[name] for name in NODE_COLUMNS})
        parents, merged_into = (dict(stored[name].tolist()) for name in ("parents", "merged_into"))
    return Lineage(nodes, parents, merged_into)


def _pairs(kinship: Mapping[int, int]) -> NDArray[np.int64]:
    return np.array(list(kinship.items()), dtype=np.int64).reshape(-1, 2)
