"""Track graph for other programs, with its label image, and with measures once they exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from podia.data.lineage import Lineage
from podia.io.layout import LABELS, LINEAGE
from podia.io.tracks.geff import write_geff
from podia.io.tracks.node_measures import NodeMeasure
from podia.pipeline.job import Job


def write_tracks_file(job: Job, lineage: Lineage, measures: Sequence[NodeMeasure] = ()) -> None:
    """Write ``tracks.geff``."""
    up = "../" * len(PurePosixPath(LINEAGE).parts)
    write_geff(
        lineage,
        job.folder / LINEAGE,
        job.movie.calibration,
        measures=measures,
        label_image=f"{up}{LABELS}/0",
        last_row=_row_in_its_cell(job, lineage),
    )


def _row_in_its_cell(job: Job, lineage: Lineage) -> int | None:
    """Return the last row of the nodes whose position lies in its own cell; None without one."""
    for node in lineage.nodes[::-1].itertuples():
        labels = job.labels.frame(int(node.frame))
        y, x = int(node.y), int(node.x)
        if 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and labels[y, x] == node.label:
            return int(node.Index)
    return None
