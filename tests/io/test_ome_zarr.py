"""OME-Zarr of both versions: axes, scale, channels, label images, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import zarr

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.io.read import positions_in, read, read_labels

STACK = np.random.default_rng(0).integers(1, 200, (3, 2, 6, 5)).astype(np.uint16)
UNITS = {"t": "minute", "y": "nanometer", "x": "nanometer"}
TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def _write(
    path: Path,
    array: np.ndarray,
    axes: str,
    *,
    version: Literal["0.4", "0.5"] = "0.5",
    units: dict[str, str] = UNITS,
    scale: list[float] | None = None,
    **extra: Any,
) -> Path:
    zarr_format: Literal[2, 3] = 2 if version == "0.4" else 3
    described = [{"name": a, "type": TYPES[a]} | ({"unit": units[a]} if a in units else {}) for a in axes]
    transform = {"type": "scale", "scale": scale or [1.0] * len(axes)}
    multiscales = [{"axes": described, "datasets": [{"path": "0", "coordinateTransformations": [transform]}]}]
    ome: dict[str, Any] = {"version": version, "multiscales": multiscales, **extra}
    attributes = ome if version == "0.4" else {"ome": ome}
    group = zarr.create_group(path, zarr_format=zarr_format, attributes=attributes)
    group.create_array("0", data=array, chunks=(*[1] * (array.ndim - 2), *array.shape[-2:]))
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_frames_and_scale_of_both_versions(version: Literal["0.4", "0.5"], tmp_path: Path) -> None:
    path = _write(tmp_path / "B2.ome.zarr", STACK[:, 0], "tyx", version=version, scale=[10, 650, 650])
    movie = read(path)
    np.testing.assert_array_equal(movie.to_array(), STACK[:, 0])
    assert movie.calibration == Calibration(0.65, 600.0)
    assert movie.name == "B2"


def test_scale_without_unit_is_unknown(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zarr", STACK[:, 0], "tyx", units={}, scale=[2, 2, 2])
    assert read(path).calibration == Calibration()


def test_time_is_told_by_its_type_whatever_its_name(tmp_path: Path) -> None:
    axes = [{"name": "time", "type": "time", "unit": "second"}, {"name": "y"}, {"name": "x"}]
    multiscales = [{"axes": axes, "datasets": [{"path": "0"}]}]
    group = zarr.create_group(tmp_path / "a.zarr", attributes={"ome": {"multiscales": multiscales}})
    group.create_array("0", data=STACK[:, 0])
    assert read(tmp_path / "a.zarr").calibration == Calibration(None, 1.0)


def test_a_channel_is_picked_by_number_or_name(tmp_path: Path) -> None:
    channels = {"omero": {"channels": [{"label": "Phase"}, {"label": "GFP"}]}}
    path = _write(tmp_path / "a.zarr", STACK, "tcyx", **channels)
    for channel in (1, "gfp"):
        np.testing.assert_array_equal(read(path, channel=channel).to_array(), STACK[:, 1])
    with pytest.raises(MovieReadError, match=r"has 2 channels \(0: Phase, 1: GFP\)"):
        read(path)


def test_a_lone_z_axis_is_time_and_z_over_time_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="as Z planes, not as time points"):
        assert read(_write(tmp_path / "z.zarr", STACK[:, 0], "zyx")).shape == (3, 6, 5)
    with pytest.raises(MovieReadError, match="2 Z planes at each of 3 time points"):
        read(_write(tmp_path / "tz.zarr", STACK, "tzyx"))


def test_the_only_image_of_a_bioformats2raw_folder_is_read(tmp_path: Path) -> None:
    zarr.create_group(tmp_path / "a.zarr", attributes={"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    _write(tmp_path / "a.zarr" / "0", STACK[:, 0], "tyx")
    np.testing.assert_array_equal(read(tmp_path / "a.zarr").to_array(), STACK[:, 0])
    _write(tmp_path / "a.zarr" / "1", STACK[:, 0], "tyx")
    with pytest.raises(MovieReadError, match=r"contains 2 positions: 0, 1. Select one with --position"):
        read(tmp_path / "a.zarr")
    np.testing.assert_array_equal(read(tmp_path / "a.zarr", position=1).to_array(), STACK[:, 0])


def test_a_field_of_a_plate_is_picked_by_well_and_number(tmp_path: Path) -> None:
    wells = {"wells": [{"path": "A/1"}, {"path": "B/2"}]}
    zarr.create_group(tmp_path / "a.zarr", attributes={"ome": {"version": "0.5", "plate": wells}})
    for well in ("A/1", "B/2"):
        images = {"well": {"images": [{"path": "0"}]}}
        zarr.create_group(tmp_path / "a.zarr" / well, attributes={"ome": images})
        _write(tmp_path / "a.zarr" / well / "0", STACK[:, int(well[-1]) - 1], "tyx")
    assert positions_in(tmp_path / "a.zarr") == ["A/1/0", "B/2/0"]
    np.testing.assert_array_equal(read(tmp_path / "a.zarr", position="B/2/0").to_array(), STACK[:, 1])


def _labels_of_image(tmp_path: Path, names: list[str]) -> Path:
    path = _write(tmp_path / "a.zarr", STACK[:, 0], "tyx")
    group = zarr.open_group(path, mode="a")
    group.create_group("labels", attributes={"ome": {"version": "0.5", "labels": names}})
    for name in names:
        _write(path / "labels" / name, STACK[:, 1], "tyx", **{"image-label": {}})
    return path


def test_the_only_labels_of_an_image_are_found(tmp_path: Path) -> None:
    path = _labels_of_image(tmp_path, ["cells"])
    np.testing.assert_array_equal(read_labels(path).to_array(), STACK[:, 1])
    np.testing.assert_array_equal(read_labels(path / "labels" / "cells").to_array(), STACK[:, 1])


def test_several_labels_of_an_image_are_listed(tmp_path: Path) -> None:
    path = _labels_of_image(tmp_path, ["cells", "nuclei"])
    with pytest.raises(MovieReadError, match=r"contains 2 label images \('labels/cells', 'labels/nuclei'\)"):
        read_labels(path)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "without OME-Zarr metadata"),
        ({"ome": {"version": "0.5", "plate": {}}}, "is a plate of many images"),
        ({"ome": {"version": "0.5", "multiscales": [{}]}}, "cannot be read as OME-Zarr"),
        (
            {"ome": {"multiscales": [{"axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "0"}]}]}},
            "cannot be read as OME-Zarr",
        ),
    ],
    ids=["bare", "plate", "no-axes", "no-array"],
)
def test_groups_that_are_no_image_are_refused(
    attributes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    zarr.create_group(tmp_path / "a.zarr", attributes=attributes)
    with pytest.raises(MovieReadError, match=message):
        read(tmp_path / "a.zarr")


def test_a_folder_that_only_calls_itself_zarr_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(MovieReadError, match=r"a.zarr' cannot be read as OME-Zarr"):
        read(tmp_path / "a.zarr")


def test_axes_that_do_not_fit_the_array_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zarr", STACK, "tyx")
    with pytest.raises(MovieReadError, match="3 axes for 4 dimensions"):
        read(path)


def test_a_broken_chunk_names_the_frame(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zarr", STACK[:, 0], "tyx")
    (path / "0" / "c" / "1" / "0" / "0").write_bytes(b"broken")
    movie = read(path)
    np.testing.assert_array_equal(movie.frame(0), STACK[0, 0])
    with pytest.raises(MovieReadError, match=r"Frame 1 \(counted from 0\) of '.*a.zarr' cannot be read"):
        movie.frame(1)


def test_sources_can_be_shipped_to_another_process(tmp_path: Path) -> None:
    movie = pickle.loads(pickle.dumps(read(_write(tmp_path / "a.zarr", STACK[:, 0], "tyx"))))
    np.testing.assert_array_equal(movie.frame(2), STACK[2, 0])


def test_an_image_without_frames_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "B2.ome.zarr", STACK[:0, 0], "tyx")
    with pytest.raises(MovieReadError, match=r"is empty: its size along TYX is 0 x 6 x 5"):
        read(path)
