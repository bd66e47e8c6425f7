"""Lengths as users write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig, override
from podia.data.errors import ConfigurationError
from podia.data.length import Length, PositiveLength, require_pixel_size

sizes = st.floats(min_value=0, max_value=1e9)


class Inner(FrozenConfig):
    reach: PositiveLength | None = Field(None, description="A length.")


class Settings(FrozenConfig):
    depth: Length = Field(Length(um=6, px=4), description="A length.")
    inner: Inner = Field(Inner(), description="More.")


@given(um=st.none() | sizes, px=st.none() | sizes)
def test_a_length_comes_back_from_its_text(um: float | None, px: float | None) -> None:
    if um is None and px is None:
        px = 0.0
    assert Length.parse(str(Length(um=um, px=px))) == Length(um=um, px=px)


@given(value=sizes, pixel=st.floats(min_value=1e-3, max_value=1e3))
def test_micrometres_scale_with_the_pixel_size_and_pixels_do_not(value: float, pixel: float) -> None:
    calibration = Calibration(pixel_size_um=pixel)
    assert Length(um=value).in_px(calibration) == pytest.approx(value / pixel)
    assert Length(px=value).in_px(calibration) == value


@pytest.mark.parametrize("text", ["6um", " 6 um ", "6.0 µm", "6 μm", "6e0 um"])
def test_units_are_read_however_they_are_typed(text: str) -> None:
    assert Length.parse(text) == Length(um=6)


def test_of_two_values_micrometres_count_where_the_pixel_size_is_known() -> None:
    both = Length.parse("6 um or 4 px")
    assert both.in_px(Calibration(pixel_size_um=2)) == 3
    assert both.in_px(Calibration()) == both.in_px() == 4


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("6", "has no unit: write 6 um or 6 px"),
        ("0,65 um", "write 0.65 um"),
        ("0,65", "write 0.65 um or 0.65 px"),
        ("wide", "such as 6 um or 4 px"),
        ("-3 um", "is not a length"),
        ("4 px or 6 px", "is not a length"),
        ("nan um", "is not a length"),
    ],
)
def test_what_is_not_a_length_is_refused_with_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=remedy):
        Length.parse(text)


def test_a_setting_is_refused_by_its_name() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^Setting 'inner.reach' is 6: '6' has no unit: write 6 um or 6 px\.$"
    ):
        override(Settings(), ["inner.reach=6"])
    with pytest.raises(ConfigurationError, match=r"decimal comma: write 0\.65"):
        override(Settings(), ["inner.reach=0,65 um"])
    with pytest.raises(ConfigurationError, match=r"'inner.reach' .* write 0\.65 um or 0\.65 px"):
        override(Settings(), ["inner.reach=0,65"])
    with pytest.raises(ConfigurationError, match=r"'inner.reach' .* more than 0"):
        override(Settings(), ["inner.reach=0 px"])


class Plain(FrozenConfig):
    width: float = Field(1.0, description="A number.")


def test_a_decimal_comma_in_a_number_is_answered_with_a_point() -> None:
    with pytest.raises(ConfigurationError, match=r"'width' is '0,65': write 0\.65, with a decimal point"):
        override(Plain(), ["width=0,65"])


def test_settings_come_back_from_their_values() -> None:
    given = override(Settings(), ["depth=2.5 px", "inner.reach=7 um"])
    assert (
        given.model_dump() == given.model_dump(mode="json") == {"depth": "2.5 px", "inner": {"reach": "7 um"}}
    )
    assert Settings.parse(given.model_dump()) == given


def test_micrometres_without_a_pixel_size_are_refused_by_the_settings_name() -> None:
    settings = override(Settings(), ["inner.reach=7 um"])
    require_pixel_size(settings, Calibration(pixel_size_um=1))
    require_pixel_size(Settings(), Calibration())
    with pytest.raises(ConfigurationError, match=r"'inner.reach' is '7 um', but the pixel size is unknown"):
        require_pixel_size(settings, Calibration())
    with pytest.raises(ConfigurationError, match="--pixel-size-um"):
        Length(um=7).in_px(Calibration())


@pytest.mark.parametrize("values", [{}, {"um": -1.0}, {"px": float("nan")}, {"um": float("inf")}])
def test_a_length_is_zero_or_positive(values: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="zero or positive"):
        Length(**values)
