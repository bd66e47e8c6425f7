"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real movies; tests that ask for it skip, saying so, where it is not there."""
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        pytest.skip("needs real movies: set PODIA_DATA_DIR to their folder")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"PODIA_DATA_DIR is '{folder}', which is not a folder")
    return path


@pytest.fixture(scope="session")
def discs_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose network finds the discs of ``small_movies``."""
    from trained_model import write_trained_model

    return write_trained_model(tmp_path_factory.mktemp("model"))
