"""Suspects: cells, links and divisions that are probably wrong, each with a suggested correction.

Temporary splits and merges show at the ends of tracks: a track begins or ends inside the field, beside a neighbour
whose area decreases or increases by the same amount. All kinds below are scored by this conservation of area.
Confidences are not probabilities; they order the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from podia.corrections.exchanged import exchanges
from podia.corrections.operations import (
    CellAt,
    Correction,
    Link,
    Merge,
    RemoveDivision,
    SetDivision,
    Split,
    SplitFrame,
    Swap,
)
from podia.corrections.suspect import SUSPECT_KINDS, Suspect, SuspectKind, n_frames_in_words, suspect_at
from podia.corrections.tracked_cells import TrackedCell, TrackedCells
from podia.corrections.unusual import jumps, unlike_others
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie

__all__ = ["SUSPECT_KINDS", "Suspect", "SuspectKind", "find_suspects", "where"]

_LONGEST_GAP = 5
"""Maximum gap in frames between an end and a beginning of one track."""
_LONGEST_SPLIT = 12
"""Maximum duration in frames of a temporary split."""
_AREA_SCATTER = 0.2
"""Natural change of a cell's area from frame to frame, as a log ratio."""
_SURE = 0.9
"""Confidence of a contact above which it is not a suspect."""


def find_suspects(
    labels: LabelMovie, lineage: Lineage, cells: pd.DataFrame, events: pd.DataFrame | None = None
) -> list[Suspect]:
    """Return probable errors, most worthwhile first.

    Frames are read where tracks begin and end inside the field. Without outlines (discs on positions) areas are
    meaningless, and only gaps, jumps and tracks that begin or end inside the field are listed.

    Parameters
    ----------
    labels, lineage
        As tracked.
    cells
        The table of cells in pixels and frames: columns ``frame``, ``track_id``, ``y``, ``x``, ``area``,
        ``touches_border``; ``confidence`` where the network gave one; shape and brightness for swaps.
    events
        The table of events in pixels and frames, for cells that were split or tracked through a contact.
    """
    tracked = TrackedCells(labels, lineage, cells)
    found = [*_at_ends(tracked), *jumps(tracked, cells)]
    if not labels.positions_only:
        found += [
            *_swaps(tracked, cells),
            *(() if events is None else _contacts(tracked, events)),
            *_doubtful_divisions(tracked),
            *unlike_others(tracked, cells),
        ]
    return sorted(_once_per_track(found), key=lambda one: (-one.confidence, one.frame, one.track))


def _once_per_track(suspects: list[Suspect]) -> list[Suspect]:
    """Remove suspects that repeat a better one for the same tracks at about the same time."""
    kept: list[Suspect] = []
    said: dict[int, list[set[int]]] = {}
    for suspect in sorted(suspects, key=lambda one: -one.confidence):
        pair = {suspect.track} if suspect.other is None else {suspect.track, suspect.other}
        near = (
            other for frame in range(suspect.frame - 2, suspect.frame + 3) for other in said.get(frame, ())
        )
        if not any(pair <= other for other in near):
            kept.append(suspect)
            said.setdefault(suspect.frame, []).append(pair)
    return kept


def _at_ends(tracked: TrackedCells) -> Iterator[Suspect]:
    ends = sorted(
        (cell for cell in map(tracked.last, tracked.tracks) if _ends_inside(tracked, cell)),
        key=lambda cell: cell.frame,
    )
    starts = sorted(
        (cell for cell in map(tracked.first, tracked.tracks) if _begins_inside(tracked, cell)),
        key=lambda cell: cell.frame,
    )
    joined = {cell.track: _joins(tracked, cell) for cell in ends}
    parted = {cell.track: _parts(tracked, cell) for cell in starts}
    continued: set[int] = set()
    # A cell that was merged in between is not a gap: it is handled as a merge.
    through = {cell.track for cell in starts if parted[cell.track][1] > 0.3}
    for suspect in _gaps(tracked, ends, [cell for cell in starts if cell.track not in through]):
        continued |= {suspect.track, suspect.other or 0}
        yield suspect
    for cell in starts:
        if cell.track not in continued:
            yield _explain_start(tracked, cell, parted[cell.track], joined, ends)
    for cell in ends:
        partner, evidence = joined[cell.track]
        begins = tracked.first(cell.track)
        if cell.track in continued or (cell.track in parted and parted[cell.track][0] == partner is not None):
            continue  # already listed
        if partner is not None and evidence > 0.3:
            if begins.track in parted and len(tracked.tracks[cell.track]) <= _LONGEST_SPLIT:
                continue
            yield _merged(tracked, cell, partner, evidence)
        else:
            yield suspect_at("ends_inside", cell, None, 0.25, "A track ends inside the field.")


