"""Cellpose's own files, and pickles in general: plain data are read, nothing is executed."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from podia.data.errors import MovieReadError
from podia.io.plain_pickle import PlainPickleError, read_plain_pickle
from podia.io.read import read_labels

MASKS = np.zeros((12, 16), np.uint16)
MASKS[2:5, 3:7], MASKS[7:11, 9:14] = 1, 2


def cellpose_file(path: Path, masks: Any) -> Path:
    """Write what Cellpose's GUI saves (cellpose 2 to 4, io.masks_flows_to_seg)."""
    content = {
        "outlines": np.asarray(masks) * 0,
        "colors": np.zeros((2, 3), np.uint8),
        "masks": masks,
        "chan_choose": [0, 0],
        "ismanual": np.zeros(2, bool),
        "filename": "C:\\images\\a.tif",
        "flows": [np.zeros((3, 3, 3), np.uint8), [], None, np.float32(3)],
        "diameter": np.float64(30),
        "img": np.zeros((3, 3)),
    }
    np.save(path, content, allow_pickle=True)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint32, np.int64])
def test_masks_of_cellpose_are_read(tmp_path: Path, dtype: type) -> None:
    labels = read_labels(cellpose_file(tmp_path / "a_seg.npy", MASKS.astype(dtype)))
    np.testing.assert_array_equal(labels.to_array(), MASKS[None])


def test_masks_of_a_stack_are_frames(tmp_path: Path) -> None:
    stack = np.stack([MASKS, MASKS[::-1]])
    labels = read_labels(cellpose_file(tmp_path / "a_seg.npy", stack))
    np.testing.assert_array_equal(labels.to_array(), stack)


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint32, np.float32, np.float64, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    ),
    st.integers(3, 5),
    st.booleans(),
)
def test_arrays_come_back_from_a_pickle(array: Any, protocol: int, fortran: bool) -> None:
    array = np.asfortranarray(array) if fortran else array
    found = read_plain_pickle(pickle.dumps({"a": [array, {"b": (array, 1.5, "x", None, True)}]}, protocol))
    for one in (found["a"][0], found["a"][1]["b"][0]):
        np.testing.assert_array_equal(one, array)
        assert one.dtype == array.dtype
    assert found["a"][1]["b"][1:] == (1.5, "x", None, True)


class _Harm:
    """What a hostile file does: its pickle calls a function."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "executed")


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    harm = _Harm(tmp_path / "harm.txt")
    np.save(tmp_path / "a_seg.npy", {"masks": harm, "harm": harm}, allow_pickle=True)  # type: ignore[arg-type]
    with pytest.raises(MovieReadError, match="no masks of Cellpose"):
        read_labels(tmp_path / "a_seg.npy")
    cellpose_file(tmp_path / "b_seg.npy", MASKS)
    content = {"masks": MASKS, "harm": harm}
    np.save(tmp_path / "b_seg.npy", content, allow_pickle=True)  # type: ignore[arg-type]
    np.testing.assert_array_equal(read_labels(tmp_path / "b_seg.npy").frame(0), MASKS)
    assert not (tmp_path / "harm.txt").exists()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_pickles_end_in_a_plain_error(data: st.DataObject) -> None:
    whole = bytearray(pickle.dumps({"masks": MASKS, "flows": [MASKS, {"x": 1}]}, 4))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PlainPickleError):
        read_plain_pickle(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
