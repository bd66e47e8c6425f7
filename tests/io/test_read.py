"""What is at a path decides who reads it; what cannot be read is one clear line."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import av
import numpy as np
import pytest
import tifffile

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MissingDependencyError, MovieReadError
from podia.data.movie import LabelMovie
from podia.io import bioio_formats
from podia.io.label_values import require_numbered_cells
from podia.io.read import movie_name, read, read_labels

STACK = np.random.default_rng(0).integers(0, 200, (5, 6, 5)).astype(np.uint8)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/movie.tif", "movie"),
        ("a/B2.d3.ome.tif", "B2.d3"),
        ("a/m.OME.TIFF", "m"),
        ("a/m.ome.zarr", "m"),
        ("a/m.nd2", "m"),
    ],
)
def test_a_movie_is_named_after_its_file(path: str, name: str) -> None:
    assert movie_name(Path(path)) == name


def test_a_movie_is_named_after_its_folder(tmp_path: Path) -> None:
    (tmp_path / "day.3").mkdir()
    assert movie_name(tmp_path / "day.3") == "day.3"


@pytest.mark.parametrize("reader", [read, read_labels])
def test_a_missing_file_is_told_with_the_nearest_name(reader: Any, tmp_path: Path) -> None:
    (tmp_path / "movie.tif").write_bytes(b"x")
    with pytest.raises(
        MovieReadError, match=r"There is no file or folder '.*movi.tif'. Did you mean 'movie.tif'\?"
    ):
        reader(tmp_path / "movi.tif")


@pytest.mark.parametrize("reader", [read, read_labels])
def test_an_empty_file_is_told(reader: Any, tmp_path: Path) -> None:
    (tmp_path / "movie.tif").write_bytes(b"")
    with pytest.raises(MovieReadError, match=r"movie.tif' is empty \(0 bytes\). Copy it again"):
        reader(tmp_path / "movie.tif")


def test_a_file_that_is_no_tiff_is_told(tmp_path: Path) -> None:
    (tmp_path / "movie.tif").write_text("this is a text, not an image")
    with pytest.raises(MovieReadError, match=r"movie.tif' is not a TIFF file, despite its name"):
        read(tmp_path / "movie.tif")


def test_a_file_of_an_unknown_kind_is_told_with_those_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "movie.docx").write_bytes(b"RIFF")
    with pytest.raises(
        MovieReadError, match=r"a format that podia does not read. Supported formats: TIFF .*OME-Zarr"
    ):
        read(tmp_path / "movie.docx")
    with pytest.raises(MovieReadError, match=r"does not read as labels. Supported formats: TIFF"):
        read_labels(tmp_path / "movie.docx")


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_calibration_that_is_not_positive_is_refused(value: float, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", STACK)
    with pytest.raises(InvalidInputError, match="pixel size must be a positive number of um"):
        read(tmp_path / "movie.tif", pixel_size_um=value)
    with pytest.raises(InvalidInputError, match="frame interval must be a positive number of s"):
        read(str(tmp_path / "movie.tif"), frame_interval_s=value)


# --- labels


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "uint32", "float32", "bool"])
def test_labels_of_any_type_with_whole_numbers_come_as_int32(dtype: str, tmp_path: Path) -> None:
    """Fiji plugins save label images as 32-bit floats."""
    array = STACK.astype(dtype)
    tifffile.imwrite(tmp_path / "labels.tif", array)
    np.save(tmp_path / "labels.npy", array)
    for name in ("labels.tif", "labels.npy"):
        labels = read_labels(tmp_path / name)
        assert labels.frame(0).dtype == np.int32
        np.testing.assert_array_equal(labels.to_array(), array.astype(np.int32))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1.0, r"Frame 1 \(counted from 0\) of the labels .* has values from -1"),
        (2.0**31, "has values from .* to 2147483648.*labels must be integers from 0"),
        (0.5, r"Frame 1 .* has non-integer values; .*probability map"),
        (float("nan"), "has values from nan"),
    ],
)
def test_values_that_are_no_labels_name_the_frame(value: float, message: str, tmp_path: Path) -> None:
    array = STACK.astype(np.float64)
    array[1, 0, 0] = value
    np.save(tmp_path / "labels.npy", array)
    labels = read_labels(tmp_path / "labels.npy")
    labels.frame(0)
    with pytest.raises(MovieReadError, match=message):
        labels.frame(1)


@pytest.mark.parametrize("value", [1, 255])
def test_a_binary_mask_of_several_cells_is_no_label_movie(value: int) -> None:
    mask = np.zeros((20, 12, 12), np.uint8)
    mask[:, 1:5, 1:5] = value
    one_cell = mask.copy()
    one_cell[:, 10, 10] = value  # a speck
    mask[5:, 7:10, 7:10] = value  # a second cell comes in later
    require_numbered_cells(LabelMovie.from_array(one_cell), Path("labels.tif"))
    numbered = np.where(mask > 0, 1 + (np.arange(12) > 5), 0)
    require_numbered_cells(LabelMovie.from_array(numbered), Path("labels.tif"))
    with pytest.raises(
        MovieReadError, match=rf"binary mask, not labels: {value} is its only value.*has 2 parts"
    ):
        require_numbered_cells(LabelMovie.from_array(mask), Path("labels.tif"))


def test_classes_of_pixels_are_no_label_movie() -> None:
    classes = np.zeros((3, 40, 40), np.uint8)
    for y, x in ((4, 4), (4, 24), (24, 4), (24, 24)):
        classes[:, y : y + 12, x : x + 12] = 2
        classes[:, y + 1 : y + 11, x + 1 : x + 11] = 1
    with pytest.raises(
        MovieReadError, match=r"contains classes, not labels: 1, 2 are its only values.*frame 0"
    ):
        require_numbered_cells(LabelMovie.from_array(classes), Path("labels.tif"))
    two_cells = np.where(classes == 1, 1 + (np.arange(40) > 20), 0)
    two_cells[:, 24:] = 0
    require_numbered_cells(LabelMovie.from_array(two_cells), Path("labels.tif"))


def test_complex_labels_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", STACK.astype(complex))
    with pytest.raises(MovieReadError, match="are of type complex128; labels must be 8-bit"):
        read_labels(tmp_path / "labels.npy")


def test_one_label_image_is_one_frame(tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", STACK[0])
    assert read_labels(tmp_path / "labels.npy").shape == (1, 6, 5)


@pytest.mark.parametrize("content", [b"no array", b"\x93NUMPY\x01\x00"])
def test_a_broken_numpy_file_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.npy").write_bytes(content)
    with pytest.raises(MovieReadError, match="cannot be read as NumPy array"):
        read_labels(tmp_path / "labels.npy")


def test_numpy_labels_of_four_dimensions_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", STACK[None])
    with pytest.raises(
        MovieReadError, match=r"has shape \(1, 5, 6, 5\); labels must have shape \(T, Y, X\) or \(Y, X\)"
    ):
        read_labels(tmp_path / "labels.npy")


def test_numpy_labels_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(MovieReadError, match="contains Python objects, which podia does not load"):
        read_labels(tmp_path / "labels.npy")


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "movie.tif").symlink_to(tmp_path / "gone.tif")
    with pytest.raises(MovieReadError, match=r"is a link to '.*gone\.tif', which is not there"):
        read(tmp_path / "movie.tif")


def test_labels_whose_pixels_are_not_square_have_no_scale(tmp_path: Path) -> None:
    """The movie's scale is what counts."""
    metadata = {"axes": "TYX", "PhysicalSizeX": 0.65, "PhysicalSizeY": 0.7}
    tifffile.imwrite(tmp_path / "labels.ome.tif", STACK, metadata=metadata)
    assert read_labels(tmp_path / "labels.ome.tif").calibration == Calibration()


