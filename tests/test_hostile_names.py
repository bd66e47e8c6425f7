"""Names from files are text in every page that podia writes: never tags, attributes or scripts.

A page with hostile names has the same tags, attributes and scripts as the page with harmless ones of the same length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiment.test_compare import write_folder
from podia.corrections.operations import CellAt, Delete
from podia.data.movie import LabelMovie
from podia.data.tables import SUMMARY, TRACKS
from podia.evaluation.evaluate import evaluate
from podia.evaluation.report import write_evaluation
from podia.experiment.compare import compare
from podia.reporting.plate import PlateWell
from podia.reporting.report import report
from podia.reporting.summary import summarise
from reporting.test_summary import CALIBRATED, failed, movie
from tiny_report import tiny_inputs

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover=alert(1) x="',
    "' onmouseover='alert(1)",
    "--><svg onload=alert(1)>",
    "javascript:alert(1)//",
    "</style></title><b>{{7*7}}${7*7}",
    "&lt;i&gt;&#60;b&#62;",
)


class _Structure(HTMLParser):
    """Tags with the names of their attributes, values that run code, and what is between the tags of scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data
        else:
            self.text.append(data)


def structure_of(page: Path) -> _Structure:
    parser = _Structure()
    parser.feed(page.read_text(encoding="utf-8"))
    parser.close()
    return parser


def _report(folder: Path, name: str) -> Path:
    inputs = tiny_inputs(6, name=name, files={f"{name[:20]}.csv".replace("/", "_"): name})
    tracks = inputs.tables[TRACKS.name].assign(name=name)
    run = {
        "version": name,
        "config": {"channel": name, "segmentation": {"network": {"model": name}}, name: 1},
        "input": {"path": name, name: name},
        "notes": [name],
        "steps": {"segment": {"cleaned": [name]}},
        "corrections": [Delete(cells=(CellAt(frame=1, y=10, x=10),), author=name, time=name).model_dump()],
    }
    return report(
        replace(inputs, run=run, segmented_by=name, tables={**inputs.tables, TRACKS.name: tracks}),
        folder / "report.html",
    )


def _summary(folder: Path, name: str) -> Path:
    rows = pd.DataFrame([movie(name), movie("b"), failed(name, name)], columns=SUMMARY.base_names)
    return summarise(SUMMARY.conform(rows, CALIBRATED), folder / "summary.html")


def _plate(folder: Path, name: str) -> Path:
    rows = pd.DataFrame([movie(name), movie("b"), failed("c", name)], columns=SUMMARY.base_names)
    wells = {
        name: PlateWell("A1", name, name),
        "b": PlateWell(name, name, "1"),
        "c": PlateWell("B3", "x", name),
    }
    return summarise(SUMMARY.conform(rows, CALIBRATED), folder / "summary.html", wells)


def _compare(folder: Path, name: str) -> Path:
    rows = []
    for condition, factor in (("control", 1.0), (name, 2.0)):
        for replicate in (1, 2):
            inner = f"{len(rows)}"
            write_folder(folder / inner, factor * (1 + replicate / 10))
            rows.append((inner, condition, f"{replicate} {name}"))
    table = pd.DataFrame(rows, columns=["folder", "condition", "replicate"])
    table.to_csv(folder / "experiment.csv", index=False)
    compare(folder / "experiment.csv", folder / "out")
    return folder / "out" / "compare.html"


def _evaluation(folder: Path, name: str) -> Path:
    array = np.zeros((2, 24, 24), np.uint16)
    array[:, 4:10, 4:10], array[:, 14:20, 12:20] = 1, 2
    truth = LabelMovie.from_array(array)
    evaluation = evaluate(truth, truth)
    return write_evaluation(replace(evaluation, truth=name, result=name), folder)


PAGES: dict[str, Callable[[Path, str], Path]] = {
    "report": _report,
    "summary": _summary,
    "plate": _plate,
    "compare": _compare,
    "evaluation": _evaluation,
}
_QUICK = ("summary", "plate", "evaluation")


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_change_nothing_but_text(name: str, tmp_path: Path) -> None:
    for number, hostile in enumerate(HOSTILE if name in _QUICK else ("".join(HOSTILE),)):
        pages = {}
        for kind, text in (("harmless", "n" * len(hostile)), ("hostile", hostile)):
            folder = tmp_path / f"{number}-{kind}"
            folder.mkdir()
            pages[kind] = structure_of(PAGES[name](folder, text))
        assert pages["hostile"].tags == pages["harmless"].tags
        assert len(pages["hostile"].scripts) == len(pages["harmless"].scripts)
        assert not [
            one for one in pages["hostile"].addresses if one.strip().lower().startswith("javascript:")
        ]
        for script in pages["hostile"].scripts:
            if script.lstrip().startswith(("{", "[")):
                json.loads(script)  # data, in which a name is a text


def test_no_script_of_podia_makes_tags_from_texts() -> None:
    makes_tags = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    for package in ("podia.reporting", "podia.experiment", "podia.evaluation", "podia.training.report"):
        scripts = [
            path for path in _all_files(files(package) / "templates") if path.name.endswith((".js", ".j2"))
        ]
        assert scripts
        for path in scripts:
            assert not makes_tags.search(path.read_text(encoding="utf-8")), path


def _all_files(folder) -> list:
    return [one for path in folder.iterdir() for one in (_all_files(path) if path.is_dir() else [path])]
