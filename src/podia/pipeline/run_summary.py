"""Summary of a run for the terminal: counts, pixel size and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podia.results.facts import Finding
from podia.results.results import Results

_COUNTED: Mapping[str, tuple[str, str]] = {
    "problem": ("problem", "problems"),
    "check": ("thing to check", "things to check"),
    "note": ("note", "notes"),
}


@dataclass(frozen=True)
class RunSummary:
    """Summary of a finished run.

    Parameters
    ----------
    n_cells, n_frames
        Number of cells in all frames, and number of frames.
    n_tracks, n_divisions
        Numbers of tracks and divisions.
    pixel_size
        Pixel size and its origin, as text.
    made_by
        Origin of the masks or positions, as text.
    warnings
        Warnings of the report, the most serious first.
    """

    n_cells: int
    n_frames: int
    n_tracks: int
    n_divisions: int
    pixel_size: str
    made_by: str
    warnings: tuple[Finding, ...]

    @classmethod
    def of(cls, results: Results) -> RunSummary:
        """Return the summary of a finished run."""
        return cls(
            results.segmentation.n_cells,
            results.origin.n_frames,
            results.tracking.n_tracks,
            results.tracking.n_divisions,
            _pixel_size(results),
            results.segmentation.made_by,
            results.warnings,
        )

    @property
    def status(self) -> str:
        """``done``, or ``no cells`` if none were found."""
        return "done" if self.n_cells else "no cells"

    @property
    def counted_warnings(self) -> str:
        """Numbers of warnings by severity."""
        counts = Counter(finding.severity for finding in self.warnings)
        parts = [f"{n} {_COUNTED[severity][n != 1]}" for severity, n in counts.items()]
        return ", ".join(parts) or "none"

    def lines(self) -> list[str]:
        """Return five lines: cells, tracks, divisions, pixel size, warnings."""
        per_frame = self.n_cells / self.n_frames
        return [
            f"cells       {self.n_cells} in {self.n_frames} frames ({per_frame:.3g} per frame); {self.made_by}",
            f"tracks      {self.n_tracks}",
            f"divisions   {self.n_divisions}",
            f"pixel size  {self.pixel_size}",
            f"warnings    {self.counted_warnings}",
        ]

    def findings(self, *severities: str) -> list[str]:
        """Return the warnings of these severities, one line each, the most serious first."""
        return [
            f"{finding.severity.upper()}: {finding.title}. {finding.text} {finding.advice}"
            for finding in self.warnings
            if finding.severity in severities
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the summary for JSON."""
        return {
            "cells": self.n_cells,
            "frames": self.n_frames,
            "tracks": self.n_tracks,
            "divisions": self.n_divisions,
            "pixel_size": self.pixel_size,
            "warnings": [finding.model_dump(mode="json") for finding in self.warnings],
        }


def _pixel_size(results: Results) -> str:
    size = results.calibration.pixel_size_um
    if size is None:
        return "unknown, lengths are in px; give it with --pixel-size-um"
    given = results.settings.get("pixel_size_um") is not None
    return f"{size:g} um, {'as given' if given else 'from the file'}"