def _begins_inside(tracked: TrackedCells, cell: TrackedCell) -> bool:
    return cell.frame > 0 and cell.track not in tracked.lineage.parents and not cell.at_border


def _ends_inside(tracked: TrackedCells, cell: TrackedCell) -> bool:
    return cell.frame < tracked.n_frames - 1 and cell.track not in tracked.mothers and not cell.at_border


def _joins(tracked: TrackedCells, cell: TrackedCell) -> tuple[int | None, float]:
    """Return the track that takes over the region of `cell` after it ends, and the agreement of the areas."""
    return _best(tracked, cell, cell.frame + 1)


def _parts(tracked: TrackedCells, cell: TrackedCell) -> tuple[int | None, float]:
    """Return the track that had the region of `cell` before it began, and the agreement of the areas."""
    return _best(tracked, cell, cell.frame - 1)


def _best(tracked: TrackedCells, cell: TrackedCell, frame: int) -> tuple[int | None, float]:
    best: tuple[int | None, float] = (None, 0.0)
    for track in tracked.touching(cell):
        whole, beside = tracked.at(track, frame), tracked.at(track, cell.frame)
        if whole is None or beside is None:
            continue
        conserved = np.log((beside.area + cell.area) / whole.area)
        unchanged = np.log(beside.area / whole.area)
        # Two hypotheses: the region was both cells, or the neighbour alone.
        together, alone = (-((value / _AREA_SCATTER) ** 2) / 2 for value in (conserved, unchanged))
        likely = 1 / (1 + np.exp(np.clip(alone - together, -30, 30)))
        evidence = float(likely * tracked.share_inside(cell, whole))
        if evidence > best[1]:
            best = (track, evidence)
    return best


def _gaps(tracked: TrackedCells, ends: list[TrackedCell], starts: list[TrackedCell]) -> Iterator[Suspect]:
    by_frame: dict[int, list[TrackedCell]] = {}
    for start in starts:
        by_frame.setdefault(start.frame, []).append(start)
    for end in ends:
        after = range(end.frame + 1, end.frame + 1 + _LONGEST_GAP)
        scores = [(_same_cell(end, start), start) for frame in after for start in by_frame.get(frame, ())]
        score, start = max(scores, key=lambda pair: pair[0], default=(0.0, end))
        if score > 0.2:
            link = Link(earlier=tracked.place(end), later=tracked.place(start))
            wait = start.frame - end.frame
            reason = (
                f"Track {start.track} begins where track {end.track} ended, {n_frames_in_words(wait)} later."
            )
            yield replace(suspect_at("gap", end, start.track, 0.3 + 0.65 * score, reason), correction=link)


def _same_cell(end: TrackedCell, start: TrackedCell) -> float:
    """Return the agreement of `start` with `end`, 0 to 1, by distance in radii, area and time."""
    wait = start.frame - end.frame
    if not 1 <= wait <= _LONGEST_GAP:
        return 0.0
    distance = np.hypot(start.y - end.y, start.x - end.x) / (end.radius * np.sqrt(wait))
    change = np.log(start.area / end.area) / (2 * _AREA_SCATTER)
    return float(np.exp(-(distance**2) / 2 - change**2 / 2) * 0.9**wait)


