"""Corrections made by a person, as the page lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podia.corrections.record import parse_correction
from podia.corrections.text import in_words


@dataclass(frozen=True)
class ListedCorrection:
    """A correction in words, and why it was not applied; empty where it was."""

    text: str
    problem: str


def listed_corrections(run: Mapping[str, Any]) -> list[ListedCorrection]:
    """Return the corrections in the record of a run, in order; none where it has none."""
    problems: list[str] = run.get("steps", {}).get("correct", {}).get("problems", [])
    return [
        ListedCorrection(
            in_words(parse_correction(one)),
            next((text for text in problems if text.startswith(f"Correction {number} of ")), ""),
        )
        for number, one in enumerate(run.get("corrections", []), start=1)
    ]
