"""CZI files as libCZI writes them, read through bioio; skipped where ``pylibCZIrw`` and ``bioio-czi`` are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from podia.data.errors import MovieReadError
from podia.io.read import positions_in, read

czi = pytest.importorskip("pylibCZIrw.czi", reason="pylibCZIrw, which writes CZI files, is not installed")
pytest.importorskip("bioio_czi", reason="bioio-czi is not installed")

FRAMES = np.random.default_rng(0).integers(20, 200, (2, 3, 24, 32)).astype(np.uint16)
"""Of two channels."""


def _write(path: Path, n_channels: int) -> Path:
    with czi.create_czi(str(path)) as document:
        for channel in range(n_channels):
            for t, frame in enumerate(FRAMES[channel]):
                document.write(data=frame[..., None], plane={"T": t, "Z": 0, "C": channel})
        names = dict(enumerate(("Phase", "GFP")[:n_channels]))
        document.write_metadata("m", channel_names=names, scale_x=0.65e-6, scale_y=0.65e-6)
    return path


def test_frames_and_pixel_size_of_a_czi_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.czi", 1)
    movie = read(path)
    np.testing.assert_array_equal(movie.to_array(), FRAMES[0])
    assert movie.calibration.pixel_size_um == pytest.approx(0.65)
    assert len(positions_in(path)) == 1


def test_channels_of_a_czi_file_are_picked_by_name(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.czi", 2)
    np.testing.assert_array_equal(read(path, channel="GFP").to_array(), FRAMES[1])
    with pytest.raises(MovieReadError, match=r"2 channels \(0: Phase, 1: GFP\)"):
        read(path)
