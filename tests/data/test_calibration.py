import math

import pytest

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, PodiaError


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_pixel_size_is_refused_with_what_to_do(value: float) -> None:
    with pytest.raises(
        InvalidInputError, match=r"pixel size must be a positive number of um, not .*Leave it out"
    ):
        Calibration(pixel_size_um=value)


@pytest.mark.parametrize("value", [0.0, -5.0])
def test_an_impossible_frame_interval_is_refused(value: float) -> None:
    with pytest.raises(InvalidInputError, match="frame interval must be a positive number of s"):
        Calibration(frame_interval_s=value)


def test_errors_are_podias_and_builtin() -> None:
    with pytest.raises(ValueError, match="pixel size"):
        Calibration(pixel_size_um=-1)
    assert issubclass(InvalidInputError, PodiaError)


def test_units_follow_what_is_known() -> None:
    known, unknown = Calibration(0.5, 120.0), Calibration()
    assert (known.length_unit, known.time_unit) == ("um", "min")
    assert (known.length_per_px, known.time_per_frame) == (0.5, 2.0)
    assert (unknown.length_unit, unknown.time_unit) == ("px", "frames")
    assert (unknown.length_per_px, unknown.time_per_frame) == (1.0, 1.0)
