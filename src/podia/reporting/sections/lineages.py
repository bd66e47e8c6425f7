"""Section of the report on divisions: the lineage trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podia.reporting.charts.lineage_tree import lineage_tree
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import count

_MAX_LEAVES = 80
"""Rows of the figure; the families with the most tracks are drawn."""


def lineages_section(inputs: ReportInputs) -> Section | None:
    """Return the lineage trees of cells that divide; None where none does."""
    daughters = inputs.lineage.daughters()
    if not daughters:
        return None
    families = {root: _family(root, daughters) for root in daughters if root not in inputs.lineage.parents}
    drawn: list[int] = []
    leaves = 0
    for root in sorted(families, key=lambda one: (-len(families[one]), one)):
        leaves += sum(track not in daughters for track in families[root])
        if drawn and leaves > _MAX_LEAVES:
            break
        drawn.append(root)
    scale = time_scale(inputs)
    frames = inputs.lineage.nodes.groupby("track_id")["frame"].agg(["min", "max"])
    tracks = {
        int(track): (first * scale.per_frame, last * scale.per_frame)
        for track, first, last in zip(frames.index, frames["min"], frames["max"], strict=True)
    }
    left_out = (
        ""
        if len(drawn) == len(families)
        else f" {len(families) - len(drawn)} smaller families are not drawn."
    )
    plot = lineage_tree(
        tracks,
        daughters,
        sorted(drawn),
        time=(0.0, (inputs.movie.n_frames - 1) * scale.per_frame),
        time_label=scale.label,
        whole=scale.is_whole,
    )
    tree = Figure(
        "Lineage trees",
        plot,
        f"One line per track; a fork is a division. Click a track to see it in the movie.{left_out}",
        is_wide=True,
    )
    intro = (
        f"{count(inputs.lineage.n_divisions, 'division')} in {count(len(families), 'family', 'families')}."
    )
    return Section("lineages", "Lineages", intro, (tree,))


def _family(root: int, daughters: Mapping[int, Sequence[int]]) -> list[int]:
    members = [root]
    for member in members:
        members.extend(daughters.get(member, ()))
    return members
