"""Labels whose background is not 0 are refused, whoever wrote them; cells that fill the frame are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import MovieReadError
from podia.io.label_background import background_value, require_zero_background
from podia.io.read import read_labels

SIZE = 48


@st.composite
def cells_on_zero(draw: st.DrawFn) -> np.ndarray:
    """Boxes on a background of 0; some are cut by the edge, none fills most of the frame."""
    labels = np.zeros((SIZE, SIZE), np.int32)
    for label in range(1, draw(st.integers(2, 8))):
        y, x = draw(st.integers(-6, SIZE - 4)), draw(st.integers(-6, SIZE - 4))
        height, width = draw(st.integers(3, 14)), draw(st.integers(3, 14))
        labels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = label
    return labels


def ilastik(labels: np.ndarray, cells: int, background: int) -> np.ndarray:
    return np.where(labels > 0, cells, background)


CONVENTIONS = {
    "ilastik, background first": lambda labels: ilastik(labels, 2, 1),
    "ilastik, cells first": lambda labels: ilastik(labels, 1, 2),
    "Segment Anything, background last": lambda labels: np.where(labels > 0, labels, labels.max() + 1),
    "every label one too high": lambda labels: labels + 1,
    "inverted mask": lambda labels: ilastik(labels, 0, 255),
}


@settings(max_examples=60, deadline=None)
@given(cells_on_zero())
def test_a_background_of_zero_is_found_whatever_lies_on_it(labels: np.ndarray) -> None:
    assert background_value(labels) == 0


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=40, deadline=None)
@given(labels=cells_on_zero())
def test_another_background_is_found_under_every_convention(convention: str, labels: np.ndarray) -> None:
    changed = CONVENTIONS[convention](labels)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    if (labels > 0).any() and (border == 0).mean() > 0.6 and (labels[[0, -1]] == 0).any(axis=1).all():
        (value,) = set(changed[labels == 0].tolist())
        assert background_value(changed) == value


@pytest.mark.parametrize("turns", range(4))
def test_cells_that_fill_the_frame_have_no_background(turns: int) -> None:
    tiles = np.kron(np.arange(1, 17).reshape(4, 4), np.ones((12, 12), np.int32)).astype(np.int32)
    assert background_value(np.rot90(tiles, turns)) == 0


def test_one_frame_with_a_background_of_zero_is_enough() -> None:
    frames = [np.full((9, 9), 3, np.int32), np.zeros((9, 9), np.int32)]
    require_zero_background(lambda i: frames[i], range(2), Path("labels.tif"))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_reader_says_what_is_wrong_and_what_to_do(convention: str, tmp_path: Path) -> None:
    labels = np.zeros((2, 20, 20), np.int32)
    labels[:, 3:8, 3:8], labels[:, 12:17, 10:16] = 1, 2
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, CONVENTIONS[convention](labels).astype(np.uint16))
    with pytest.raises(MovieReadError, match=r"The background of the labels .* is \d+, not 0"):
        read_labels(path)
    assert read_labels(path, any_background=True).n_frames == 2


def test_a_movie_given_as_labels_is_refused(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(80, 160, (3, 32, 32), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "movie.tif", grey, photometric="minisblack")
    with pytest.raises(MovieReadError, match="not a label image: its values change from pixel to pixel"):
        read_labels(tmp_path / "movie.tif")
