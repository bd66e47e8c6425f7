"""Events as the page lists them, by kind, with where to look."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from podia.reporting.inputs import ReportInputs

MAX_LISTED = 200
"""Events of a kind in the page; all are in the table."""


@dataclass(frozen=True)
class ListedEvent:
    """An event: its frame, its track, and words for it."""

    frame: int
    track: int
    text: str


@dataclass(frozen=True)
class EventKind:
    """The events of a kind, the first of them listed."""

    name: str
    total: int
    listed: tuple[ListedEvent, ...]


def event_kinds(inputs: ReportInputs) -> list[EventKind]:
    """Return the events by kind, in the order of frames. A division is one event, whatever its number of daughters."""
    events = inputs.tables["events"].sort_values(["frame", "track_id"], kind="stable")
    return [_kind(str(kind), rows) for kind, rows in events.groupby("event")]


def _kind(name: str, rows: pd.DataFrame) -> EventKind:
    if name == "division":
        listed = [
            ListedEvent(int(frame), int(mother), f"frame {int(frame)}: {int(mother)} into {_and(daughters)}")
            for (frame, mother), daughters in rows.groupby(["frame", "track_id"])["other_track_id"]
        ]
    else:
        listed = [
            ListedEvent(int(frame), int(track), f"frame {int(frame)}: {_and(pd.Series([track, other]))}")
            for frame, track, other in zip(
                rows["frame"], rows["track_id"], rows["other_track_id"], strict=True
            )
        ]
    return EventKind(name, len(listed), tuple(listed[:MAX_LISTED]))


def _and(tracks: pd.Series) -> str:
    return " and ".join(str(int(track)) for track in tracks.dropna())
