"""Section of the report on the culture."""

from dataclasses import replace

from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.reporting.sections.culture import culture_section
from tiny_report import tiny_inputs

CALIBRATION = Calibration(pixel_size_um=0.65, frame_interval_s=1800.0)


def with_values(**values: object):
    inputs = tiny_inputs(n_frames=12, calibration=CALIBRATION)
    names = dict(zip(CULTURE.base_names, CULTURE.names(CALIBRATION), strict=True))
    table = inputs.tables["culture"].assign(**{names[name]: value for name, value in values.items()})
    return replace(inputs, tables={**inputs.tables, "culture": table})


def test_growth_is_given_with_interval_and_a_warning_where_it_is_not_exponential() -> None:
    section = culture_section(
        with_values(
            growth_rate=0.05,
            growth_rate_low=0.04,
            growth_rate_high=0.06,
            doubling_time=13.9,
            doubling_time_low=11.6,
            doubling_time_high=17.3,
            growth_trend="slowing",
        )
    )
    text = section.intro.replace("\u202f", " ")
    assert (
        "The growth rate of the number of cells is 0.05 per h (95 % CI 0.04–0.06), a doubling time of 13.9 h"
        in text
    )
    assert "Growth slows down and is not exponential" in text
    assert "1 division" in text
    assert section.figures[0].title == "Growth"


def test_a_wound_is_described_and_drawn_only_where_there_is_one() -> None:
    inputs = with_values(wound_direction="vertical", wound_closed=0.5, front_speed=12.0, closure_rate=900.0)
    assert "The vertical wound is 50\u202f% closed at the end" in culture_section(inputs).intro
    assert "wound" not in culture_section(with_values()).intro


def test_one_frame_has_no_growth() -> None:
    assert "one frame" in culture_section(tiny_inputs(n_frames=1)).intro
