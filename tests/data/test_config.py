import pytest
from pydantic import Field

from podia.data.config import FrozenConfig, override
from podia.data.errors import ConfigurationError


class Inner(FrozenConfig):
    radius_px: float = Field(3.0, ge=0)
    largest_px: float | None = 9.0


class Outer(FrozenConfig):
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
        Outer().method = "other"


def test_null_is_none_on_a_command_line_and_in_a_file() -> None:
    assert override(Outer(), ["inner.largest_px=null"]).inner.largest_px is None
    assert Outer.parse({"inner": {"largest_px": "null"}}).inner.largest_px is None


def test_null_is_refused_where_a_value_must_be() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Setting 'inner.radius_px' is None: Input should be a valid number"
    ):
        override(Outer(), ["inner.radius_px=null"])
