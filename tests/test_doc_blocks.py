"""Every Python block of the README and the pages runs, in order, in a folder with the files that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from podia.networks.card import ModelCard
from podia.networks.model_file import save_model
from podia.networks.models.registry import build_network
from podia.pipeline.run import run
from podia.testing.small_movies import as_phase_contrast, crawling_discs, write_small_movie
from tiny_trainings import tiny_recipe

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HOW_TOS = ("ec50", "growth", "protrusions", "speed", "wound")
_TESTED_ELSEWHERE = {
    "docs/export.md": "tests/cli/test_export_page.py",
    **{f"docs/howto/{name}.md": "tests/documents/test_pages.py" for name in _HOW_TOS},
}
"""Pages whose blocks another test runs, with their commands or since they need optional packages."""


def blocks_of(page: str) -> list[str]:
    return _FENCE.findall((ROOT / page).read_text(encoding="utf-8"))


def pages_with_blocks() -> list[str]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [name for page in pages if blocks_of(name := page.relative_to(ROOT).as_posix())]


def one_movie(folder: Path, _: pytest.MonkeyPatch) -> None:
    write_small_movie(folder, n_frames=2)


def two_conditions(folder: Path, _: pytest.MonkeyPatch) -> None:
    rows = []
    for condition in ("control", "drug"):
        for replicate in (1, 2):
            name = f"{condition}{replicate}"
            movie = write_small_movie(folder / f"movie-{name}", n_frames=6, seed=replicate)
            run(movie, folder / name, labels=movie.with_name("labels.tif"), until="measure")
            rows.append((name, condition, replicate))
    pd.DataFrame(rows, columns=["folder", "condition", "replicate"]).to_csv(
        folder / "experiment.csv", index=False
    )


def truth_and_result(folder: Path, _: pytest.MonkeyPatch) -> None:
    labels = crawling_discs(2).astype(np.uint16)
    for path in (folder / "01_GT" / "SEG", folder / "01_RES"):
        path.mkdir(parents=True)
        prefix = "man_seg" if path.name == "SEG" else "mask"
        for frame, image in enumerate(labels):
            tifffile.imwrite(path / f"{prefix}{frame:03d}.tif", image)


def analysis(folder: Path, _: pytest.MonkeyPatch) -> None:
    movie = write_small_movie(folder, n_frames=3)
    run(movie, folder / "results" / "movie", labels=folder / "labels.tif", until="measure")


def trained_with_tips(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_movie(folder, n_frames=1)
    images = folder / "my_data"
    images.mkdir()
    stack: dict[str, Any] = {"imagej": True, "metadata": {"axes": "TYX"}}
    tifffile.imwrite(images / "movie.tif", as_phase_contrast(crawling_discs(4)), **stack)
    tifffile.imwrite(images / "labels.tif", crawling_discs(4), **stack)
    network = {"tips": True, "memory": [4, 8], "decoder": [8, 8, 8], "detail": 4}
    card = ModelCard(name="tips", architecture="podia", network=network)
    (folder / "my_model").mkdir()
    save_model(
        folder / "my_model" / "model.safetensors", build_network("podia", network, seed=0).eval(), card
    )
    # The block trains with the recipe podia, for ten minutes; here it takes one of three steps.
    monkeypatch.setattr("podia.training.train.load_recipe", lambda _: tiny_recipe(stages=[{"steps": 3}]))


STAGES: dict[str, Callable[[Path, pytest.MonkeyPatch], None]] = {
    "README.md": one_movie,
    "docs/compare.md": two_conditions,
    "docs/evaluation.md": truth_and_result,
    "docs/morphodynamics.md": analysis,
    "docs/python.md": one_movie,
    "docs/training.md": trained_with_tips,
}
"""What makes the files that the blocks of a page name."""


def test_every_page_with_python_has_its_blocks_run() -> None:
    assert set(pages_with_blocks()) == set(STAGES) | set(_TESTED_ELSEWHERE)
    for page, test in _TESTED_ELSEWHERE.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", STAGES)
def test_the_python_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    STAGES[page](tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks_of(page):
        exec(compile("import podia\n" + block, page, "exec"), names)
    capsys.readouterr()
