import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from podia.data.config import FrozenConfig, override
from podia.data.errors import ConfigurationError
from podia.pipeline.config import RunConfig, load_config
from podia.pipeline.run import run
from podia.pipeline.settings_text import setting_names, settings_text
from podia.testing.small_movies import write_small_movie


@pytest.mark.parametrize("everything", [False, True])
def test_the_settings_that_are_printed_are_the_defaults(everything: bool) -> None:
    assert RunConfig.parse(tomllib.loads(settings_text(everything=everything))) == RunConfig()


def test_thirty_odd_settings_are_for_everybody_and_the_others_advanced() -> None:
    basic, every = (set(setting_names(everything=choice)) for choice in (False, True))
    assert len(basic) == 37
    assert basic < every
    assert {"segmentation.method", "tracking.max_distance", "measurement.protrusions.min_length"} <= basic
    shown = settings_text()
    assert "stiffness" not in shown
    assert "stiffness" in settings_text(everything=True)
    assert f"prints all {len(every)}" in shown


def _configs(config: BaseModel) -> Iterator[BaseModel]:
    yield config
    for name in type(config).model_fields:
        if isinstance(value := getattr(config, name), BaseModel):
            yield from _configs(value)


def test_the_settings_marked_as_basic_exist() -> None:
    for config in _configs(RunConfig()):
        assert isinstance(config, FrozenConfig)
        assert set(config.basic_settings) <= set(type(config).model_fields), type(config)


def test_every_setting_is_explained() -> None:
    lines = settings_text(everything=True).splitlines()
    for before, line in pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert before.startswith("# "), line


def test_a_setting_on_the_command_line_wins() -> None:
    config = override(RunConfig(), ["tracking.divisions=false", "pixel_size_um=0.5"])
    assert config.tracking.divisions is False
    assert config.pixel_size_um == 0.5


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("tracking.divisons=true", r"Did you mean 'divisions'\?"),
        ("traking.divisions=true", r"Did you mean 'tracking'\?"),
        ("pixel_size_um=-1", "greater than 0"),
        ("preprocessing.intensity.scope=frame", "intensity"),
        ("pixel_size_um", "write section.key=value"),
        ("pixel_size_um.x=1", "is a value, not a section"),
    ],
)
def test_a_wrong_setting_is_told_with_the_nearest_name(setting: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        override(RunConfig(), [setting])


def test_a_configuration_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load_config(path)
    path.write_text("tracking = [")
    with pytest.raises(ConfigurationError, match="not a valid configuration file"):
        load_config(path)
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(ConfigurationError, match="contains no settings"):
        load_config(tmp_path / "list.json")


def test_a_length_in_um_without_a_pixel_size_is_refused_before_the_folder_is_made(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2, calibrated=False)
    settings = {"measurement.protrusions.min_length": "5 um"}
    with pytest.raises(ConfigurationError, match=r"min_length' is '5 um', but the pixel size is unknown"):
        run(movie, tmp_path / "out", method="egt", settings=settings)
    assert not (tmp_path / "out").exists()
