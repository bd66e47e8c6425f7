"""Text form of corrections, for the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from podia.corrections.operations import (
    Add,
    CellAt,
    Correction,
    Delete,
    Link,
    Merge,
    Name,
    Paint,
    Redraw,
    RemoveDivision,
    SetDivision,
    Split,
    Swap,
    Unlink,
)
from podia.corrections.record import to_line
from podia.corrections.suspect import Suspect
from podia.data.errors import InvalidInputError


def ids_of_text(text: str | None) -> list[int]:
    """Return the ids of a text such as ``6,7``; none for None."""
    try:
        return [int(part) for part in (text or "").replace(" ", ",").split(",") if part]
    except ValueError:
        raise InvalidInputError(f"'{text}' is not a list of track ids. Write, for example, 6,7.") from None


def frames_of_text(text: str | None) -> range | None:
    """Return the frames of a text such as ``12`` or ``0:6`` (0 to 5); None for None."""
    if text is None:
        return None
    try:
        first, colon, end = text.partition(":")
        start = int(first)
        frames = range(start, int(end) if colon else start + 1)
    except ValueError:
        frames = range(0)
    if not len(frames) or frames.start < 0:
        raise InvalidInputError(f"'{text}' is not a range of frames. Write 12, or 0:6 for frames 0 to 5.")
    return frames


def points_of_text(text: str | None) -> list[tuple[float, float]]:
    """Return the points of a text such as ``10,20 30.5,40`` (y,x in px); none for None."""
    try:
        pairs = [part.split(",") for part in (text or "").split()]
        return [(float(y), float(x)) for y, x in pairs]
    except ValueError:
        raise InvalidInputError(
            f"'{text}' is not a list of points. Write y,x in px, separated by spaces: 10,20 30.5,40."
        ) from None


def list_in_words(corrections: Sequence[Correction]) -> str:
    """Return one line per correction, numbered."""
    if not corrections:
        return "No corrections."
    return "\n".join(f"{number:4}  {in_words(one)}" for number, one in enumerate(corrections, 1))


def in_words(correction: Correction) -> str:
    """Return a correction as one line of text, with its original track ids."""
    what = _what(correction)
    by = " by ".join(part for part in (correction.time, correction.author) if part)
    return f"{what} ({by})" if by else what


def _what(correction: Correction) -> str:
    match correction:
        case Merge(pieces=pieces):
            return f"merge {_tracks(pieces[0])}, {_frames([one[0].frame for one in pieces])}"
        case Split(frames=cuts):
            return f"split {_tracks([cuts[0].cell])}, {_frames([cut.cell.frame for cut in cuts])}"
        case Delete(cells=cells):
            return f"delete {_tracks(cells)}, {_frames([cell.frame for cell in cells])}"
        case Redraw(cell=cell):
            return f"redraw {_tracks([cell])}, frame {cell.frame}"
        case Add(frame=frame):
            return f"add a cell, frame {frame}"
        case Paint(frames=painted):
            n_cells = sum(len(one.cells) for one in painted)
            return f"paint {n_cells} cells, {_frames([one.frame for one in painted])}"
        case Link(earlier=earlier, later=later):
            return f"link {_tracks([earlier, later])}, frames {earlier.frame} and {later.frame}"
        case Unlink(cell=cell):
            return f"unlink {_tracks([cell])}, from frame {cell.frame} on"
        case Swap(cells=cells):
            return f"swap {_tracks(cells)}, from frame {cells[0].frame} on"
        case SetDivision(mother=mother, daughters=daughters):
            return f"division of {_tracks([mother])} into {_tracks(daughters)}, frame {daughters[0].frame}"
        case RemoveDivision(mother=mother):
            return f"no division of {_tracks([mother])}, frame {mother.frame}"
        case Name(cell=cell, name=name):
            return f"name {_tracks([cell])} '{name}'"


def _tracks(cells: Sequence[CellAt]) -> str:
    names = dict.fromkeys(
        f"{cell.track}" if cell.track else f"(y {cell.y:g}, x {cell.x:g})" for cell in cells
    )
    return " and ".join(names)


def _frames(frames: Sequence[int]) -> str:
    first, last = min(frames), max(frames)
    return f"frame {first}" if first == last else f"frames {first} to {last}"


def suspects_in_words(suspects: Sequence[Suspect]) -> str:
    """Return one line per suspect, numbered, with its suggestion."""
    if not suspects:
        return "No suspects."
    lines = []
    for number, one in enumerate(suspects, 1):
        suggested = "" if one.correction is None else f" Suggested: {in_words(one.correction)}."
        kind = one.kind.replace("_", " ")
        lines.append(
            f"{number:4}  frame {one.frame:<4} {one.confidence:.2f}  {kind}: {one.reason}{suggested}"
        )
    return "\n".join(lines)


def suspect_as_dict(suspect: Suspect) -> dict[str, Any]:
    """Return a suspect for JSON; its correction has the keys of a line of ``corrections.jsonl``."""
    correction = suspect.correction
    values = {name: getattr(suspect, name) for name in ("kind", "frame", "track", "other", "y", "x")}
    return values | {
        "confidence": suspect.confidence,
        "reason": suspect.reason,
        "correction": None if correction is None else json.loads(to_line(correction)),
    }
