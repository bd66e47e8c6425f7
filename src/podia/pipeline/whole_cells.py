"""Cleaning of masks from other programs: one piece per cell, and no cells in blank frames."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np

from podia.data.movie import Image, LabelMovie, Movie
from podia.labels.cleaning import keep_largest_pieces


@dataclass
class WholeCells:
    """Cleans labels frame by frame and counts what it removed.

    Parameters
    ----------
    movie
        Determines which frames are blank.
    labels
        Labels, given or segmented.
    of_others
        Whether pieces are removed; podia's own masks have one piece each.
    """

    movie: Movie
    labels: LabelMovie
    of_others: bool
    n_pieces: int = 0
    blank_frames: list[int] = field(default_factory=list)

    def frame(self, frame: int) -> Image:
        """Return the labels of a frame with only the largest piece of each cell, or none if the frame is blank."""
        labels = self.labels.frame(frame)
        if self.movie.is_blank(frame):
            self.blank_frames.append(frame)
            return np.zeros_like(labels)
        if not self.of_others or self.labels.positions_only:
            return labels
        whole = keep_largest_pieces(labels)
        removed = (labels > 0) & (whole == 0)
        if removed.any():
            self.n_pieces += len(np.unique(labels[removed]))
        return whole

    def look_again(self, frame: int) -> None:
        """Count what was removed in a frame stored by an interrupted run, so that a resumed run reports the same."""
        if self.of_others:
            self.frame(frame)
        elif self.movie.is_blank(frame):
            self.blank_frames.append(frame)

    def notes(self) -> tuple[str, ...]:
        """Return what was removed, one sentence each, and issue each as a warning."""
        sentences = []
        if len(self.blank_frames) == self.movie.n_frames:
            self.blank_frames.clear()  # a blank movie: the warning that no cell was found is sufficient
        if self.blank_frames:
            listed = ", ".join(str(frame) for frame in self.blank_frames[:12])
            what = "Frame" if len(self.blank_frames) == 1 else "Frames"
            sentences.append(
                f"{what} {listed} (counted from 0) of '{self.movie.name}' hold no picture: they are missing, of one "
                f"grey value, or saturated. They have no cells, and tracks bridge them."
            )
        if self.n_pieces:
            sentences.append(
                f"{self.n_pieces} cells of the given masks are in several pieces; only the largest piece "
                "of each is used."
            )
        for sentence in sentences:
            warnings.warn(sentence, UserWarning, stacklevel=3)
        return tuple(sentences)