# --- vendors' formats


@pytest.mark.parametrize("suffix", ["nd2", "lif", "czi"])
def test_a_vendors_file_without_its_reader_names_the_extra(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"movie.{suffix}").write_bytes(b"x")
    with pytest.raises(MissingDependencyError, match=rf"pip install 'podia\[{suffix}\]'"):
        read(tmp_path / f"movie.{suffix}")


class _FakeBioImage:
    """What podia uses of bioio's BioImage; five dimensions, TCZYX."""

    array = np.random.default_rng(0).integers(0, 200, (3, 2, 1, 6, 5)).astype(np.uint16)
    scenes = ("Image:0",)
    channel_names = ("Phase", "GFP")
    physical_pixel_sizes = SimpleNamespace(Z=None, Y=0.65, X=0.65)
    time_interval = timedelta(minutes=10)
    reads: ClassVar[list[dict[str, int]]] = []

    def __init__(self, path: Path) -> None:
        if path.stat().st_size < 2:
            raise ValueError("broken")
        self.shape, self.dtype = self.array.shape, self.array.dtype

    def get_image_dask_data(self, order: str, **where: int) -> Any:
        assert order == "YX"
        self.reads.append(where)
        frame = self.array[where["T"], where["C"], where["Z"]]
        return SimpleNamespace(compute=lambda: frame)