def _explain_start(
    tracked: TrackedCells,
    cell: TrackedCell,
    parted: tuple[int | None, float],
    joined: dict[int, tuple[int | None, float]],
    ends: list[TrackedCell],
) -> Suspect:
    partner, evidence = parted
    if partner is None or evidence < 0.3:
        return suspect_at("begins_inside", cell, None, 0.25, "A track begins inside the field.")
    n_frames = len(tracked.tracks[cell.track])
    ends_in, end_evidence = joined.get(cell.track, (None, 0.0))
    if ends_in == partner:
        confidence = (0.4 + 0.6 * evidence * end_evidence) * (1.0 if n_frames <= _LONGEST_SPLIT else 0.5)
        lasts = n_frames_in_words(n_frames)
        reason = f"A piece splits from track {partner} and merges with it again after {lasts}; areas add up."
        return replace(
            suspect_at("split_cell", cell, partner, confidence, reason),
            correction=_merge_of(tracked, partner, cell.track),
        )
    earlier = [
        end
        for end in ends
        if end.frame < cell.frame and end.track != cell.track and joined[end.track][0] == partner
    ]
    if earlier:
        end = max(earlier, key=lambda one: one.frame)
        link = Link(earlier=tracked.place(end), later=tracked.place(cell))
        wait = n_frames_in_words(cell.frame - end.frame)
        reason = (
            f"Track {end.track} ended in track {partner}; track {cell.track} splits from it {wait} later."
        )
        return replace(
            suspect_at("merged_cells", cell, end.track, 0.5 + 0.4 * evidence, reason), correction=link
        )
    mother, sister = tracked.at(partner, cell.frame - 1), tracked.at(partner, cell.frame)
    assert mother is not None
    assert sister is not None
    similar = float(np.exp(-((np.log(cell.area / sister.area) / 0.5) ** 2)))
    if n_frames > 2 and similar > 0.3 and partner not in tracked.mothers:
        division = SetDivision(
            mother=tracked.place(mother), daughters=(tracked.place(sister), tracked.place(cell))
        )
        reason = f"Track {partner} splits into two cells of similar size without a recorded division."
        return replace(
            suspect_at("missed_division", cell, partner, 0.35 + 0.45 * evidence * similar, reason),
            correction=division,
        )
    reason = f"A piece splits from track {partner}; areas add up."
    return replace(
        suspect_at("split_cell", cell, partner, 0.3 + 0.4 * evidence * (1 - similar), reason),
        correction=_merge_of(tracked, partner, cell.track),
    )


def _merged(tracked: TrackedCells, cell: TrackedCell, partner: int, evidence: float) -> Suspect:
    """Return the suspect of a track that ends in a neighbour and does not separate from it again."""
    whole = tracked.at(partner, cell.frame + 1)
    beside = tracked.at(partner, cell.frame)
    assert whole is not None
    assert beside is not None
    seeds = ((beside.y, beside.x), (cell.y, cell.x))
    cut = Split(frames=(SplitFrame(cell=tracked.place(whole), seeds=seeds),))
    reason = f"Track {cell.track} ends and the area of track {partner} grows by as much."
    short = len(tracked.tracks[cell.track]) <= 3
    if short:
        return replace(
            suspect_at("split_cell", cell, partner, 0.35 + 0.5 * evidence, reason),
            correction=_merge_of(tracked, partner, cell.track),
        )
    return replace(suspect_at("merged_cells", cell, partner, 0.3 + 0.5 * evidence, reason), correction=cut)


def _merge_of(
    tracked: TrackedCells, kept: int, other: int, frames: Sequence[int] | None = None
) -> Correction | None:
    shared = sorted(set(tracked.tracks[kept]) & set(tracked.tracks[other])) if frames is None else frames
    pieces = tuple(
        (tracked.place(tracked.tracks[kept][frame]), tracked.place(tracked.tracks[other][frame]))
        for frame in shared
    )
    return Merge(pieces=pieces) if pieces else None


