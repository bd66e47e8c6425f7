"""Settings of the evaluation."""

from __future__ import annotations

from pydantic import Field

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength, require_pixel_size
from podia.evaluation.localisation import DEFAULT_CUT_OFF_PX


class EvaluationConfig(FrozenConfig):
    """Tolerances and cut-offs of the scores."""

    tolerance: PositiveLength = Field(
        default=Length(px=2), description="boundary_F: maximum distance between matching outline pixels."
    )
    cut_off: PositiveLength = Field(
        default=Length(px=DEFAULT_CUT_OFF_PX),
        description="Localisation: maximum distance between a detection and its cell.",
    )
    tip_cut_off: PositiveLength = Field(
        default=Length(px=3),
        description="Tips: maximum distance between a detected and a true protrusion tip.",
    )
    pixel_size_um: float | None = Field(
        default=None,
        gt=0,
        description="Pixel size (um) for lengths in um, if neither truth nor result contains it.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the bootstrap.")

    def in_pixels(self, *calibrations: Calibration) -> EvaluationConfig:
        """Return these settings with lengths in micrometres converted to pixels.

        The pixel size is that of this configuration, otherwise the first known one of `calibrations`.

        Raises
        ------
        ConfigurationError
            If a length is in micrometres and the pixel size is unknown.
        """
        sizes = [self.pixel_size_um, *(calibration.pixel_size_um for calibration in calibrations)]
        calibration = Calibration(next((size for size in sizes if size is not None), None))
        require_pixel_size(self, calibration)
        lengths = {name: getattr(self, name) for name in ("tolerance", "cut_off", "tip_cut_off")}
        return self.model_copy(
            update={name: Length(px=length.in_px(calibration)) for name, length in lengths.items()}
        )
