import pytest
from pydantic import Field

from podia.data.config import StageConfig
from podia.data.errors import ConfigurationError


class Inner(StageConfig):
    radius_px: float = Field(3.0, ge=0)


class Outer(StageConfig):
    inner: Inner = Inner()
    method: str = "egt"


def test_an_unknown_key_names_the_nearest_one() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Unknown setting 'inner.radius_pix'. Did you mean 'radius_px'\?"
    ):
        Outer.parse({"inner": {"radius_pix": 2}})


def test_an_unknown_section_lists_what_is_allowed() -> None:
    with pytest.raises(ConfigurationError, match="Allowed here: inner, method"):
        Outer.parse({"zzz": {}})


def test_a_value_out_of_bounds_is_told_with_what_was_found() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Setting 'inner.radius_px' is -1: .*greater than or equal to 0"
    ):
        Outer.parse({"inner": {"radius_px": -1}})


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Outer().method = "other"  # type: ignore[misc]
