"""Suspects as the page lists them."""

from __future__ import annotations

from typing import Any

from podia.corrections.text import in_words, suspect_as_dict
from podia.reporting.inputs import ReportInputs

MAX_LISTED = 500
"""Suspects in the page; all are in the table."""


def suspects_data(inputs: ReportInputs) -> list[dict[str, Any]]:
    """Return the first suspects for the page's list, ready for JSON: what, where, why, and the suggested correction."""
    return [
        suspect_as_dict(one)
        | {
            "kind": one.kind.replace("_", " "),
            "y": round(one.y, 1),
            "x": round(one.x, 1),
            "suggestion": "" if one.correction is None else in_words(one.correction),
        }
        for one in inputs.suspects[:MAX_LISTED]
    ]
