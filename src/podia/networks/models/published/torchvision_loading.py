"""Import of torchvision, with replacements for compiled operators that do not load."""

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
"""Keeps the declarations alive."""


@cache
def load_torchvision(needed_by: str = "Mask R-CNN", extra: str = "mask-rcnn") -> ModuleType:
    """Import ``torchvision`` so that its detection networks can be built.

    torchvision's compiled operators require a matching build of torch. With another build (such as its wheels on PyPI
    with torch's CPU build, 0.28 and 2.13) they do not load, and torchvision cannot even be imported, because it
    registers properties of operators that do not exist. These are declared here, and ``nms`` and ``roi_align``, which
    Mask R-CNN calls, are replaced by :mod:`podia.networks.models.published.box_operators`. If the compiled operators
    load, nothing is changed.

    Raises
    ------
    MissingDependencyError
        If torchvision is not installed, or still cannot be imported.
    """
    if find_spec("torchvision") is None:
        raise MissingDependencyError(
            f'{needed_by} needs torchvision, which is not installed: pip install "podia[{extra}]".'
        )
    try:
        torchvision = _import()
    except (RuntimeError, ImportError, OSError) as error:
        raise MissingDependencyError(
            f"torchvision is installed but cannot be imported with torch {torch.__version__} ({error}). "
            "Install the matching version."
        ) from error
    if not compiled_operators_load():
        import_module("torchvision.ops.boxes").nms = nms  # type: ignore[attr-defined]  # set on a module
        import_module("torchvision.ops.poolers").roi_align = roi_align  # type: ignore[attr-defined]  # set on a module
    return torchvision


def compiled_operators_load() -> bool:
    """Return whether the imported torchvision has its compiled operators."""
    has_ops: bool = import_module("torchvision.extension")._has_ops()
    return has_ops


def _import() -> ModuleType:
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch leaves it untyped
    _DECLARED.append(library)
    for name in ("nms", "qnms"):
        library.define(name + _SUPPRESSION)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    return import_module("torchvision")
