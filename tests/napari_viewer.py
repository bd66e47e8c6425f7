"""A real viewer of napari for tests, and waiting for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest


def open_viewer() -> Iterator[Any]:
    """Yield a viewer in a window, and close it; skip the test without a display."""
    if not os.environ.get("DISPLAY"):
        pytest.skip("needs a display: xvfb-run pytest ...")
    import napari

    viewer = napari.Viewer()
    viewer.window._qt_window.resize(1000, 700)  # drawn in software
    yield viewer
    viewer.close()


def wait_until(condition: Callable[[], Any], seconds: float = 240) -> None:
    """Let Qt work until `condition` holds."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not condition():
        QApplication.processEvents()
        time.sleep(0.01)
        assert time.monotonic() < end, "waited too long"
