"""docs/export.md says what is so: its Python runs, and gives what podia gives."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.main import get_command

from podia.cli.main import app
from podia.data.movie import Movie
from podia.networks.export.bioimageio_package import write_bioimageio
from podia.networks.export.onnx_file import write_onnx
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resolve import choose_model
from podia.testing.small_movies import as_phase_contrast, crawling_discs

TEXT = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
ONNX, CELLS, BIOIMAGEIO = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^podia export (.*?)(?:\s+#.*)?$", TEXT, re.MULTILINE)
FRAMES = as_phase_contrast(crawling_discs())

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # bioimageio.spec leaves them


@pytest.fixture(autouse=True, scope="module")
def _files_that_bioimageio_leaves_open() -> Iterator[None]:
    yield
    gc.collect()  # while their warnings are not errors


def run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(code, names)
    return names


def test_onnx_runtime_sees_a_movie_as_podia_does(
    discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    monkeypatch.chdir(tmp_path)
    movie = FRAMES[:3, :126, :127]  # no multiples of the stride
    tifffile.imwrite("movie.tif", movie, photometric="minisblack")
    write_onnx(discs_model, Path("podia-phase.onnx"))
    found = run(CELLS, run(ONNX, {}))
    config = InferenceConfig(model=str(discs_model), backend="torch", warm_up_frames=0)
    predictor = MoviePredictor(Movie.from_array(movie), choose_model(config), config)
    expected = [predictor.predict(frame) for frame in range(3)]
    np.testing.assert_allclose(found["predictions"], expected, atol=1e-4)
    assert [labels.max() for labels in found["labels"]] == [3, 3, 3]


def test_bioimageio_core_sees_an_image_as_a_movie_of_one_frame(
    discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bioimageio.core", reason="the extra 'bioimageio' is not installed")
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("image.tif", FRAMES[0])
    write_bioimageio(discs_model, Path("my_model.zip"), lambda size, _: FRAMES[0, :size, :size], size_px=128)
    found = run(BIOIMAGEIO, {})
    config = InferenceConfig(model=str(discs_model), backend="torch")
    expected = MoviePredictor(Movie.from_array(FRAMES[:1]), choose_model(config), config).predict(0)
    np.testing.assert_allclose(found["prediction"], expected, atol=1e-4)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_every_option_in_it_exists(arguments: str) -> None:
    export: Any = get_command(app)
    known = {option for parameter in export.commands["export"].params for option in parameter.opts}
    assert set(re.findall(r"(?<= )--?[a-z][\w-]*", f" {arguments}")) <= known


def test_the_python_for_onnx_runtime_is_short() -> None:
    assert len([line for line in ONNX.splitlines() if line.strip()]) <= 20
