"""Labels written as OME-Zarr and as TIFF come back as they were, and are written a frame at a time."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from io_situations import CountingSource, Tracked, assert_same_labels, calibrations, tracked_movies
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, OutputError
from podia.data.movie import LabelMovie, Movie
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.read import read, read_labels
from podia.io.tiff import imagej as imagej_tiff
from podia.io.tiff.write_labels import write_labels_tiff
from podia.io.tiff.write_movie import write_movie_tiff

Write = Callable[..., None]
WRITERS = [
    pytest.param(write_labels_zarr, "labels.ome.zarr", id="ome-zarr"),
    pytest.param(write_labels_tiff, "labels.tif", id="tiff"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property: writers replace what is there."""
    return tmp_path_factory.mktemp("written")


@pytest.mark.parametrize(("write", "name"), WRITERS)
@given(tracked=tracked_movies())
@settings(max_examples=20, deadline=None)
def test_labels_and_calibration_come_back_as_written(
    write: Write, name: str, folder: Path, tracked: Tracked
) -> None:
    write(tracked.labels, folder / name)
    assert_same_labels(read_labels(folder / name), tracked.labels)


def test_ome_zarr_keeps_32_bit_labels(tmp_path: Path) -> None:
    labels = LabelMovie.from_array(np.full((2, 3, 4), 2**31 - 1, np.int32))
    write_labels_zarr(labels, tmp_path / "labels.ome.zarr")
    assert_same_labels(read_labels(tmp_path / "labels.ome.zarr"), labels)


def test_tiff_refuses_labels_above_16_bit_and_leaves_nothing(tmp_path: Path) -> None:
    labels = LabelMovie.from_array(np.full((2, 3, 4), 65536, np.int32))
    with pytest.raises(
        InvalidInputError, match=r"Frame 0 .* has label 65536, .* up to 65535. Use labels.ome.zarr"
    ):
        write_labels_tiff(labels, tmp_path / "labels.tif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_each_frame_is_read_once_in_order_and_told(write: Write, name: str, tmp_path: Path) -> None:
    source = CountingSource(np.arange(5 * 3 * 4, dtype=np.int32).reshape(5, 3, 4))
    told: list[tuple[int, int]] = []
    write(LabelMovie(source), tmp_path / name, progress=lambda _, done, total: told.append((done, total)))
    assert source.reads == [0, 1, 2, 3, 4]
    assert told == [(done, 5) for done in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_the_same_labels_give_the_same_bytes(write: Write, name: str, tmp_path: Path) -> None:
    labels = LabelMovie.from_array(np.eye(7, dtype=np.int32)[None] * 5, Calibration(0.65, 60.0))
    for place in ("a", "b"):
        write(labels, tmp_path / place / name)
    one, other = tmp_path / "a" / name, tmp_path / "b" / name
    files = [Path()] if one.is_file() else [p.relative_to(one) for p in one.rglob("*") if p.is_file()]
    assert all(filecmp.cmp(one / file, other / file, shallow=False) for file in files)


def test_ome_zarr_is_a_valid_label_image_of_version_05(tmp_path: Path) -> None:
    models = pytest.importorskip("ome_zarr_models.v05.image_label")
    zarr = pytest.importorskip("zarr")
    labels = LabelMovie.from_array(np.ones((2, 3, 4), np.int32), Calibration(0.65, 60.0))
    write_labels_zarr(labels, tmp_path / "labels.ome.zarr")
    models.ImageLabel.from_zarr(zarr.open_group(tmp_path / "labels.ome.zarr", mode="r"))
    ome = json.loads((tmp_path / "labels.ome.zarr" / "zarr.json").read_text())["attributes"]["ome"]
    image = ome["multiscales"][0]
    assert [(axis["name"], axis["unit"]) for axis in image["axes"]] == [
        ("t", "second"),
        ("y", "micrometer"),
        ("x", "micrometer"),
    ]
    assert image["datasets"][0]["coordinateTransformations"][0]["scale"] == [60.0, 0.65, 0.65]


def test_ome_zarr_of_unknown_scale_names_no_unit(tmp_path: Path) -> None:
    write_labels_zarr(LabelMovie.from_array(np.ones((2, 3, 4), np.int32)), tmp_path / "labels.ome.zarr")
    ome = json.loads((tmp_path / "labels.ome.zarr" / "zarr.json").read_text())["attributes"]["ome"]
    assert not any("unit" in axis for axis in ome["multiscales"][0]["axes"])


def test_tiff_is_an_imagej_time_series_with_its_scale(tmp_path: Path) -> None:
    labels = LabelMovie.from_array(np.ones((3, 4, 5), np.int32), Calibration(0.5, 600.0))
    write_labels_tiff(labels, tmp_path / "labels.tif")
    with tifffile.TiffFile(tmp_path / "labels.tif") as tif:
        assert tif.imagej_metadata is not None
        assert tif.imagej_metadata["frames"] == 3
        assert tif.imagej_metadata["unit"] == "micron"
        assert tif.imagej_metadata["finterval"] == 600.0
        assert tif.pages.first.tags["XResolution"].value == (2, 1)
        assert tif.series[0].dtype == np.uint16


def test_compressed_stack_past_4_gb_becomes_bigtiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagej_tiff, "_CLASSIC_LIMIT_BYTES", 2**16 + 2**12)
    array = np.random.default_rng(0).integers(0, 60000, (9, 24, 48)).astype(np.int32)
    array[..., ::2] = 0  # cells of a pixel; without background they would be grey values
    labels = LabelMovie.from_array(array)
    write_labels_tiff(labels, tmp_path / "labels.tif")
    with tifffile.TiffFile(tmp_path / "labels.tif") as tif:
        assert tif.is_bigtiff
    assert_same_labels(read_labels(tmp_path / "labels.tif"), labels)


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(2, 9), st.integers(2, 9)),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "float32"]),
    calibration=calibrations(),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20, deadline=None)
def test_movies_come_back_as_written(
    folder: Path, shape: tuple[int, int, int], dtype: str, calibration: Calibration, seed: int
) -> None:
    array = (np.random.default_rng(seed).random(shape) * 250).astype(dtype)
    write_movie_tiff(Movie.from_array(array, calibration), folder / "movie.tif")
    movie = read(folder / "movie.tif")
    np.testing.assert_array_equal(movie.to_array(), array)
    assert movie.dtype == array.dtype
    assert movie.calibration == calibration
    assert movie.name == "movie"


def test_movie_of_a_type_that_imagej_lacks_is_refused(tmp_path: Path) -> None:
    movie = Movie.from_array(np.zeros((2, 3, 4)), name="m")
    with pytest.raises(
        InvalidInputError, match="'m' has pixels of type float64; ImageJ TIFF supports uint8, "
    ):
        write_movie_tiff(movie, tmp_path / "m.tif")


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_folder_without_permission_is_one_clear_line(write: Write, name: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError, match=r"Could not write '.*file/labels"):
        write(LabelMovie.from_array(np.ones((1, 2, 2), np.int32)), blocked / name)
