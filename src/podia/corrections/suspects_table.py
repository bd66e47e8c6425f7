"""The table of suspects."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from podia.corrections.operations import CORRECTION
from podia.corrections.record import to_line
from podia.corrections.suspect import Suspect
from podia.corrections.text import in_words
from podia.data.suspect_table import SUSPECTS


def suspects_table(suspects: Sequence[Suspect]) -> pd.DataFrame:
    """Return `suspects` as the table :data:`podia.data.suspect_table.SUSPECTS`, in pixels and frames."""
    rows = [
        {
            "suspect": number,
            "kind": one.kind,
            "confidence": one.confidence,
            "frame": one.frame,
            "time": float(one.frame),
            "track_id": one.track,
            "other_track_id": one.other,
            "y": one.y,
            "x": one.x,
            "reason": one.reason,
            "suggestion": "" if one.correction is None else in_words(one.correction),
            "correction": "" if one.correction is None else to_line(one.correction),
        }
        for number, one in enumerate(suspects, 1)
    ]
    table = pd.DataFrame(rows, columns=SUSPECTS.base_names)
    return table.astype({column.name: column.dtype for column in SUSPECTS.columns})


def suspects_of_table(table: pd.DataFrame) -> list[Suspect]:
    """Return the suspects of a table in pixels and frames; undoes :func:`suspects_table`."""
    return [
        Suspect(
            kind=row.kind,
            frame=int(row.frame),
            track=int(row.track_id),
            other=None if pd.isna(row.other_track_id) else int(row.other_track_id),
            y=float(row.y),
            x=float(row.x),
            confidence=float(row.confidence),
            reason=row.reason,
            correction=CORRECTION.validate_json(row.correction) if row.correction else None,
        )
        for row in table.itertuples()
    ]