@pytest.fixture
def nd2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ND2 file, with a bioio that reads it."""
    module = ModuleType("bioio")
    module.BioImage = _FakeBioImage
    monkeypatch.setitem(sys.modules, "bioio", module)
    monkeypatch.setattr(bioio_formats, "find_spec", lambda _: object())
    monkeypatch.setattr(_FakeBioImage, "reads", [])
    (tmp_path / "movie.nd2").write_bytes(b"nd2 file")
    return tmp_path / "movie.nd2"


def test_a_vendors_file_is_read_a_frame_at_a_time_with_its_scale(nd2: Path) -> None:
    movie = read(nd2, channel="gfp")
    assert movie.shape == (3, 6, 5)
    assert movie.calibration == Calibration(0.65, 600.0)
    np.testing.assert_array_equal(movie.frame(2), _FakeBioImage.array[2, 1, 0])
    assert _FakeBioImage.reads == [{"T": 2, "C": 1, "Z": 0}]


def test_a_vendors_file_of_several_positions_is_refused(nd2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_FakeBioImage, "scenes", ("a", "b"))
    with pytest.raises(MovieReadError, match=r"contains 2 positions: a, b. Select one with --position"):
        read(nd2)


def test_a_broken_vendors_file_is_told(nd2: Path) -> None:
    nd2.write_bytes(b"x")
    with pytest.raises(MovieReadError, match=r"movie.nd2' cannot be read as .nd2 file: broken"):
        read(nd2)


@pytest.mark.parametrize("name", ["masks", "labels", "arr_0", "anything"])
def test_labels_in_a_numpy_archive_are_read(name: str, tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "labels.npz", **{name: STACK})
    np.testing.assert_array_equal(read_labels(tmp_path / "labels.npz").to_array(), STACK)


def test_an_archive_of_several_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "labels.npz", a=STACK, b=STACK)
    with pytest.raises(MovieReadError, match=r"contains 2 arrays \(a, b\)"):
        read_labels(tmp_path / "labels.npz")


def test_objects_in_an_archive_are_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", masks=np.array([{}], dtype=object))
    with pytest.raises(MovieReadError, match="contains Python objects"):
        read_labels(tmp_path / "x.npz")


@pytest.mark.parametrize(("suffix", "codec", "kind"), [("avi", "ffv1", "gray"), ("mp4", "mpeg4", "yuv420p")])
def test_a_film_is_read_in_any_order(suffix: str, codec: str, kind: str, tmp_path: Path) -> None:
    ramp = np.kron(np.arange(16).reshape(4, 4), np.ones((16, 16))) * 8
    frames = [(ramp + 10 * t).astype(np.uint8) for t in range(7)]
    path = tmp_path / f"movie.{suffix}"
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = kind
        for frame in frames:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        film.mux(stream.encode(None))
    with pytest.warns(UserWarning, match="its frame rate is that of playback"):
        movie = read(path)
    assert movie.shape == (7, 64, 64)
    assert movie.calibration == Calibration()
    for t in (0, 1, 2, 6, 3, 3, 0, 5):
        # Films hold limited range (16 to 235) or are compressed with loss; order and place are what counts.
        assert abs(float(movie.frame(t).mean()) - float(frames[t].mean())) < 12
    means = [float(frame.mean()) for frame in movie]
    assert means == sorted(means)
    if codec == "ffv1":
        np.testing.assert_array_equal(movie.to_array(), np.stack(frames))


def test_what_is_no_film_is_told(tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"no film" * 50)
    with pytest.raises(MovieReadError, match="cannot be read as film"):
        read(tmp_path / "movie.mp4")
