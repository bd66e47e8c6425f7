"""COCO weights of Mask R-CNN, as published by torchvision."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import InvalidInputError
from podia.files.checksum import file_sha256
from podia.networks.pretrained.imagenet import local_weights, weights_cache

FILE_NAME = "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth"
"""torchvision's ``MaskRCNN_ResNet50_FPN_Weights.COCO_V1`` (BSD-3-Clause), 178 MB."""
ADDRESS = "https://download.pytorch.org/models/"
_SHA256_PREFIX = "bf2d0c1e"
"""First digits of the checksum, the only published ones: too few to trust an automatic download."""


def coco_weights() -> Path:
    """Return the file of the COCO weights from ``PODIA_DATA_DIR``/weights or the cache (``PODIA_CACHE_DIR``).

    Raises
    ------
    InvalidInputError
        If the file is in neither, or has another checksum. Training never falls back to random weights.
    """
    cached = weights_cache() / FILE_NAME
    path = local_weights(FILE_NAME) or cached
    if not path.is_file():
        raise InvalidInputError(
            f"The COCO weights of Mask R-CNN are not available. Download {ADDRESS}{FILE_NAME} (178 MB) to "
            f"{cached}, use another file (initial_weights = FILE), or start from random weights (--set "
            "initial_weights=none --set network.norm=group)."
        )
    found = file_sha256(path)
    if not found.startswith(_SHA256_PREFIX):
        raise InvalidInputError(
            f"{path} is not torchvision's file of this name: its sha256 is {found[:8]}..., not "
            f"{_SHA256_PREFIX}.... Download it again."
        )
    return path
