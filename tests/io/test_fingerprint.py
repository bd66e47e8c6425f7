from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import tifffile

from podia.data.errors import MovieReadError
from podia.io.fingerprint import fingerprint
from podia.io.read import read


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
    original = _folder(tmp_path / "a", {"t0.tif": b"00", "t1.tif": b"1"})
    assert _folder(tmp_path / "b", {"t1.tif": b"1", "t0.tif": b"00"}) == original
    assert _folder(tmp_path / "c", {"t0.tif": b"00", "t2.tif": b"1"}) != original
    assert _folder(tmp_path / "d", {"t0.tif": b"01", "t1.tif": b"1"}) != original
    assert _folder(tmp_path / "e", {"t0.tif": b"0", "t1.tif": b"01"}) != original


def test_of_a_folder_of_images_counts_nothing_but_the_frames(tmp_path: Path) -> None:
    original = _folder(tmp_path, {"t0.tif": b"0", "t1.tif": b"1"})
    others = {".DS_Store": b"x", "notes.txt": b"x", "podia-results/m/labels.tif": b"x", "._t0.tif": b"x"}
    assert _folder(tmp_path, others) == original


def test_of_a_zarr_counts_all_that_is_in_it_but_clutter(tmp_path: Path) -> None:
    original = _folder(tmp_path / "m.zarr", {"zarr.json": b"{}", "0/c/0": b"0"})
    assert _folder(tmp_path / "m.zarr", {"0/.DS_Store": b"x"}) == original
    assert _folder(tmp_path / "m.zarr", {"0/c/0": b"1"}) != original


def test_of_an_ome_tiff_counts_every_file_of_its_set(tmp_path: Path) -> None:
    pages = np.zeros((2, 16, 16), np.uint8)
    names = [f"m_{k}.ome.tif" for k in range(2)]
    places = "".join(
        f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t}</UUID></TiffData>'
        for t, name in enumerate(names)
    )

    def write(k: int) -> None:
        xml = (
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{k}"><Image ID="Image:0">'
            f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="16" SizeY="16" SizeZ="1" SizeC="1" '
            f'SizeT="2">{places}</Pixels></Image></OME>'
        )
        tifffile.imwrite(tmp_path / names[k], pages[k], description=xml, metadata=None)

    for k in range(2):
        write(k)
    assert read(tmp_path / names[0]).shape == pages.shape
    original = fingerprint(tmp_path / names[0])
    assert fingerprint(tmp_path / names[1]) == original
    pages[1] = 9
    write(1)
    assert fingerprint(tmp_path / names[0]) != original


def test_of_nothing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=r"'.*gone.tif' cannot be read: No such file"):
        fingerprint(tmp_path / "gone.tif")


def test_opening_and_hashing_a_tiff_walks_its_pages_once_with_tifffile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "movie.ome.tif"
    tifffile.imwrite(path, np.zeros((4, 8, 8), np.uint8), ome=True, metadata={"axes": "TYX"})
    walked = []
    series = tifffile.TiffFile.series.func

    def counted(tif: tifffile.TiffFile) -> object:
        walked.append(tif.filehandle.name)
        return series(tif)

    counting = cached_property(counted)
    counting.__set_name__(tifffile.TiffFile, "series")
    monkeypatch.setattr(tifffile.TiffFile, "series", counting)
    read(path)
    fingerprint(path)
    assert walked == ["movie.ome.tif"]
