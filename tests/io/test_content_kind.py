"""Files with a wrong ending, or that hold something else: read by their content, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from podia.data.errors import MovieReadError
from podia.io.read import positions_in, read, read_labels

MOVIE = np.random.default_rng(0).integers(20, 200, (6, 24, 30)).astype(np.uint8)


@pytest.mark.parametrize(
    "name", ["m.jpg", "m.png", "m.bmp", "m.npy", "m.avi", "m.nd2", "m", "m.dat", "m.tif"]
)
def test_a_tiff_by_any_name_is_read_whole(tmp_path: Path, name: str) -> None:
    tifffile.imwrite(tmp_path / "m.tiff", MOVIE)
    (tmp_path / "m.tiff").rename(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name).to_array(), MOVIE)
    assert positions_in(tmp_path / name) == ["0"]


@pytest.mark.parametrize("name", ["m.tif", "m.jpg", "m.npy", "m"])
def test_a_png_by_any_name_is_read(tmp_path: Path, name: str) -> None:
    image = np.pad(np.kron(MOVIE[0, :4, :5], np.ones((6, 6), np.uint8)), 2)
    Image.fromarray(image).save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name).frame(0), image)
    np.testing.assert_array_equal(read_labels(tmp_path / name).frame(0), image)


def test_labels_in_numpy_format_by_another_name_are_read(tmp_path: Path) -> None:
    labels = np.pad(np.ones((1, 4, 4), np.uint8), ((0, 0), (2, 2), (2, 2)))
    np.save(tmp_path / "l.npy", labels)
    (tmp_path / "l.npy").rename(tmp_path / "l.tif")
    np.testing.assert_array_equal(read_labels(tmp_path / "l.tif").to_array(), labels)


def test_a_folder_of_tiffs_that_are_called_jpg_is_read(tmp_path: Path) -> None:
    for t, frame in enumerate(MOVIE):
        tifffile.imwrite(tmp_path / f"t{t:03}.tif", frame)
        (tmp_path / f"t{t:03}.tif").rename(tmp_path / f"t{t:03}.jpg")
    np.testing.assert_array_equal(read(tmp_path).to_array(), MOVIE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><html>404</html>", "is a web page, not an image. Download the file again"),
        (b"  <html><body>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "is an HDF5 file"),
        (b"ZISRAWFILE" + bytes(40), "is of the format CZI by its content. Rename it to end in .czi"),
        (b"\xda\xce\xbe\x0a" + bytes(40), "is of the format ND2 by its content. Rename it to end in .nd2"),
    ],
)
@pytest.mark.parametrize("read_it", [read, read_labels])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, message: str, read_it: object) -> None:
    (tmp_path / "m.tif").write_bytes(content)
    with pytest.raises(MovieReadError, match=message):
        read_it(tmp_path / "m.tif")  # type: ignore[operator]


def test_an_animated_png_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(frame) for frame in MOVIE]
    frames[0].save(tmp_path / "m.png", save_all=True, append_images=frames[1:])
    with pytest.raises(MovieReadError, match=r"animated PNG with 6 images\. Save it as a TIFF stack"):
        read(tmp_path / "m.png")
