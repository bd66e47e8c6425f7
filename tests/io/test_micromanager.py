"""Micro-Manager's image stacks: a file per position, with and without OME-XML, and their scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from micromanager_files import INTERVAL_MS, PIXEL_UM, ome_xml, write_stack
from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.io.read import positions_in, read

FRAMES = np.random.default_rng(0).integers(20, 200, (2, 3, 24, 32)).astype(np.uint8)
"""Of two positions."""


def positions(folder: Path, *, with_ome: bool) -> list[Path]:
    """Write two positions, a file each; the first file describes the set."""
    ome = ome_xml("e", 2, FRAMES.shape[1:])
    return [
        write_stack(
            folder / f"e_MMStack_Pos{p}.ome.tif",
            FRAMES[p],
            position=p,
            n_positions=2,
            ome=ome if with_ome and p == 0 else None,
        )
        for p in range(2)
    ]


@pytest.mark.parametrize("with_ome", [True, False])
def test_a_file_of_a_set_is_its_own_position(with_ome: bool, tmp_path: Path) -> None:
    for number, path in enumerate(positions(tmp_path, with_ome=with_ome)):
        movie = read(path)
        np.testing.assert_array_equal(movie.to_array(), FRAMES[number])
        assert movie.calibration == Calibration(PIXEL_UM, INTERVAL_MS / 1000)


def test_another_position_of_a_set_is_picked_by_name(tmp_path: Path) -> None:
    first, _ = positions(tmp_path, with_ome=True)
    names = positions_in(first)
    assert len(names) == 2
    np.testing.assert_array_equal(read(first, position=names[1]).to_array(), FRAMES[1])
    with pytest.raises(MovieReadError, match="has no position 'Pos7'"):
        read(first, position="Pos7")


def test_a_lone_stack_has_the_pixels_that_tifffile_finds(tmp_path: Path) -> None:
    path = write_stack(tmp_path / "e_MMStack_Pos0.ome.tif", FRAMES[0])
    np.testing.assert_array_equal(read(path).to_array(), tifffile.imread(path).reshape(FRAMES[0].shape))
    assert read(path).calibration == Calibration(PIXEL_UM, INTERVAL_MS / 1000)
