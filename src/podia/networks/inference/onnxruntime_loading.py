"""ONNX Runtime without its telemetry."""

from __future__ import annotations

import os
from typing import Any


def load_onnxruntime() -> Any:
    """Return the module ``onnxruntime``, told not to report its use.

    Its official builds send usage data to their makers and keep a device identifier in the user's folder, unless
    ``ORT_DISABLE_TELEMETRY`` is 1 when they are loaded (its ``Privacy.md``; 1.31). Who sets the variable decides.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
