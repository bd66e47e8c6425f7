"""Layers, readers, writers and the command of the napari plugin; none of it needs napari."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

import podia
from podia.corrections.record import read_corrections
from podia.data.calibration import Calibration
from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.napari.layers import PATH, FrameStack, labels_layer, movie_layer
from podia.napari.read import analysis_reader, movie_reader
from podia.napari.run_command import Analysis, default_output, number_of
from podia.napari.write import write_corrections_of_labels, write_labels
from podia.pipeline.config import RunConfig
from podia.results.results import Results
from podia.testing.small_movies import crawling_discs, write_small_movie

_INDEX = st.one_of(st.integers(-4, 3), st.slices(4))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run of the discs on their own masks."""
    folder = tmp_path_factory.mktemp("discs")
    config = override(RunConfig(), ["preprocessing.drift.enabled=false"])
    movie = write_small_movie(folder)
    return podia.run(movie, folder / "results", config, labels=folder / "labels.tif")


@given(st.tuples(_INDEX, _INDEX, _INDEX))
def test_a_stack_of_frames_is_sliced_as_an_array(key: tuple[int | slice, ...]) -> None:
    array = np.arange(4 * 4 * 4, dtype=np.uint16).reshape(4, 4, 4)
    stack = FrameStack(Movie.from_array(array))
    for one in (key, key[:1], key[0]):
        np.testing.assert_array_equal(stack[one], array[one])
    np.testing.assert_array_equal(np.asarray(stack), array)
    np.testing.assert_array_equal(stack[..., 1], array[..., 1])
    with pytest.raises(IndexError):
        stack[4]


def test_layers_are_in_micrometres_where_the_pixel_size_is_known() -> None:
    movie = Movie.from_array(np.zeros((2, 8, 8), np.uint8), Calibration(0.5, 60.0))
    _, keywords, kind = movie_layer(movie)
    assert (kind, keywords["scale"], keywords["units"]) == ("image", (1.0, 0.5, 0.5), ("pixel", "um", "um"))
    assert keywords["contrast_limits"] == (0.0, 1.0)  # napari refuses an empty range
    uncalibrated = LabelMovie.from_array(np.ones((2, 8, 8), np.int32))
    _, keywords, kind = labels_layer(uncalibrated)
    assert (kind, keywords["scale"], keywords["units"]) == ("labels", (1.0, 1.0, 1.0), ("pixel",) * 3)


def test_an_analysis_is_read_as_movie_cells_and_tracks(results: Results) -> None:
    reader = analysis_reader(str(results.path))
    assert reader is not None
    image, cells, tracks = reader(str(results.path))
    assert [image[2], cells[2], tracks[2]] == ["image", "labels", "tracks"]
    np.testing.assert_array_equal(np.asarray(image[0]), results.movie.to_array())
    np.testing.assert_array_equal(cells[0], results.labels.to_array())
    assert cells[1]["metadata"][PATH] == str(results.path)
    assert tracks[1]["graph"] == {d: [m] for d, m in results.lineage.parents.items()}
    assert len(tracks[0]) == len(results.lineage.nodes)


def test_each_reader_takes_what_is_its_own(results: Results, tmp_path: Path) -> None:
    movie = str(results.origin.movie)
    assert analysis_reader(movie) is None
    assert analysis_reader(str(tmp_path)) is None
    assert movie_reader(str(results.path)) is None
    assert movie_reader(str(tmp_path / "none.tif")) is None
    assert movie_reader([movie, movie]) is None
    reader = movie_reader(movie)
    assert reader is not None
    data, keywords, kind = reader(movie)[0]
    assert (data.shape, keywords["scale"][-1], kind) == ((6, 128, 128), 0.5, "image")


def test_labels_are_saved_as_a_calibrated_stack(tmp_path: Path) -> None:
    labels = crawling_discs()
    path = str(tmp_path / "labels.tif")
    attributes = {"scale": (1.0, 0.5, 0.5), "units": ("pixel", "micrometer", "micrometer")}
    assert write_labels(path, labels, attributes) == [path]
    np.testing.assert_array_equal(tifffile.imread(path), labels)
    assert podia.read_labels(path).calibration.pixel_size_um == pytest.approx(0.5)
    write_labels(path, labels, {"scale": (1.0, 0.5, 0.5), "units": ("pixel",) * 3})
    assert podia.read_labels(path).calibration.pixel_size_um is None


def test_painted_labels_are_saved_as_corrections(results: Results, tmp_path: Path) -> None:
    labels = results.labels.to_array().copy()
    gone = int(labels[1, 95, 30])
    labels[1][labels[1] == gone] = 0
    path = str(results / "corrections.jsonl")
    write_corrections_of_labels(path, labels, {})
    (deleted,) = read_corrections(Path(path))
    Path(path).unlink()
    assert deleted.op == "delete"
    for other in (tmp_path / "corrections.jsonl", results / "other.jsonl"):
        with pytest.raises(InvalidInputError, match="Save the labels there"):
            write_corrections_of_labels(str(other), labels, {})


@pytest.mark.parametrize(
    ("analysis", "command", "arguments"),
    [
        (Analysis(), "--model podia-any", {"model": "podia-any"}),
        (
            Analysis(cell_diameter=" 30px ", pixel_size_um=0.65),
            "--model podia-any --cell-diameter 30px --pixel-size-um 0.65",
            {
                "settings": {
                    "segmentation.network.model": "podia-any",
                    "segmentation.network.cell_diameter": "30px",
                },
                "pixel_size_um": 0.65,
            },
        ),
        (
            Analysis(method="egt", cell_diameter="30px", frame_interval_s=300.0),
            "--method egt --frame-interval-s 300.0",
            {"method": "egt", "frame_interval_s": 300},
        ),
    ],
)
def test_the_command_does_what_the_widget_does(
    analysis: Analysis, command: str, arguments: dict[str, object]
) -> None:
    assert analysis.command("my movie.tif", "out") == f"podia run 'my movie.tif' -o out {command}"
    assert analysis.run() == arguments


def test_numbers_are_taken_as_typed_and_nothing_else() -> None:
    assert number_of(" 0.65017 ", "The pixel size") == 0.65017
    assert number_of("", "The pixel size") is None
    for text in ("0", "-1", "nan", "inf", "wide"):
        with pytest.raises(InvalidInputError, match="The pixel size is"):
            number_of(text, "The pixel size")


def test_results_go_beside_the_movie() -> None:
    assert default_output("data/movie.tif") == str(Path("data/podia-results"))
    assert default_output("") == ""


def test_the_manifest_names_functions_that_exist() -> None:
    manifest = (files("podia.napari") / "napari.yaml").read_text()
    names = [line.split(": ")[1] for line in manifest.splitlines() if "python_name" in line]
    assert len(names) == 7
    for name in names:
        module, function = name.split(":")
        source = (files("podia.napari") / f"{module.rpartition('.')[2]}.py").read_text()
        assert f"def {function}(" in source


def test_import_podia_imports_no_napari() -> None:
    code = "import sys, podia, podia.napari; print([m for m in sys.modules if m in ('napari', 'qtpy', 'funtracks')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
