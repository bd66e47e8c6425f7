"""Labels and lineages stored by the steps of a run in the hidden part of its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.movie import FrameSource, LabelMovie
from podia.io.analysis_folder import AnalysisFolder
from podia.pipeline.cell_confidence import ConfidenceStore, carry_over
from podia.pipeline.frame_store import FrameStore, OverlaidFrames
from podia.pipeline.lineage_file import read_lineage

LINEAGE_FILE = "lineage.npz"
"""Name of the lineage in the folders of the steps ``track`` and ``correct``."""


@dataclass(frozen=True)
class StoredCells:
    """Cells of a movie of size `shape` ``(T, Y, X)``, before and after corrections."""

    folder: AnalysisFolder
    shape: tuple[int, int, int]
    calibration: Calibration
    name: str
    positions_only: bool

    @property
    def label_store(self) -> FrameStore:
        """Store of the segment step's labels, in the frames of the original movie."""
        return FrameStore(self.folder.work_of("segment"), self.shape, np.dtype(np.int32))

    @property
    def confidence_store(self) -> ConfidenceStore:
        """Store of the network's confidence in each cell of the segment step."""
        return ConfidenceStore(self.folder.work_of("segment") / "confidence")

    @property
    def corrected_frames(self) -> FrameStore:
        """Store of frames whose labels were corrected."""
        return FrameStore(self.folder.work_of("correct"), self.shape, np.dtype(np.int32))

    @property
    def segmentation(self) -> LabelMovie:
        """Labels stored by the segment step."""
        return self._labels(self.label_store)

    @property
    def contact_store(self) -> FrameStore:
        """Store of frames in which the track step changed labels."""
        return FrameStore(self.folder.work_of("track") / "labels", self.shape, np.dtype(np.int32))

    @property
    def tracked_labels(self) -> LabelMovie:
        """Labels after the track step: those of the segment step, except for the frames that it changed."""
        return self._labels(OverlaidFrames(self.label_store, self.contact_store))

    @property
    def labels(self) -> LabelMovie:
        """Labels after corrections: those of the track step, except for corrected frames."""
        return self._labels(OverlaidFrames(self.tracked_labels.source, self.corrected_frames))

    def confidence(self, frame: int) -> NDArray[np.float64] | None:
        """Return the network's confidence in the cells of :attr:`labels`: label k at index k; None without."""
        found = self.confidence_store.read(frame)
        if found is None or not (self.contact_store.has(frame) or self.corrected_frames.has(frame)):
            return found
        return carry_over(found, self.label_store.read(frame), self.labels.frame(frame))

    @property
    def tracked_file(self) -> Path:
        """File of the lineage before corrections."""
        return self.folder.work_of("track") / LINEAGE_FILE

    @property
    def corrected_file(self) -> Path:
        """File of the lineage after corrections."""
        return self.folder.work_of("correct") / LINEAGE_FILE

    @property
    def lineage(self) -> Lineage:
        """Lineage after corrections, with labels of :attr:`labels`."""
        return read_lineage(self.corrected_file)

    def _labels(self, source: FrameSource) -> LabelMovie:
        return LabelMovie(source, self.calibration, self.name, positions_only=self.positions_only)
