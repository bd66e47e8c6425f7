"""Frames that hold no picture: found, bridged, and passed on through whatever wraps a movie."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.movie import ArraySource, Movie
from podia.io.blank_frames import BridgedFrames, holds_no_picture
from podia.io.read import read

PICTURES = np.random.default_rng(0).integers(20, 200, (6, 16, 16)).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 5)), st.sampled_from([0, 7, 255]))
def test_blank_frames_become_the_nearest_picture(blank: set[int], grey: int) -> None:
    array = PICTURES.copy()
    array[sorted(blank)] = grey
    movie = Movie(BridgedFrames(ArraySource(array)))
    there = sorted(set(range(6)) - blank)
    for frame in range(6):
        assert movie.is_blank(frame) == (frame in blank)
        before = [other for other in there if other <= frame]
        expected = before[-1] if before else there[0] if there else frame
        np.testing.assert_array_equal(movie.frame(frame), array[expected])
    mapped = movie.map_frames(lambda _, image: image + np.uint8(1))
    assert [mapped.is_blank(frame) for frame in range(6)] == [frame in blank for frame in range(6)]


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 4095), (np.uint16, 65535)])
def test_a_frame_saturated_all_over_holds_no_picture(dtype: type, full: int) -> None:
    image = np.full((32, 32), full, dtype)
    image[0, :5] = full - 9
    assert holds_no_picture(image)
    image[:4] = full - 9
    assert not holds_no_picture(image)


def test_a_lost_chunk_and_a_black_page_are_blank(tmp_path: Path) -> None:
    group = zarr.open_group(str(tmp_path / "lost.ome.zarr"), mode="w", zarr_format=3)
    group.create_array("0", shape=PICTURES.shape, dtype=np.uint8, chunks=(1, 16, 16))[:] = PICTURES
    axes = [{"name": "t", "type": "time"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    scale = [{"type": "scale", "scale": [1.0, 1.0, 1.0]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    shutil.rmtree(tmp_path / "lost.ome.zarr/0/c/3")
    black = PICTURES.copy()
    black[3] = 0
    tifffile.imwrite(tmp_path / "black.tif", black)
    for name in ("lost.ome.zarr", "black.tif"):
        movie = read(tmp_path / name)
        assert [frame for frame in range(6) if movie.is_blank(frame)] == [3]
