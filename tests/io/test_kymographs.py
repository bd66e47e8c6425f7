"""Kymographs written and read."""

from __future__ import annotations

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.edge_tables import KYMOGRAPHS
from podia.data.errors import MovieReadError
from podia.data.kymographs import Kymographs
from podia.io.kymographs import KymographFiles, read_kymographs, write_kymographs

CALIBRATED = Calibration(0.5, 60.0)


def kymographs(n_rows: int = 3) -> Kymographs:
    values = {
        name: np.full((n_rows, 16), index, np.float32) for index, name in enumerate(KYMOGRAPHS.base_names)
    }
    return Kymographs(np.arange(1, n_rows + 1), np.arange(n_rows), values)


@pytest.mark.parametrize("n_rows", [3, 0])
def test_what_is_written_is_read(n_rows, tmp_path):
    written = kymographs(n_rows).conform(CALIBRATED)
    write_kymographs(written, tmp_path / "k.npz")
    found = read_kymographs(tmp_path / "k.npz", CALIBRATED)
    assert found.track_ids.tolist() == written.track_ids.tolist()
    assert list(found.arrays) == KYMOGRAPHS.names(CALIBRATED)
    for name, rows in found.arrays.items():
        np.testing.assert_array_equal(rows, written.arrays[name])


def test_the_same_kymographs_give_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_kymographs(kymographs(), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_only_what_is_wanted_is_read_and_another_calibration_is_told(tmp_path):
    write_kymographs(kymographs().conform(CALIBRATED), tmp_path / "k.npz")
    found = read_kymographs(tmp_path / "k.npz", CALIBRATED, ("velocity",))
    assert list(found.arrays) == ["velocity_um_per_min"]
    with pytest.raises(
        MovieReadError, match=r"lacks \['velocity_px_per_frame'\]; it contains .* another calibration"
    ):
        read_kymographs(tmp_path / "k.npz", Calibration(), ("velocity",))
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(MovieReadError, match="cannot be read as kymograph archive"):
        read_kymographs(tmp_path / "broken.npz", CALIBRATED)
    with pytest.raises(MovieReadError, match="no file"):
        read_kymographs(tmp_path / "none.npz", CALIBRATED)


def test_a_file_of_an_older_podia_gives_what_it_has_and_says_what_it_lacks(tmp_path):
    conformed = kymographs().conform(CALIBRATED)
    older = {
        name: rows
        for name, rows in conformed.arrays.items()
        if name not in ("stretch_length_um", "area_gained_um2")
    }
    write_kymographs(Kymographs(conformed.track_ids, conformed.frames, older), tmp_path / "k.npz")
    assert read_kymographs(tmp_path / "k.npz", CALIBRATED, ("velocity",)).n_positions == 16
    with pytest.raises(
        MovieReadError,
        match=r"lacks \['stretch_length_um', 'area_gained_um2'\].*older version of podia. Run podia measure again",
    ):
        read_kymographs(tmp_path / "k.npz", CALIBRATED)


def test_room_in_files_holds_what_is_put_there(tmp_path):
    allocate = KymographFiles(tmp_path / "new")
    rows = allocate("velocity", (4, 16))
    rows[2] = 5
    rows.flush()
    assert np.load(tmp_path / "new" / "kymograph.velocity.npy")[2].tolist() == [5] * 16
    assert allocate("y", (0, 16)).shape == (0, 16)
