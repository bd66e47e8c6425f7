"""Folders of images: their order, the layouts of the Cell Tracking Challenge, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.io import image_folder
from podia.io.read import read, read_labels

FRAMES = np.random.default_rng(0).integers(0, 250, (4, 6, 5)).astype(np.uint8)


def _fill(folder: Path, names: list[str], frames: np.ndarray = FRAMES) -> Path:
    folder.mkdir(exist_ok=True)
    for name, frame in zip(names, frames, strict=False):
        if name.endswith(".tif"):
            tifffile.imwrite(folder / name, frame)
        else:
            Image.fromarray(frame).save(folder / name)
    return folder


@pytest.mark.parametrize("suffix", ["tif", "png", "bmp"])
def test_frames_come_in_natural_order(suffix: str, tmp_path: Path) -> None:
    folder = _fill(tmp_path / "B2", [f"img{n}.{suffix}" for n in (8, 9, 10, 11)])
    (folder / "notes.txt").write_text("not a frame")
    (folder / "._img1.tif").write_bytes(b"left by a Mac")
    movie = read(folder)
    np.testing.assert_array_equal(movie.to_array(), FRAMES)
    assert movie.name == "B2"
    assert movie.calibration == Calibration()


def test_16_bit_png_keeps_its_values(tmp_path: Path) -> None:
    frames = FRAMES.astype(np.uint16) * 250
    np.testing.assert_array_equal(
        read(_fill(tmp_path / "a", ["1.png", "2.png"], frames)).to_array(), frames[:2]
    )


def test_jpeg_is_read(tmp_path: Path) -> None:
    movie = read(_fill(tmp_path / "a", ["1.jpg", "2.JPG"], np.full((2, 6, 5), 100, np.uint8)))
    assert movie.shape == (2, 6, 5)
    assert (np.abs(movie.to_array().astype(int) - 100) <= 2).all()  # JPEG loses a little


@pytest.mark.parametrize(
    "names", [["t000.tif", "t001.tif"], ["t0150.tif", "t0151.tif"], ["t9.tif", "t10.tif"]]
)
def test_ctc_frames_are_numbered_from_any_number_with_any_digits(names: list[str], tmp_path: Path) -> None:
    movie = read(_fill(tmp_path / "01", names))
    np.testing.assert_array_equal(movie.to_array(), FRAMES[:2])
    assert movie.name == "01"


def test_missing_ctc_frames_are_told(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "01", ["t001.tif", "t002.tif", "t005.tif"])
    with pytest.warns(UserWarning, match=r"2 frames are missing in .*\(numbers 1 to 5, 3 files\): 2, 3"):
        movie = read(folder)
    assert [movie.is_blank(frame) for frame in range(movie.n_frames)] == [False, False, True, True, False]
    assert read(folder, missing="skip").n_frames == 3


def test_scale_is_that_of_the_first_file(tmp_path: Path) -> None:
    for frame in range(2):
        tifffile.imwrite(
            tmp_path / f"t{frame}.tif", FRAMES[frame], imagej=True, resolution=(2, 2), metadata={"unit": "um"}
        )
    assert read(tmp_path).calibration == Calibration(0.5)


def test_a_channel_is_picked_in_every_file(tmp_path: Path) -> None:
    for frame in range(2):
        tifffile.imwrite(
            tmp_path / f"t{frame}.tif", FRAMES[:2] + frame, imagej=True, metadata={"axes": "CYX"}
        )
    np.testing.assert_array_equal(read(tmp_path, channel=1).to_array(), [FRAMES[1], FRAMES[1] + 1])


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("01_RES", "mask{:03d}.tif"),
        ("TRA", "man_track{:03d}.tif"),
        ("SEG", "man_seg{:04d}.tif"),
        ("any", "a{}.png"),
    ],
)
def test_label_folders_are_read(folder: str, name: str, tmp_path: Path) -> None:
    _fill(tmp_path / folder, [name.format(n) for n in (3, 4)])
    (tmp_path / folder / "res_track.txt").write_text("")
    labels = read_labels(tmp_path / folder)
    assert labels.frame(0).dtype == np.int32
    np.testing.assert_array_equal(labels.to_array(), FRAMES[:2])


def test_ctc_masks_come_before_other_images_in_their_folder(tmp_path: Path) -> None:
    _fill(tmp_path, ["mask000.tif", "mask001.tif"])
    _fill(tmp_path, ["preview.png"])
    assert read_labels(tmp_path).n_frames == 2


def test_sparse_gold_segmentations_are_no_gap(tmp_path: Path) -> None:
    assert read_labels(_fill(tmp_path, ["man_seg002.tif", "man_seg050.tif"])).n_frames == 2


def test_palette_of_a_label_picture_is_its_values(tmp_path: Path) -> None:
    picture = Image.fromarray(FRAMES[0] % 4)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / "l.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "l.png").frame(0), FRAMES[0] % 4)
    with pytest.raises(MovieReadError, match=r"is a colour image \(palette\)"):
        read(tmp_path / "l.png")


def test_colour_pictures_are_refused_unless_a_colour_is_picked(tmp_path: Path) -> None:
    Image.fromarray(np.stack([FRAMES[0], FRAMES[1], FRAMES[2]], axis=-1)).save(tmp_path / "a.png")
    with pytest.raises(MovieReadError, match=r"is a colour image \(RGB\)"):
        read(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png", channel=1).frame(0), FRAMES[1])


def test_frames_of_different_sizes_are_refused(tmp_path: Path) -> None:
    _fill(tmp_path, ["t0.tif", "t1.tif"])
    tifffile.imwrite(tmp_path / "t2.tif", FRAMES[0, :4])
    with pytest.raises(
        MovieReadError, match=r"differ in size: 't2.tif' has 4 x 5 pixels, 't0.tif' has 6 x 5"
    ):
        read(tmp_path)


def test_frames_of_different_types_are_refused(tmp_path: Path) -> None:
    _fill(tmp_path, ["t0.tif"])
    tifffile.imwrite(tmp_path / "t1.tif", FRAMES[0].astype(np.uint16))
    with pytest.raises(MovieReadError, match=r"differ in type: 't1.tif' is uint16, 't0.tif' is uint8"):
        read(tmp_path)


def test_a_folder_of_stacks_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a1.tif", FRAMES, photometric="minisblack")
    with pytest.raises(MovieReadError, match=r"a1.tif' contains 4 images, but a folder is read as a movie"):
        read(tmp_path)


def test_images_of_several_kinds_are_refused(tmp_path: Path) -> None:
    _fill(tmp_path, ["t0.tif", "t1.png"])
    with pytest.raises(MovieReadError, match=r"contains several image formats: .png, .tif"):
        read(tmp_path)


def test_images_of_several_movies_are_refused(tmp_path: Path) -> None:
    _fill(tmp_path, ["gfp_t0.tif", "gfp_t1.tif", "phase_t0.tif", "phase_t1.tif"])
    with pytest.raises(MovieReadError, match=r"2 name patterns, such as 'gfp_t0.tif' and 'phase_t0.tif'"):
        read(tmp_path)


def test_unnamed_running_numbers_are_told(tmp_path: Path) -> None:
    folder = _fill(tmp_path, ["1_1.tif", "1_2.tif", "2_1.tif"])
    with pytest.warns(UserWarning, match=r"contain 2 x 2 numbers.*from '1_1.tif', '1_2.tif' to '2_1.tif'"):
        read(folder)


def test_a_folder_without_images_names_those_within(tmp_path: Path) -> None:
    (tmp_path / "SEG").mkdir()
    (tmp_path / "TRA").mkdir()
    with pytest.raises(
        MovieReadError, match=r"contains no images. It contains the folders SEG, TRA. Use one of them"
    ):
        read_labels(tmp_path)


def test_an_empty_and_a_broken_file_are_named(tmp_path: Path) -> None:
    _fill(tmp_path, ["t0.tif"])
    (tmp_path / "t1.tif").write_bytes(b"")
    with pytest.raises(MovieReadError, match=r"t1.tif' is empty \(0 bytes\)"):
        read(tmp_path)
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(MovieReadError, match=r"a.png' cannot be read as image"):
        read(tmp_path / "a.png")


def test_a_picture_cut_off_after_opening_is_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (2, 60, 60)).astype(np.uint8)
    movie = read(_fill(tmp_path / "a", ["1.png", "2.png"], noise))
    path = tmp_path / "a" / "2.png"
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(MovieReadError, match=r"2.png' cannot be read as image"):
        movie.frame(1)


def test_frames_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie = read(_fill(tmp_path, [f"t{n}.tif" for n in range(4)]))
    opened: list[str] = []
    original = image_folder.open_tiff

    def counted(path: Path, *part: object, **options: object) -> object:
        opened.append(path.name)
        return original(path, *part, **options)

    monkeypatch.setattr(image_folder, "open_tiff", counted)
    movie.frame(2)
    list(movie)
    assert opened == ["t2.tif", "t0.tif", "t1.tif", "t2.tif", "t3.tif"]


def test_sources_can_be_shipped_to_another_process(tmp_path: Path) -> None:
    movie = pickle.loads(pickle.dumps(read(_fill(tmp_path, ["t0.tif", "t1.tif"]))))
    np.testing.assert_array_equal(movie.frame(1), FRAMES[1])


def test_real_movies_are_read_whole(data_dir: Path) -> None:
    movie = read(data_dir / "PhC-C2DH-U373" / "01")
    assert (movie.shape, movie.dtype) == ((115, 520, 696), np.dtype(np.uint8))
    gold = read_labels(data_dir / "PhC-C2DH-U373" / "01_GT" / "SEG")
    assert gold.n_frames == 15
    assert sum(len(np.unique(frame)) - 1 for frame in gold) == 100
