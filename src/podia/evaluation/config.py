"""What can be set about scoring."""

from __future__ import annotations

from pydantic import Field

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.data.errors import InvalidInputError
from podia.evaluation.localisation import DEFAULT_CUT_OFF_PX


class EvaluationConfig(FrozenConfig):
    """Tolerances in pixels; where one is given in micrometres too, that one counts and needs a pixel size."""

    tolerance_px: float = Field(
        default=2.0, gt=0, description="Distance within which an outline pixel is right, for boundary_F."
    )
    tolerance_um: float | None = Field(default=None, gt=0, description="The same in micrometres.")
    cut_off_px: float = Field(
        default=DEFAULT_CUT_OFF_PX,
        gt=0,
        description="Distance beyond which a detection is not one of a cell (S4).",
    )
    cut_off_um: float | None = Field(default=None, gt=0, description="The same in micrometres.")
    tip_cut_off_px: float = Field(
        default=3.0, gt=0, description="Distance within which a found protrusion tip is a true one."
    )
    pixel_size_um: float | None = Field(
        default=None,
        gt=0,
        description="Edge of a pixel, where neither file says it; only for tolerances in um.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the bootstrap.")

    def in_pixels(self, *calibrations: Calibration) -> EvaluationConfig:
        """Return these settings with tolerances in micrometres turned into pixels.

        The pixel size is this configuration's, else the first that `calibrations` know.

        Raises
        ------
        InvalidInputError
            If a tolerance is in micrometres and nothing says the pixel size.
        """
        if self.tolerance_um is None and self.cut_off_um is None:
            return self
        sizes = [self.pixel_size_um, *(calibration.pixel_size_um for calibration in calibrations)]
        pixel_size_um = next((size for size in sizes if size is not None), None)
        if pixel_size_um is None:
            raise InvalidInputError(
                "A tolerance in um needs the pixel size, which neither truth nor result says. "
                "Give --pixel-size-um, or the tolerance in px."
            )
        changes: dict[str, float | None] = {"tolerance_um": None, "cut_off_um": None}
        if self.tolerance_um is not None:
            changes["tolerance_px"] = self.tolerance_um / pixel_size_um
        if self.cut_off_um is not None:
            changes["cut_off_px"] = self.cut_off_um / pixel_size_um
        return self.model_copy(update=changes)
