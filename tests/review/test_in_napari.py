"""``podia review`` without napari says what to install, and names the browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from podia.data.errors import MissingDependencyError
from podia.io.analysis_folder import AnalysisFolder
from podia.results.results import Results
from podia.review import in_napari


def test_without_napari_one_line_says_what_to_install_and_names_the_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(in_napari, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError) as told:
        in_napari.review_in_napari(Results(AnalysisFolder(tmp_path)))
    assert 'pip install "podia[review]"' in str(told.value)
    assert f"podia review {tmp_path} --browser" in str(told.value)
    assert "\n" not in str(told.value)
