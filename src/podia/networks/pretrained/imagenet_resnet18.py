"""ImageNet weights of ResNet-18, found locally or downloaded from torchvision's public address, and checked."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import InvalidInputError
from podia.networks.pretrained.imagenet import local_weights, weights_cache

FILE_NAME = "resnet18-f37072fd.pth"
"""torchvision's ``ResNet18_Weights.IMAGENET1K_V1`` (BSD-3-Clause); its name contains the first digits of its sha256."""
ADDRESS = "https://download.pytorch.org/models/"
REGISTRY = {FILE_NAME: "sha256:f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"}


def resnet18_weights() -> Path:
    """Return the file of the ImageNet weights of ResNet-18, 45 MB.

    The file is searched in ``PODIA_DATA_DIR``/weights and in the cache (``PODIA_CACHE_DIR`` changes its location),
    otherwise downloaded into the cache. Its sha256 is always checked.

    Raises
    ------
    InvalidInputError
        If the download fails, or the checksum differs. Training never falls back to random weights.
    """
    import pooch

    local = local_weights(FILE_NAME)
    if local is not None:
        _require_known(local)
        return local
    cache = weights_cache()
    try:
        return Path(pooch.create(cache, ADDRESS, registry=REGISTRY).fetch(FILE_NAME))
    except Exception as error:  # no network, a full disk, another file: each raises another exception
        raise InvalidInputError(
            f"The ImageNet weights of ResNet-18 cannot be downloaded from {ADDRESS}{FILE_NAME} "
            f"({type(error).__name__}). Put this file into {cache}, use another one (--encoder-weights "
            "FILE), or start from random weights (--encoder-weights none)."
        ) from error


def _require_known(path: Path) -> None:
    import pooch

    if not pooch.hashes.hash_matches(path, REGISTRY[FILE_NAME]):
        raise InvalidInputError(
            f"{path} is not torchvision's file of this name (its sha256 differs). Replace it by "
            f"{ADDRESS}{FILE_NAME}, or remove it."
        )
