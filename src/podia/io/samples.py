"""Sample movies: download, checksums and licences."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath

from podia.data.errors import MovieReadError
from podia.data.progress import Progress, silent

_TIMEOUT_S = 10.0
"""Download timeout: long enough for slow connections, short enough to detect missing ones."""


@dataclass(frozen=True)
class Sample:
    """A public movie with one file per frame, the sha256 of each file, and its metadata.

    Parameters
    ----------
    name
        Short name; also its folder in ``PODIA_DATA_DIR`` and in the cache.
    title
        Content, in one line.
    address
        Base address of the files in `checksums`.
    checksums
        File name (with folders) -> sha256, in frame order.
    licence, citation
        Terms of use, and the publication to cite.
    pixel_size_um, frame_interval_s
        Calibration, which the files do not contain.
    """

    name: str
    title: str
    address: str
    checksums: Mapping[str, str]
    licence: str
    citation: str
    pixel_size_um: float
    frame_interval_s: float


def _listed_checksums(file_name: str) -> dict[str, str]:
    """Return ``file name -> sha256`` from a list in the package, in the format of sha256sum."""
    lines = files("podia.io").joinpath(file_name).read_text(encoding="utf-8").splitlines()
    return {name: checksum for checksum, name in (line.split(maxsplit=1) for line in lines)}


T98G = Sample(
    name="T98G",
    title="T98G glioma cells, phase contrast, 37 frames of 1022 x 1024 pixels, 16 bit",
    # The commit that added these files.
    address="https://raw.githubusercontent.com/oist/Usiigaci/b61695f82c3c3dfe42bd11b473491c7b39ec3d81/",
    checksums=_listed_checksums("t98g_sha256.txt"),
    licence="MIT",
    citation=(
        "Tsai, H.-F. et al. (2019) Usiigaci: instance-aware cell tracking in stain-free phase contrast microscopy "
        "enabled by machine learning. SoftwareX 9, 230-237. doi:10.1016/j.softx.2019.02.007"
    ),
    pixel_size_um=0.8708,
    frame_interval_s=600.0,
)


def fetch_t98g(*, progress: Progress | None = None) -> Path:
    """Return the folder of the T98G movie, for :func:`podia.read`; its calibration is in :data:`T98G`.

    The folder is ``PODIA_DATA_DIR``/T98G/01 if it exists (an 8-bit copy: the high byte of the original), otherwise the
    cache. If necessary, the movie is downloaded into the cache (78 MB) and checked. ``PODIA_CACHE_DIR`` sets the cache.

    Raises
    ------
    MovieReadError
        If the download fails, or a file has another checksum.
    """
    folder = os.environ.get("PODIA_DATA_DIR")
    if folder and (local := Path(folder) / T98G.name / "01").is_dir():
        return local
    return _fetch(T98G, progress or silent)


def _fetch(sample: Sample, progress: Progress) -> Path:
    """Return the cache folder of a sample, after downloading and checking its files."""
    import pooch

    by_name = {PurePosixPath(path).name: path for path in sample.checksums}
    folder = Path(os.environ.get("PODIA_CACHE_DIR") or pooch.os_cache("podia")) / sample.name
    cache = pooch.create(
        path=folder,
        base_url="",
        registry={name: f"sha256:{sample.checksums[path]}" for name, path in by_name.items()},
        urls={name: sample.address + path for name, path in by_name.items()},
        retry_if_failed=0,
    )
    # pooch logs each file; here the progress bar replaces its messages.
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT_S, progressbar=False)
    for done, name in enumerate(by_name, start=1):
        try:
            cache.fetch(name, downloader=downloader)
        except Exception as error:  # no network, a wrong checksum, a full disk: different exceptions
            raise MovieReadError(
                f"Could not download the sample movie {sample.name} from {sample.address}: "
                f"{_in_short(error)} To work offline, put its files in {folder}, or set PODIA_DATA_DIR."
            ) from error
        progress(f"download {sample.name}", done, len(by_name))
    return folder


def _in_short(error: Exception) -> str:
    """Return a short sentence for a download error."""
    text = str(error)
    if "hash of downloaded file" in text:
        return "a file has an unexpected checksum and was removed."
    if type(error).__name__ == "HTTPError":  # of requests, which pooch uses
        return f"the server replied {text.rstrip('.')}."
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.strerror}."
    return f"there is no connection ({type(error).__name__})."
