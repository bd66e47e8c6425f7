"""The sample movie: from the shared folder, the cache or the network, checked; offline fails soon and clearly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pooch
import pytest
import tifffile

from podia.data.errors import MovieReadError, PodiaError
from podia.io import samples
from podia.io.read import read
from podia.io.samples import T98G, fetch_t98g


@pytest.fixture(autouse=True)
def no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the shared movies nor the user's cache."""
    monkeypatch.delenv("PODIA_DATA_DIR", raising=False)
    monkeypatch.setenv("PODIA_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two small frames in place of the movie, and a network that serves them; returns what was asked for."""
    contents: dict[str, bytes] = {}
    for number in (1, 2):
        name = f"ExampleData/cell_t{number:02d}.tif"
        tifffile.imwrite(tmp_path / "frame.tif", np.full((4, 5), number, np.uint16))
        contents[name] = (tmp_path / "frame.tif").read_bytes()
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(samples, "T98G", replace(T98G, address="https://example.org/", checksums=checksums))
    asked: list[str] = []

    def download(_: object, url: str, output_file: str, __: object) -> None:
        asked.append(url)
        Path(output_file).write_bytes(contents[url.removeprefix("https://example.org/")])

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", download)
    return asked


def _network(monkeypatch: pytest.MonkeyPatch, act: Callable[[str], None]) -> None:
    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", lambda _, __, output_file, ___: act(output_file))


def test_registry_holds_37_frames_with_their_checksums_and_terms() -> None:
    assert len(T98G.checksums) == 37
    assert all(len(checksum) == 64 for checksum in T98G.checksums.values())
    assert next(iter(T98G.checksums)) == "ExampleData/T98G_sample/20180101ef002xy01t01.tif"
    assert T98G.address.startswith("https://")
    assert (T98G.licence, T98G.pixel_size_um, T98G.frame_interval_s) == ("MIT", 0.8708, 600.0)


def test_shared_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[str]
) -> None:
    (tmp_path / "T98G" / "01").mkdir(parents=True)
    monkeypatch.setenv("PODIA_DATA_DIR", str(tmp_path))
    assert fetch_t98g() == tmp_path / "T98G" / "01"
    assert served == []


def test_download_is_readable_told_and_cached(served: list[str], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = fetch_t98g(progress=lambda *step: told.append(step))
    assert folder == tmp_path / "cache" / "T98G"
    assert [int(frame.max()) for frame in read(folder)] == [1, 2]
    assert told == [("download T98G", 1, 2), ("download T98G", 2, 2)]
    assert len(served) == 2
    fetch_t98g()
    assert len(served) == 2


@pytest.mark.usefixtures("served")
def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise ConnectionError("HTTPSConnectionPool(host=...): a very long story")

    _network(monkeypatch, refuse)
    with pytest.raises(
        PodiaError, match=r"Could not download .* T98G .*: there is no connection .*PODIA_DATA_DIR"
    ):
        fetch_t98g()


@pytest.mark.usefixtures("served")
def test_a_wrong_checksum_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _network(monkeypatch, lambda output_file: Path(output_file).write_bytes(b"something else") and None)
    with pytest.raises(MovieReadError, match="has an unexpected checksum and was removed"):
        fetch_t98g()
    assert list((tmp_path / "cache" / "T98G").iterdir()) == []


def test_real_copy_in_the_shared_folder_is_the_movie(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIA_DATA_DIR", str(data_dir))
    movie = read(fetch_t98g(), pixel_size_um=T98G.pixel_size_um, frame_interval_s=T98G.frame_interval_s)
    assert movie.shape == (37, 1022, 1024)
