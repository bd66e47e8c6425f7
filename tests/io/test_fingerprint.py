from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from podia.data.errors import MovieReadError
from podia.io.fingerprint import fingerprint


def test_of_a_file_is_the_sha256_of_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000  # more than one block
    (tmp_path / "a.tif").write_bytes(content)
    (tmp_path / "b.tif").write_bytes(content)
    assert fingerprint(tmp_path / "a.tif") == hashlib.sha256(content).hexdigest()
    assert fingerprint(str(tmp_path / "b.tif")) == fingerprint(tmp_path / "a.tif")


def _folder(path: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return fingerprint(path)


def test_of_a_folder_counts_names_and_content_but_not_its_place(tmp_path: Path) -> None:
    original = _folder(tmp_path / "a", {"t0.tif": b"00", "in/t1.tif": b"1"})
    assert _folder(tmp_path / "b", {"in/t1.tif": b"1", "t0.tif": b"00"}) == original
    assert _folder(tmp_path / "c", {"t0.tif": b"00", "in/t2.tif": b"1"}) != original
    assert _folder(tmp_path / "d", {"t0.tif": b"01", "in/t1.tif": b"1"}) != original
    assert _folder(tmp_path / "e", {"t0.tif": b"0", "in/t1.tif": b"01"}) != original


def test_of_nothing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=r"'.*gone.tif' cannot be read: No such file"):
        fingerprint(tmp_path / "gone.tif")
