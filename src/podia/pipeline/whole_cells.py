"""Cleaning of masks from other programs: one piece per cell, and no cells in blank frames."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np

from podia.data.movie import Image, LabelMovie, Movie
from podia.labels.cleaning import keep_largest_pieces

_BRIDGED = "They have no cells, and tracks bridge them."


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
    unclear_frames: list[int] = field(default_factory=list)

    def frame(self, frame: int) -> Image:
        """Return the labels of a frame with only the largest piece of each cell, or none if the frame is blank."""
        labels = self.labels.frame(frame)
        self._look_at_picture(frame)
        if self.movie.is_blank(frame):
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
        else:
            self._look_at_picture(frame)

    def _look_at_picture(self, frame: int) -> None:
        if self.movie.is_blank(frame):
            self.blank_frames.append(frame)
        elif self.movie.is_unclear(frame):
            self.unclear_frames.append(frame)

    def notes(self) -> tuple[str, ...]:
        """Return what was removed, one sentence each, and issue each as a warning."""
        sentences = []
        if len(self.blank_frames) == self.movie.n_frames:
            self.blank_frames.clear()  # a blank movie: the warning that no cell was found is sufficient
        if self.blank_frames:
            sentences.append(
                f"{self._listed(self.blank_frames)} hold no picture: they are missing, of one grey value, or "
                f"saturated. {_BRIDGED}"
            )
        if self.unclear_frames:
            sentences.append(
                f"{self._listed(self.unclear_frames)} are noise or far out of focus, unlike the frames before and "
                f"after them. {'Their masks are kept as given.' if self.of_others else _BRIDGED}"
            )
        if self.n_pieces:
            sentences.append(
                f"{self.n_pieces} cells of the given masks are in several pieces; only the largest piece "
                "of each is used."
            )
        for sentence in sentences:
            warnings.warn(sentence, UserWarning, stacklevel=3)
        return tuple(sentences)

    def _listed(self, frames: list[int]) -> str:
        shown = ", ".join(str(frame) for frame in frames[:12]) + (" ..." if len(frames) > 12 else "")
        return f"{'Frame' if len(frames) == 1 else 'Frames'} {shown} (counted from 0) of '{self.movie.name}'"
