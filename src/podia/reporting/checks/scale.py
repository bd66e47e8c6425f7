"""Whether what was read can be right: scale, blank frames, and what the reader had to assume."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.plausibility import DIAMETERS_UM, SPEEDS_UM_PER_MIN, implausible_scale
from podia.reporting.checks.warning import QualityWarning
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import listing, number


def scale_of_microscope(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if pixel size or frame interval are not those of a microscope."""
    sentences = implausible_scale(inputs.calibration)
    if not sentences:
        return None
    return QualityWarning(
        "problem",
        "The scale in the file cannot be right",
        " ".join(sentences),
        "Run again with the pixel size and frame interval of your microscope's settings (--pixel-size-um, "
        "--frame-interval-s). Cells are also found worse with a wrong pixel size.",
    )


def scale_of_cells(inputs: ReportInputs) -> QualityWarning | None:
    """Warn if the scale makes cells larger, smaller or faster than cells are."""
    calibration = inputs.calibration
    if calibration.pixel_size_um is None or implausible_scale(calibration):
        return None
    area = inputs.column("cells", "area").dropna()
    diameter = 2 * float(np.sqrt(area.median() / np.pi)) if len(area) else float("nan")
    sentences = []
    if np.isfinite(diameter) and not DIAMETERS_UM[0] <= diameter <= DIAMETERS_UM[1]:
        sentences.append(
            f"With a pixel size of {calibration.pixel_size_um:g} um, the median cell is {number(diameter)} um wide; "
            f"cells are {DIAMETERS_UM[0]:g} to {DIAMETERS_UM[1]:g} um."
        )
    speed = _median_speed(inputs, calibration)
    if speed > SPEEDS_UM_PER_MIN:
        sentences.append(
            f"With {calibration.frame_interval_s:g} s between frames, the median speed is {number(speed)} um/min; the "
            f"fastest cells reach 30."
        )
    if not sentences:
        return None
    return QualityWarning(
        "problem",
        "The pixel size or the frame interval may be wrong",
        " ".join(sentences),
        "Compare with your microscope's settings and run again with --pixel-size-um and --frame-interval-s. A common "
        "mistake of acquisition programs is the camera's own pixel size, without the magnification.",
    )


def _median_speed(inputs: ReportInputs, calibration: Calibration) -> float:
    if calibration.frame_interval_s is None:
        return float("nan")
    speed = inputs.column("cells", "speed").dropna()
    return float(speed.median()) if len(speed) else float("nan")


def blank_frames(inputs: ReportInputs) -> QualityWarning | None:
    """Warn of frames that hold no picture."""
    frames = [
        frame for frame in np.flatnonzero(is_blank(inputs)).tolist() if not inputs.movie.is_unclear(frame)
    ]
    if not frames:
        return None
    what = "frame holds" if len(frames) == 1 else "frames hold"
    return QualityWarning(
        "check",
        "Frames without a picture",
        f"{len(frames)} {what} no picture (frame {listing(frames)}): the file of that time point is "
        "missing, or it is black, of one grey value, or saturated. They were not searched for cells; "
        "tracks bridge them as gaps.",
        "Check whether these frames were lost in the recording or in a copy.",
        {"n_frames": float(len(frames))},
        tuple(frames[:3]),
    )


def unclear_frames(inputs: ReportInputs) -> QualityWarning | None:
    """Warn of frames that are noise or far out of focus."""
    movie = inputs.movie
    frames = [frame for frame in range(movie.n_frames) if movie.is_unclear(frame)]
    if not frames:
        return None
    one = len(frames) == 1
    return QualityWarning(
        "check",
        "Frames of noise or out of focus",
        f"{len(frames)} {'frame has' if one else 'frames have'} hardly any of the detail of the frames before and "
        f"after {'it' if one else 'them'} (frame {listing(frames)}): the lamp was off, or the focus was lost. podia "
        f"looks for no cells there, and tracks bridge them as gaps; masks that were given or drawn for them are kept.",
        "Look at these frames. If cells can be seen, give their masks with --labels, or draw them in podia review.",
        {"n_frames": float(len(frames))},
        tuple(frames[:3]),
    )


def is_blank(inputs: ReportInputs) -> NDArray[np.bool_]:
    """Return which frames hold no picture: those have no grey values."""
    blank: NDArray[np.bool_] = np.isnan(inputs.column("frames", "intensity_std").to_numpy(np.float64))
    return blank


def reading_notes(inputs: ReportInputs) -> QualityWarning | None:
    """Tell what was assumed in reading the files."""
    notes = [str(note) for note in inputs.run.get("notes") or ()]
    segmented = (inputs.run.get("steps") or {}).get("segment")
    if isinstance(segmented, Mapping):
        notes += [str(note) for note in segmented.get("cleaned") or ()]
    if not notes:
        return None
    return QualityWarning(
        "note", "How the files were read", " ".join(notes), "Check whether this is what you expect."
    )
