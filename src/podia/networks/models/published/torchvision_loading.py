"""torchvision, with operators that run where its compiled ones do not load."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch

from podia.data.errors import MissingDependencyError
from podia.networks.models.published.box_operators import nms, roi_align

_SUPPRESSION = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_DECLARED: list[torch.library.Library] = []
"""Declarations last as long as these."""


@cache
def load_torchvision(needed_by: str = "Mask R-CNN", extra: str = "mask-rcnn") -> ModuleType:
    """Return the module ``torchvision``, its detection networks ready to be built.

    torchvision's compiled operators fit one build of torch. Beside another (its wheels on PyPI beside torch's CPU
    build, 0.28 and 2.13) they do not load, and torchvision cannot even be imported, since it describes to torch
    operators that are not there. Those are declared here, and ``nms`` and ``roi_align``, which Mask R-CNN calls,
    replaced by :mod:`podia.networks.models.published.box_operators`. Where the compiled ones load, nothing is touched.

    Raises
    ------
    MissingDependencyError
        If torchvision is not installed, or cannot be imported all the same.
    """
    if find_spec("torchvision") is None:
        raise MissingDependencyError(
            f'{needed_by} needs torchvision, which is not installed: pip install "podia[{extra}]".'
        )
    try:
        torchvision = _import()
    except (RuntimeError, ImportError, OSError) as error:
        raise MissingDependencyError(
            f"torchvision is installed but cannot be imported beside torch {torch.__version__} ({error}). Install the "
            f"version made for it."
        ) from error
    if not compiled_operators_load():
        import_module("torchvision.ops.boxes").nms = nms  # type: ignore[attr-defined]
        import_module("torchvision.ops.poolers").roi_align = roi_align  # type: ignore[attr-defined]
    return torchvision


def compiled_operators_load() -> bool:
    """Return whether torchvision, imported before, has its compiled operators."""
    has_ops: bool = import_module("torchvision.extension")._has_ops()
    return has_ops


def _import() -> ModuleType:
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    _DECLARED.append(library)
    for name in ("nms", "qnms"):
        library.define(name + _SUPPRESSION)  # type: ignore[no-untyped-call]
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    return import_module("torchvision")
