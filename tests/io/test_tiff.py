"""TIFF in its dialects: which planes are frames, which scale they have, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.io.read import positions_in, read, read_labels
from podia.io.tiff.open import TiffBlock, TiffPages
from podia.io.units import length_um, time_s

STACK = np.random.default_rng(0).integers(0, 60_000, (5, 12, 10)).astype(np.uint16)
CHANNELS = np.random.default_rng(1).integers(0, 255, (4, 3, 12, 10)).astype(np.uint8)
COLOURS = np.moveaxis(CHANNELS, 1, -1)


def _write(folder: Path, array: np.ndarray, name: str = "movie.tif", **options: Any) -> Path:
    tifffile.imwrite(folder / name, array, **options)
    return folder / name


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"metadata": None}, id="plain"),
        pytest.param({"metadata": None, "compression": "zlib", "predictor": True}, id="plain-compressed"),
        pytest.param({"metadata": None, "byteorder": ">"}, id="big-endian"),
        pytest.param({"byteorder": ">", "compression": "lzw"}, id="big-endian-compressed"),
        pytest.param({}, id="tifffile"),
        pytest.param({"truncate": True}, id="tifffile-one-directory"),
        pytest.param({"imagej": True, "metadata": {"axes": "TYX"}}, id="imagej"),
        pytest.param(
            {"imagej": True, "truncate": True, "metadata": {"axes": "TYX"}}, id="imagej-one-directory"
        ),
        pytest.param({"bigtiff": True, "compression": "zstd"}, id="bigtiff"),
        pytest.param({"tile": (16, 16), "compression": "zlib"}, id="tiles"),
        pytest.param({"rowsperstrip": 5, "compression": "zlib"}, id="strips"),
        pytest.param({"ome": True, "metadata": {"axes": "TYX"}}, id="ome"),
    ],
)
def test_pages_are_frames_in_every_dialect(options: dict[str, Any], tmp_path: Path) -> None:
    movie = read(_write(tmp_path, STACK, **options))
    assert movie.shape == STACK.shape
    assert movie.dtype == np.dtype(np.uint16)
    assert movie.frame(3).dtype == np.dtype(np.uint16)  # native, whatever the file's byte order
    np.testing.assert_array_equal(movie.to_array(), STACK)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]
)
def test_grey_values_of_every_allowed_type_are_read(dtype: str, tmp_path: Path) -> None:
    array = (STACK % 100).astype(dtype)
    movie = read(_write(tmp_path, array))
    assert movie.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(movie.to_array(), array)


def test_a_single_page_is_a_movie_of_one_frame(tmp_path: Path) -> None:
    assert read(_write(tmp_path, STACK[0])).shape == (1, 12, 10)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_frames_that_were_written_a_call_each_are_one_movie(compression: str | None, tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "movie.tif") as writer:
        for frame in STACK[:3]:
            writer.write(frame, compression=compression)
        writer.write(STACK[3:], compression=compression, photometric="minisblack", metadata={"axes": "TYX"})
    np.testing.assert_array_equal(read(tmp_path / "movie.tif").to_array(), STACK)


@pytest.mark.parametrize("second", [STACK[2:4], STACK[2].astype(np.float32)], ids=["unnamed", "type"])
def test_images_that_are_no_further_frames_are_refused(second: np.ndarray, tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "movie.tif") as writer:
        for part in (STACK[0], second):
            writer.write(part, photometric="minisblack")
    with pytest.raises(MovieReadError, match=r"contains 2 images \(positions"):
        read(tmp_path / "movie.tif")


def test_two_unnamed_axes_are_refused_but_one_may_be_of_length_1(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=r"has 2 unnamed axes \(4 x 3\).*axes TCYX"):
        read(_write(tmp_path, CHANNELS, photometric="minisblack"), channel=0)
    path = _write(tmp_path, STACK[:, None], photometric="minisblack")
    np.testing.assert_array_equal(read(path).to_array(), STACK)


def test_imagej_scale_is_what_was_typed_into_fiji(tmp_path: Path) -> None:
    """ImageJ stores 0.65 um as 1538461 / 1000000."""
    metadata = {"axes": "TYX", "unit": "\\u00B5m", "finterval": 10, "tunit": "min"}
    path = _write(tmp_path, STACK, imagej=True, resolution=((1538461, 1000000),) * 2, metadata=metadata)
    assert read(path).calibration == Calibration(0.65, 600.0)


def test_imagej_scale_in_pixels_or_print_density_is_no_scale(tmp_path: Path) -> None:
    for unit in ("pixel", "inch", "cm", ""):
        path = _write(
            tmp_path, STACK, imagej=True, resolution=(72, 72), metadata={"axes": "TYX", "unit": unit}
        )
        assert read(path).calibration == Calibration(None, None)


def test_resolution_of_a_plain_file_is_no_scale(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK, resolution=(11811, 11811), resolutionunit="CENTIMETER", metadata=None)
    assert read(path).calibration == Calibration()


def _ome(folder: Path, array: np.ndarray, **metadata: Any) -> Path:
    return _write(folder, array, "movie.ome.tif", metadata=metadata)


def test_ome_scale_has_its_units(tmp_path: Path) -> None:
    path = _ome(
        tmp_path,
        STACK,
        axes="TYX",
        PhysicalSizeX=650,
        PhysicalSizeXUnit="nm",
        PhysicalSizeY=0.00065,
        PhysicalSizeYUnit="mm",
        TimeIncrement=10,
        TimeIncrementUnit="min",
    )
    movie = read(path)
    assert movie.calibration == Calibration(0.65, 600.0)
    assert movie.name == "movie"


def test_ome_scale_without_units_is_in_micrometres_and_seconds(tmp_path: Path) -> None:
    path = _ome(tmp_path, STACK, axes="TYX", PhysicalSizeX=0.65, PhysicalSizeY=0.65, TimeIncrement=30)
    assert read(path).calibration == Calibration(0.65, 30.0)


def test_given_scale_overrules_the_files(tmp_path: Path) -> None:
    path = _ome(tmp_path, STACK, axes="TYX", PhysicalSizeX=0.65, PhysicalSizeY=0.65, TimeIncrement=30)
    assert read(path, pixel_size_um=1.3).calibration == Calibration(1.3, 30.0)
    assert read(path, frame_interval_s=60).calibration == Calibration(0.65, 60)


def test_pixels_that_are_not_square_need_a_given_size(tmp_path: Path) -> None:
    path = _ome(tmp_path, STACK, axes="TYX", PhysicalSizeX=0.65, PhysicalSizeY=0.7)
    with pytest.raises(MovieReadError, match=r"are 0.65 um wide and 0.7 um high; podia needs square pixels"):
        read(path)
    assert read(path, pixel_size_um=0.65).calibration == Calibration(0.65)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (650, "nm", 0.65),
        (0.65, "µm", 0.65),
        (1.3e-3, "mm", 1.3),
        (2, "inch", 50800.0),
        (0, "um", None),
        (2, None, None),
    ],
)
def test_lengths_are_converted_or_unknown(value: float, unit: str | None, expected: float | None) -> None:
    assert length_um(value, unit) == expected


def test_times_are_converted_or_unknown() -> None:
    assert [time_s(v, u) for v, u in [(500, "ms"), (2, "sec"), (1.5, "min"), (1, "h")]] == [0.5, 2, 90, 3600]
    assert time_s(float("nan"), "s") is None


def test_a_channel_is_picked_by_number_or_name(tmp_path: Path) -> None:
    path = _ome(tmp_path, CHANNELS, axes="TCYX", Channel={"Name": ["Phase", "GFP", "mCherry"]})
    for channel in (1, "1", "GFP", "gfp"):
        np.testing.assert_array_equal(read(path, channel=channel).to_array(), CHANNELS[:, 1])


def test_several_channels_and_none_picked_lists_them(tmp_path: Path) -> None:
    path = _ome(tmp_path, CHANNELS, axes="TCYX", Channel={"Name": ["Phase", "GFP", "mCherry"]})
    with pytest.raises(
        MovieReadError,
        match=r"has 3 channels \(0: Phase, 1: GFP, 2: mCherry\). Select one with --channel, by number or name",
    ):
        read(path)
    with pytest.raises(
        MovieReadError, match=r"has no channel 'phas'. Did you mean 'Phase'\? It has 3 channels"
    ):
        read(path, channel="phas")
    with pytest.raises(MovieReadError, match=r"has no channel 3. It has 3 channels"):
        read(path, channel=3)


def test_one_channel_may_be_named_0_but_not_1(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK)
    assert read(path, channel=0).shape == STACK.shape
    with pytest.raises(MovieReadError, match=r"has no channel 1. It has one channel, 0"):
        read(path, channel=1)


@pytest.mark.parametrize("truncate", [False, True])
def test_imagej_channels_are_interleaved(truncate: bool, tmp_path: Path) -> None:
    path = _write(tmp_path, CHANNELS, imagej=True, truncate=truncate, metadata={"axes": "TCYX"})
    np.testing.assert_array_equal(read(path, channel=2).to_array(), CHANNELS[:, 2])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colour_is_refused_unless_one_is_picked(compression: str | None, tmp_path: Path) -> None:
    path = _write(tmp_path, COLOURS, photometric="rgb", compression=compression)
    with pytest.raises(
        MovieReadError, match=r"is a colour image \(RGB\).*select one colour with --channel 0 to 2"
    ):
        read(path)
    np.testing.assert_array_equal(read(path, channel="green").to_array(), COLOURS[..., 1])
    np.testing.assert_array_equal(read(path, channel=2).to_array(), COLOURS[..., 2])


def test_a_lone_z_axis_is_time_and_says_so(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK, imagej=True, metadata={"axes": "ZYX", "finterval": 60.0})
    with pytest.warns(UserWarning, match=r"stores its 5 images as Z planes, .* read as frames over time"):
        movie = read(path)
    np.testing.assert_array_equal(movie.to_array(), STACK)
    assert movie.calibration.frame_interval_s == 60.0


def test_z_planes_over_time_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, CHANNELS, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(MovieReadError, match=r"has 3 Z planes at each of 4 time points.*Z Project"):
        read(path)


def test_axes_that_a_movie_lacks_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, CHANNELS, photometric="minisblack", metadata={"axes": "RTYX"})
    with pytest.raises(
        MovieReadError, match=r"contains 4 positions: Pos0, Pos1, Pos2, Pos3. Select one with --position"
    ):
        read(path)
    np.testing.assert_array_equal(read(path, position=2).to_array(), CHANNELS[2])
    path = _write(tmp_path, CHANNELS, photometric="minisblack", metadata={"axes": "HTYX"})
    with pytest.raises(MovieReadError, match=r"has more axes than a movie: H \(4\), T \(3\)"):
        read(path)


def test_several_images_in_one_ome_file_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "movie.ome.tif") as writer:
        for number in range(2):
            writer.write(STACK + number, metadata={"axes": "TYX", "Name": f"well {number}"})
    with pytest.raises(
        MovieReadError, match=r"contains 2 positions: well 0, well 1. Select one with --position"
    ):
        read(tmp_path / "movie.ome.tif")
    assert positions_in(tmp_path / "movie.ome.tif") == ["well 0", "well 1"]
    np.testing.assert_array_equal(read(tmp_path / "movie.ome.tif", position="well 1").to_array(), STACK + 1)


def test_pages_of_different_sizes_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "movie.tif") as writer:
        for height in (12, 12, 8):
            writer.write(STACK[0, :height], metadata=None)
    with pytest.raises(MovieReadError, match="differ in size: page 2 has 8 x 10 pixels, page 0 has 12 x 10"):
        read(tmp_path / "movie.tif")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (STACK > 5, r"are black and white \(1 bit\); a movie needs .*grey values.*--labels"),
        (
            STACK.astype(np.complex64),
            "are of type complex64; a movie needs 8-bit, 16-bit, 32-bit or floating-point grey values",
        ),
        (STACK.astype(np.int64), "are of type int64; a movie needs .*grey values"),
    ],
)
def test_pixels_that_are_no_grey_values_are_refused(array: np.ndarray, message: str, tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=message):
        read(_write(tmp_path, array))


@pytest.mark.parametrize(
    "options",
    [
        {"metadata": None},
        {"compression": "zlib"},
        {"imagej": True, "metadata": {"axes": "TYX"}},
        {"imagej": True, "truncate": True, "metadata": {"axes": "TYX"}},
        {"truncate": True},
        {"bigtiff": True},
        {"ome": True, "metadata": {"axes": "TYX"}},
    ],
    ids=["plain", "compressed", "imagej", "imagej-one-directory", "one-directory", "bigtiff", "ome"],
)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_off_anywhere_is_told_on_opening(
    options: dict[str, Any], share: float, tmp_path: Path
) -> None:
    path = _write(tmp_path, STACK, **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MovieReadError, match=r"movie.tif' is (truncated|not a TIFF file)"):
        read(path)


def test_a_directory_that_points_back_does_not_loop(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK[0], metadata=None)
    content = bytearray(path.read_bytes())
    n_tags = int.from_bytes(content[8:10], "little")
    content[10 + 12 * n_tags : 14 + 12 * n_tags] = (8).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(MovieReadError, match="is damaged: page 1 refers to an earlier page"):
        read(path)


def test_a_frame_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK, compression="zlib", rowsperstrip=12)
    with tifffile.TiffFile(path) as tif:
        start, size = tif.pages[2].dataoffsets[0], tif.pages[2].databytecounts[0]
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"\0" * size
    path.write_bytes(content)
    movie = read(path)
    np.testing.assert_array_equal(movie.frame(1), STACK[1])
    with pytest.raises(
        MovieReadError, match=r"Frame 2 \(counted from 0\) of '.*movie.tif' cannot be read:.* damaged"
    ):
        movie.frame(2)


def test_a_file_cut_off_after_opening_names_the_frame(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK, imagej=True, metadata={"axes": "TYX"})
    movie = read(path)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(MovieReadError, match=r"Frame 4 \(counted from 0\) .* cannot be read"):
        movie.frame(4)


def test_a_missing_file_of_an_ome_set_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """OME-XML of one file may point to pages in others."""
    path = _ome(tmp_path, STACK[:2], axes="TYX")
    xml = tifffile.tiffcomment(path)
    assert isinstance(xml, str)
    xml = xml.replace('SizeT="2"', 'SizeT="3"').replace(
        "</Pixels>",
        '<TiffData FirstT="2" IFD="0" PlaneCount="1"><UUID FileName="b.ome.tif">urn:uuid:1</UUID></TiffData></Pixels>',
    )
    tifffile.tiffcomment(path, xml.encode())
    with caplog.at_level("CRITICAL"), pytest.raises(MovieReadError, match=r"Frame 2 of .* is missing"):
        read(path)


def test_frames_are_read_one_at_a_time_and_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    page_type = tifffile.TiffPage

    class CountedPage(page_type):
        def asarray(self, *args: Any, **kwargs: Any) -> Any:
            decoded.append(self.index)
            return super().asarray(*args, **kwargs)

    path = _write(tmp_path, STACK, compression="zlib")
    monkeypatch.setattr(tifffile, "TiffPage", CountedPage)
    movie = read(path)
    assert decoded == []
    movie.frame(4)
    assert decoded == [4]
    list(movie)
    assert decoded == [4, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(("compression", "kind"), [(None, TiffBlock), ("zlib", TiffPages)])
def test_sources_can_be_shipped_to_another_process(
    compression: str | None, kind: type, tmp_path: Path
) -> None:
    movie = read(_write(tmp_path, STACK, compression=compression))
    assert isinstance(movie.source.source.source, kind)  # beneath the marks of unclear and blank frames
    movie.frame(0)
    again = pickle.loads(pickle.dumps(movie))
    np.testing.assert_array_equal(again.frame(3), STACK[3])


def _inverted_grey() -> list[np.ndarray]:
    ramp = np.arange(255, -1, -1, dtype=np.uint8)
    return [np.stack([ramp, ramp, ramp])]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_white_is_zero_is_read_as_viewers_show_it(
    dtype: str, compression: str | None, tmp_path: Path
) -> None:
    stack = (STACK % 200).astype(dtype)
    stored = np.iinfo(dtype).max - stack
    path = _write(tmp_path, stored, photometric="miniswhite", compression=compression)
    with pytest.warns(UserWarning, match="stores its grey values inverted"):
        movie = read(path)
    np.testing.assert_array_equal(movie.to_array(), stack)
    assert movie.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read_labels(path, any_background=True).to_array(), stored)


def test_an_inverting_table_of_imagej_is_read_as_viewers_show_it(tmp_path: Path) -> None:
    stack = STACK.astype(np.uint8)
    metadata = {"axes": "TYX", "LUTs": _inverted_grey()}
    with pytest.warns(UserWarning, match="stores its grey values inverted"):
        movie = read(_write(tmp_path, 255 - stack, imagej=True, metadata=metadata))
    np.testing.assert_array_equal(movie.to_array(), stack)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        pytest.param(lambda x: (x, x, x), 1, id="grey"),
        pytest.param(lambda x: (0 * x, x, 0 * x), 1, id="green"),
        pytest.param(lambda x: (65535 - x, 65535 - x, 65535 - x), -1, id="grey reversed"),
    ],
)
def test_palettes_in_order_of_brightness_keep_or_turn_the_values(
    table: Any, change: int, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    stack = STACK.astype(np.uint8)
    ramp = np.arange(256) * 257
    colormap = np.stack(table(ramp)).astype(np.uint16)
    movie = read(_write(tmp_path, stack, photometric="palette", colormap=colormap))
    np.testing.assert_array_equal(movie.to_array(), stack if change == 1 else 255 - stack)
    assert bool(recwarn) == (change == -1)


def test_a_palette_of_any_colours_is_no_grey_scale(tmp_path: Path) -> None:
    colormap = np.random.default_rng(0).integers(0, 65536, (3, 256)).astype(np.uint16)
    path = _write(tmp_path, STACK.astype(np.uint8), photometric="palette", colormap=colormap)
    with pytest.raises(MovieReadError, match=r"is a colour image \(palette\)"):
        read(path)
    np.testing.assert_array_equal(read_labels(path, any_background=True).to_array(), STACK.astype(np.uint8))


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("0,65", "µm", 0.65),
        ("0.65", "Âµm", 0.65),
        ("0.000065", "cm", 0.65),
        ("6500", "Å", 0.65),
        ("0.00065", "mm", 0.65),
    ],
)
def test_sizes_of_ome_are_read_as_people_and_programs_spell_them(
    value: str, unit: str, expected: float, tmp_path: Path
) -> None:
    path = _write(tmp_path, STACK, "movie.ome.tif", ome=True, metadata={"axes": "TYX", "PhysicalSizeX": 0.5})
    xml = tifffile.tiffcomment(path).replace(
        'PhysicalSizeX="0.5"', f'PhysicalSizeX="{value}" PhysicalSizeXUnit="{unit}"'
    )
    tifffile.tiffcomment(path, xml.encode())
    assert read(path).calibration.pixel_size_um == pytest.approx(expected)


def test_an_unknown_unit_is_told(tmp_path: Path) -> None:
    metadata = {"axes": "TYX", "PhysicalSizeX": 3, "PhysicalSizeXUnit": "furlong"}
    with pytest.warns(UserWarning, match=r"3 'furlong', a unit that podia does not know"):
        assert (
            read(_write(tmp_path, STACK, "m.ome.tif", ome=True, metadata=metadata)).calibration
            == Calibration()
        )


@pytest.mark.parametrize(
    ("times", "interval", "uneven"),
    [
        ((0, 300, 600, 900, 1200), 300.0, False),
        ((0, 299.9, 600.1, 900, 1200.2), 300.0, False),
        ((0, 300, 600, 2400, 2700), 300.0, True),
    ],
)
def test_times_of_planes_give_the_interval_and_uneven_ones_are_told(
    times: tuple[float, ...], interval: float, uneven: bool, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    metadata = {"axes": "TYX", "Plane": {"DeltaT": list(times), "DeltaTUnit": ["s"] * 5}}
    movie = read(_write(tmp_path, STACK, "m.ome.tif", ome=True, metadata=metadata))
    assert movie.calibration.frame_interval_s == pytest.approx(interval, abs=0.2)
    assert any("not evenly spaced" in str(warning.message) for warning in recwarn) == uneven


def test_entities_in_ome_xml_are_not_expanded(tmp_path: Path) -> None:
    path = _write(tmp_path, STACK, "m.ome.tif", ome=True, metadata={"axes": "TYX"})
    bomb = '<!DOCTYPE OME [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    tifffile.tiffcomment(path, tifffile.tiffcomment(path).replace("<OME", f"{bomb}<OME", 1).encode())
    with pytest.raises(MovieReadError, match="declares entities"):
        read(path)


def test_a_resolution_per_centimetre_under_a_description_in_um_is_told_by_its_tag(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        STACK,
        imagej=True,
        resolution=(1e4 / 0.65, 1e4 / 0.65),
        resolutionunit=3,
        metadata={"unit": "um", "axes": "TYX"},
    )
    assert read(path).calibration.pixel_size_um == pytest.approx(0.65, rel=1e-4)
