from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from podia.networks.inference.allocation import keep_freed_memory

_IS_SET_ON_IMPORT = """
from podia.networks.inference import allocation, engines, predictor
print(allocation.keep_freed_memory.cache_info().misses)
"""


def test_glibc_is_told_once() -> None:
    assert keep_freed_memory() == (platform.libc_ver()[0] == "glibc")
    misses = keep_freed_memory.cache_info().misses
    keep_freed_memory()
    assert keep_freed_memory.cache_info().misses == misses


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_freed_memory.__wrapped__() is False


def test_nothing_is_set_on_import() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _IS_SET_ON_IMPORT], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "0"
