"""Events as the page lists them, by kind, with where to look."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from podia.reporting.inputs import ReportInputs

MOST_LISTED = 200
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
    """Return the events by kind, in the order of frames."""
    events = inputs.tables["events"].sort_values(["frame", "track_id"], kind="stable")
    return [
        EventKind(str(kind), len(rows), tuple(_listed(row) for row in rows.head(MOST_LISTED).itertuples()))
        for kind, rows in events.groupby("event")
    ]


def _listed(row: object) -> ListedEvent:
    frame, track, other = (getattr(row, name) for name in ("frame", "track_id", "other_track_id"))
    second = "" if pd.isna(other) else f" and {int(other)}"
    return ListedEvent(int(frame), int(track), f"frame {int(frame)}: {int(track)}{second}")
