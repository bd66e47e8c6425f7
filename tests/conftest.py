"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from podia.results.results import Results

SLOW = (
    "cli/",
    "corrections/",
    "distributed/",
    "documents/",
    "experiment/test_compare.py",
    "evaluation/test_ctc.py",
    "evaluation/test_evaluate.py",
    "fuzz/",
    "measurement/test_history.py",
    "measurement/test_measure.py",
    "measurement/test_migration.py",
    "measurement/test_real_frame.py",
    "measurement/test_shape_modes.py",
    "napari/",
    "networks/inference/test_cells.py",
    "networks/inference/test_cell_size.py",
    "networks/inference/test_engines.py",
    "networks/inference/test_ensembles.py",
    "networks/inference/test_instances.py",
    "networks/inference/test_self_check.py",
    "networks/inference/test_streaming.py",
    "networks/models/",
    "networks/test_added_from_outside.py",
    "networks/test_export.py",
    "pipeline/",
    "preprocessing/test_drift.py",
    "reporting/test_browser.py",
    "reporting/test_corrections_in_page.py",
    "reporting/test_report.py",
    "reporting/test_viewer_in_page.py",
    "review/test_in_browser.py",
    "segmentation/test_real_movies.py",
    "segmentation/test_segment.py",
    "simulation/",
    "test_doc_blocks.py",
    "test_public_names.py",
    "tracking/test_known_tracks.py",
    "tracking/test_track.py",
    "training/",
)
"""Folders and files whose tests run whole commands, train, or take longer than a second or two each.

``make quick`` leaves them out and takes about a minute; ``make test`` runs all.
"""
QUICK = (
    "training/test_split.py",
    "training/test_data_list.py",
    "training/test_losses.py",
    "pipeline/test_config.py",
)
"""Quick ones among them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files."""
    here = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue
        place = item.path.relative_to(here).as_posix()
        if place.startswith(SLOW) and place not in QUICK:
            item.add_marker(pytest.mark.slow)


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


@pytest.fixture(scope="session")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run on labels in which the standing disc is in two pieces in frames 1 and 2; do not change it."""
    from halved_disc import run_on_halved_disc

    return run_on_halved_disc(tmp_path_factory.mktemp("halved"))


@pytest.fixture
def halved_results(halved: Results, tmp_path: Path) -> Results:
    """A copy of the run on the halved disc that a test can change."""
    from podia.results.results import open_results

    shutil.copytree(halved.path, tmp_path / "results")
    return open_results(tmp_path / "results")
