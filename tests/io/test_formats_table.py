"""The table of formats in docs/formats.md is true: every format stands in it, and what it says is read is read.

Small files are written by other libraries, and podia's pixel size and frame interval are compared with those that
another reader finds in the same file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from podia.data.calibration import Calibration
from podia.io.any_table import TABLE_SUFFIXES
from podia.io.bioio_formats import READERS
from podia.io.image_folder import TIFF_SUFFIXES
from podia.io.picture import PICTURE_SUFFIXES
from podia.io.points import POINT_SUFFIXES
from podia.io.read import VIDEO_SUFFIXES, read
from podia.io.units import length_um, time_s

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
STACK = np.random.default_rng(0).integers(20, 200, (4, 24, 32)).astype(np.uint8)


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its header."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    "suffix",
    sorted({*TIFF_SUFFIXES, *PICTURE_SUFFIXES, *VIDEO_SUFFIXES, *READERS, *TABLE_SUFFIXES, *POINT_SUFFIXES}),
)
def test_every_ending_that_podia_reads_stands_in_the_page(suffix: str) -> None:
    spelled = {
        ".tif": "tiff",
        ".tiff": "tiff",
        ".btf": "bigtiff",
        ".tf8": "bigtiff",
        ".jpg": "jpeg",
        ".roi": "fiji rois",
    }
    spelled |= {".zip": "fiji rois", ".json": "labelme", ".m4v": "mp4"}
    assert re.search(rf"\b{spelled.get(suffix, suffix[1:])}\b", PAGE.lower())


def test_every_row_names_the_tests_that_hold_it_and_they_exist() -> None:
    for heading in ("Movies", "Masks, tracks and tables"):
        rows = rows_of(heading)
        assert len(rows) >= 6
        for row in rows:
            named = re.findall(r"`(tests/\S+?\.py)`", row[-1])
            assert named, row[0]
            for path in named:
                assert (ROOT / path).is_file(), path


@dataclass(frozen=True)
class Claim:
    """How a file with a scale is written, and what another reader says of it."""

    row: str
    write: Callable[[Path], Path]
    other: Callable[[Path], Calibration]


def _imagej(folder: Path) -> Path:
    metadata = {"axes": "TYX", "unit": "um", "finterval": 5.0, "tunit": "min"}
    tifffile.imwrite(folder / "m.tif", STACK, imagej=True, resolution=(1 / 0.65, 1 / 0.65), metadata=metadata)
    return folder / "m.tif"


def _by_tifffile(path: Path) -> Calibration:
    with tifffile.TiffFile(path) as tif:
        found = tif.imagej_metadata or {}
        numerator, denominator = tif.pages.first.tags["XResolution"].value
        return Calibration(
            length_um(denominator / numerator, found["unit"]),
            time_s(found["finterval"], found.get("tunit", "sec")),
        )


def _ome(folder: Path) -> Path:
    metadata = {"axes": "TYX", "PhysicalSizeX": 650, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 650}
    metadata |= {"PhysicalSizeYUnit": "nm", "TimeIncrement": 5, "TimeIncrementUnit": "min"}
    tifffile.imwrite(folder / "m.ome.tif", STACK, ome=True, metadata=metadata)
    return folder / "m.ome.tif"


def _ome_planes(folder: Path) -> Path:
    plane = {"DeltaT": [0, 300, 600, 900], "DeltaTUnit": ["s"] * 4}
    metadata = {"axes": "TYX", "PhysicalSizeX": 0.65, "PhysicalSizeY": 0.65, "Plane": plane}
    tifffile.imwrite(folder / "m.ome.tif", STACK, ome=True, metadata=metadata)
    return folder / "m.ome.tif"


def _by_ome_types(path: Path) -> Calibration:
    ome_types = pytest.importorskip("ome_types", reason="ome-types is not installed")
    pixels = ome_types.from_tiff(path).images[0].pixels
    interval = pixels.time_increment_quantity
    seconds = None if interval is None else float(interval.to("s").magnitude)
    if seconds is None:
        seconds = pixels.planes[1].delta_t - pixels.planes[0].delta_t
    return Calibration(float(pixels.physical_size_x_quantity.to("um").magnitude), seconds)


def _ome_zarr(folder: Path, version: str = "0.5") -> Path:
    path = folder / "m.ome.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=3 if version == "0.5" else 2)
    names = {"dimension_names": ["t", "y", "x"]} if version == "0.5" else {}
    group.create_array("0", shape=STACK.shape, dtype=STACK.dtype, chunks=(1, 24, 32), **names)[:] = STACK
    axes = [
        {"name": "t", "type": "time", "unit": "minute"},
        {"name": "y", "type": "space", "unit": "nanometer"},
        {"name": "x", "type": "space", "unit": "nanometer"},
    ]
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [5.0, 650.0, 650.0]}]}]
    content = {"version": version, "multiscales": [{"version": version, "axes": axes, "datasets": datasets}]}
    if version == "0.5":
        group.attrs["ome"] = content
    else:
        group.attrs["multiscales"] = content["multiscales"]
    return path


def _by_ome_zarr_models(path: Path) -> Calibration:
    models = pytest.importorskip("ome_zarr_models", reason="ome-zarr-models is not installed")
    image = models.open_ome_zarr(zarr.open_group(str(path), mode="r"))
    attributes = image.ome_attributes if hasattr(image, "ome_attributes") else image.attributes
    multiscale = attributes.multiscales[0]
    scale = multiscale.datasets[0].coordinateTransformations[0].scale
    units = {axis.name: axis.unit for axis in multiscale.axes}
    return Calibration(length_um(scale[2], units["x"]), time_s(scale[0], units["t"]))


CLAIMS = {
    "imagej": Claim("ImageJ hyperstack", _imagej, _by_tifffile),
    "ome": Claim("OME-TIFF, sets of files", _ome, _by_ome_types),
    "ome-times-of-planes": Claim("OME-TIFF, sets of files", _ome_planes, _by_ome_types),
    "ome-zarr-0.5": Claim("OME-Zarr 0.4 and 0.5", _ome_zarr, _by_ome_zarr_models),
    "ome-zarr-0.4": Claim(
        "OME-Zarr 0.4 and 0.5", lambda folder: _ome_zarr(folder, "0.4"), _by_ome_zarr_models
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_scale_is_what_was_written(name: str, tmp_path: Path) -> None:
    claim = CLAIMS[name]
    assert claim.row in {row[0] for row in rows_of("Movies")}
    found = read(claim.write(tmp_path)).calibration
    assert (found.pixel_size_um, found.frame_interval_s) == pytest.approx((0.65, 300.0))


@pytest.mark.parametrize("name", CLAIMS)
def test_another_reader_finds_the_same_scale(name: str, tmp_path: Path) -> None:
    path = CLAIMS[name].write(tmp_path)
    found, other = read(path).calibration, CLAIMS[name].other(path)
    assert found.pixel_size_um == pytest.approx(other.pixel_size_um, rel=1e-5)
    assert found.frame_interval_s == pytest.approx(other.frame_interval_s)


@pytest.mark.parametrize("name", CLAIMS)
def test_another_reader_finds_the_same_pixels(name: str, tmp_path: Path) -> None:
    path = CLAIMS[name].write(tmp_path)
    pixels = (
        zarr.open_array(str(path), path="0", mode="r")[:] if path.suffix == ".zarr" else tifffile.imread(path)
    )
    np.testing.assert_array_equal(read(path).to_array(), pixels)
