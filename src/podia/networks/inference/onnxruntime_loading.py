"""ONNX Runtime without its telemetry."""

from __future__ import annotations

import os
from typing import Any


def load_onnxruntime() -> Any:
    """Return the module ``onnxruntime`` with telemetry disabled.

    Official builds send usage data and store a device identifier in the folder of the user, unless
    ``ORT_DISABLE_TELEMETRY`` is 1 when they are loaded (its ``Privacy.md``; 1.31). A variable set by the user takes
    precedence.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