def _doubtful_divisions(tracked: TrackedCells) -> Iterator[Suspect]:
    for mother, daughters in tracked.lineage.daughters().items():
        last = tracked.last(mother)
        firsts = [tracked.first(daughter) for daughter in daughters]
        lengths = [len(tracked.tracks[daughter]) for daughter in daughters]
        shortest = firsts[int(np.argmin(lengths))]
        others = [one for one in firsts if one is not shortest]
        end = tracked.last(shortest.track)
        if not others:
            continue
        sister = others[0]
        merge = _merge_of(tracked, sister.track, shortest.track)
        if _ends_inside(tracked, end) and min(lengths) <= _LONGEST_SPLIT:
            partner, evidence = _joins(tracked, end)
            if partner == sister.track and evidence > 0.3:
                reason = (
                    f"Daughter {shortest.track} of track {mother} merges with its sister {sister.track} "
                    "again."
                )
                yield replace(
                    suspect_at("doubtful_division", shortest, sister.track, 0.5 + 0.45 * evidence, reason),
                    correction=merge,
                )
                continue
        if shortest.frame == tracked.n_frames - 1:
            similar = float(np.exp(-((np.log(shortest.area / sister.area) / 0.5) ** 2)))
            reason = f"Track {mother} divides before the last frame, so no later frame confirms it."
            yield replace(
                suspect_at("doubtful_division", shortest, sister.track, 0.65 - 0.35 * similar, reason),
                correction=merge or RemoveDivision(mother=tracked.place(last)),
            )
            continue
        balance = abs(float(np.log(shortest.area / sister.area)))
        if balance > 1.1:
            reason = f"The daughters of track {mother} differ in area by a factor of {np.exp(balance):.1f}."
            yield replace(
                suspect_at("doubtful_division", shortest, mother, min(0.7, 0.2 + 0.2 * balance), reason),
                correction=RemoveDivision(mother=tracked.place(last)),
            )


def _swaps(tracked: TrackedCells, cells: pd.DataFrame) -> Iterator[Suspect]:
    for one in exchanges(cells):
        first, second = (tracked.at(track, one.frame) for track in (one.first, one.second))
        if first is None or second is None:
            continue
        confidence = 0.3 + 0.5 * (1 - np.exp(-one.gain / 30))
        reason = (
            f"From here on, tracks {one.first} and {one.second} fit better if swapped (size, shape, "
            "brightness)."
        )
        swap = Swap(cells=(tracked.place(first), tracked.place(second)))
        yield suspect_at("swap", first, second.track, confidence, reason, swap)


def _contacts(tracked: TrackedCells, events: pd.DataFrame) -> Iterator[Suspect]:
    """Yield cells that tracking split or merged with low confidence."""
    unsure = events[events["event"].isin(["contact", "cut", "join"]) & (events["confidence"] < _SURE)]
    for event in unsure.itertuples():
        other = None if pd.isna(event.other_track_id) else int(event.other_track_id)
        cell = tracked.at(int(event.track_id), int(event.frame))
        if cell is None:
            continue
        doubt = 2 * (1 - float(event.confidence))
        n_frames = int(event.n_frames)
        lasts = n_frames_in_words(n_frames)
        if event.event == "join":
            reason = f"Pieces of track {cell.track} were joined for {lasts}; they may be two cells."
            yield suspect_at("contact", cell, None, 0.2 + 0.4 * doubt, reason)
            continue
        beside = None if other is None else tracked.at(other, cell.frame)
        if beside is None:
            continue
        reason = f"Tracks {cell.track} and {other} share one region for {lasts}; it may be one cell."
        frames = [
            frame
            for frame in range(cell.frame, cell.frame + n_frames)
            if tracked.at(cell.track, frame) and tracked.at(beside.track, frame)
        ]
        merge = _merge_of(tracked, beside.track, cell.track, frames) if event.event == "cut" else None
        yield suspect_at("contact", cell, beside.track, 0.2 + 0.4 * doubt, reason, merge)


def where(suspect: Suspect) -> CellAt:
    """Return the cell of a suspect."""
    return CellAt(frame=suspect.frame, y=suspect.y, x=suspect.x, track=suspect.track)
