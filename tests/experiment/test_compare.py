"""``podia compare`` over analysis folders: page, tables, figures, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from podia.cli.main import main
from podia.data.calibration import Calibration
from podia.data.culture_tables import CULTURE
from podia.data.migration_tables import MIGRATION, MIGRATION_MOVIE
from podia.data.schema import TableSchema
from podia.data.tables import CELLS, FRAMES, PROTRUSION_EVENTS, TRACKS
from podia.experiment.assignment import read_assignments
from podia.experiment.compare import compare, comparison_json
from podia.experiment.config import CompareConfig
from podia.experiment.measures import MEASURES
from podia.experiment.movie_measures import MOVIE_MEASURES
from podia.io.layout import parquet_of
from podia.io.origin import Origin
from podia.io.tables import write_parquet

CALIBRATED = Calibration(0.5, 120.0)


def write_folder(
    folder: Path,
    factor: float,
    calibration: Calibration = CALIBRATED,
    n_tracks: int = 6,
    n_frames: int = 8,
    duration: float = 7.0,
) -> None:
    """Write what a run leaves for comparison: every number 1 to `n_tracks` by track, times `factor`."""
    (folder / ".podia").mkdir(parents=True)
    origin = Origin(
        path="movie.tif",
        sha256="0",
        shape=(n_frames, 64, 64),
        dtype="uint8",
        pixel_size_um=calibration.pixel_size_um,
        frame_interval_s=calibration.frame_interval_s,
    )
    (folder / ".podia" / "movie.json").write_text(json.dumps(origin.record()))
    for schema in (CELLS, PROTRUSION_EVENTS, TRACKS, MIGRATION, MIGRATION_MOVIE, FRAMES, CULTURE):
        table = pd.DataFrame(
            {c.name: np.full(n_tracks, {"str": "lost", "bool": True}.get(c.dtype, 1)) for c in schema.columns}
        )
        for column in schema.columns:
            if column.dtype == "float64":
                table[column.name] = factor * np.arange(1.0, n_tracks + 1)
        if schema in (MIGRATION_MOVIE, FRAMES, CULTURE):
            table = (
                table.iloc[:1] if schema is not FRAMES else table.iloc[[0] * n_frames].reset_index(drop=True)
            )
            _write_culture(table, schema, factor, calibration, folder)
            continue
        table["track_id"] = np.arange(1, n_tracks + 1)
        if "touches_border" in table:
            table["touches_border"] = False
        if schema is TRACKS:
            table["n_frames"], table["duration"] = n_frames, duration
        write_parquet(schema.conform(table, calibration), folder / parquet_of(schema.name))


def _write_culture(
    table: pd.DataFrame, schema: TableSchema, factor: float, calibration: Calibration, folder: Path
) -> None:
    """Write tables of the movie: numbers that the factor scales, counts included, and cells that double in 8 frames."""
    if schema is FRAMES:
        n_frames = len(table)
        table["frame"], table["n_cells"] = np.arange(n_frames), round(40 * factor) + np.arange(n_frames)
    if schema is CULTURE:
        table["n_divisions"] = round(100 * factor)
        table["cell_time"] = 1.0
    write_parquet(schema.conform(table, calibration), folder / parquet_of(schema.name))


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """A table of two conditions of three replicates; the drug doubles everything."""
    rows = []
    for condition, factor in (("control", 1.0), ("drug", 2.0)):
        for replicate, wobble in enumerate((0.9, 1.0, 1.1), start=1):
            name = f"{condition}_{replicate}"
            write_folder(tmp_path / name, factor * wobble)
            rows.append((name, condition, replicate))
    pd.DataFrame(rows, columns=["folder", "condition", "replicate"]).to_csv(
        tmp_path / "experiment.csv", index=False
    )
    return tmp_path / "experiment.csv"


def test_a_doubling_is_found_in_every_measure_and_written_out(experiment, tmp_path):
    out = tmp_path / "out"
    found = compare(experiment, out)
    assert len(found) == len(MEASURES) + len(MOVIE_MEASURES)
    doubled = found[~found["measure"].isin(["n_protrusions", "n_cells"])]
    assert doubled["ratio"].to_numpy() == pytest.approx(2)
    assert (doubled["p_adjusted"] < 0.01).all()
    assert "mean_speed_um_per_min" in set(found["measure"])
    page = (out / "compare.html").read_text(encoding="utf-8")
    assert "Mean speed of drug: 2 times control" in page
    assert "://" not in page
    assert not re.search(r"\bnan\b|\binf\b|<NA>", page, re.IGNORECASE)
    written = pd.read_csv(out / "comparison.csv")
    assert written["p_value"].to_numpy() == pytest.approx(found["p_value"].to_numpy(), nan_ok=True)
    assert len(pd.read_csv(out / "cells.csv")) == 36
    assert len(pd.read_csv(out / "replicates.csv")) == 6 * (len(MEASURES) + len(MOVIE_MEASURES))


def test_every_figure_is_an_svg_of_its_own_beside_its_data(experiment, tmp_path):
    compare(experiment, tmp_path / "out", CompareConfig(measures=("mean_speed", "msd_exponent")))
    figures = sorted(path.name for path in (tmp_path / "out" / "figures").iterdir())
    assert figures == [f"{n}.{s}" for n in ("effects", "mean_speed", "msd_exponent") for s in ("csv", "svg")]
    text = (tmp_path / "out" / "figures" / "mean_speed.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text
    assert ".plot .mean" in text
    assert text.count('class="cell') == 36
    assert text.count('class="replicate ') == 6
    data = pd.read_csv(tmp_path / "out" / "figures" / "mean_speed.csv")
    assert data["mean_speed_um_per_min"].mean() == pytest.approx(3.5 * 1.5 * 0.25)


def test_the_same_experiment_gives_the_same_bytes(experiment, tmp_path):
    pages = [
        compare(experiment, tmp_path / name) is not None and (tmp_path / name / "compare.html")
        for name in "ab"
    ]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_movies_of_a_replicate_go_together(experiment, tmp_path):
    write_folder(tmp_path / "more", 5.0)
    with experiment.open("a", encoding="utf-8") as table:
        table.write("more,control,1\n")
    found = compare(experiment, tmp_path / "out", CompareConfig(measures=("area",))).iloc[0]
    assert (found["n_control"], found["n_cells_control"]) == (3, 24)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["podia", "compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_command_tells_what_differs_and_where_the_page_is(experiment, tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, experiment, "-o", tmp_path / "out", "--measures", "mean_speed,area") == 0
    text = capsys.readouterr().out
    assert "mean_speed_um_per_min: drug differs from control" in text
    assert "compare.html" in text
    assert run(monkeypatch, experiment, "-o", tmp_path / "out", "--measures", "area", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["ratio"] == pytest.approx(2)


def test_p_values_keep_their_digits_in_json_and_what_is_not_defined_is_null():
    table = pd.DataFrame(
        {
            "p_value": [3e-12, np.nan],
            "ratio": [np.inf, 0.1 + 0.2],
            "n_control": [3, 4],
            "needed": pd.array([None, 5], dtype="Int64"),
        }
    )
    rows = json.loads(comparison_json(table))
    assert rows[0] == {"p_value": 3e-12, "ratio": None, "n_control": 3, "needed": None}
    assert rows[1] == {"p_value": None, "ratio": 0.1 + 0.2, "n_control": 4, "needed": 5}


def test_figures_of_an_earlier_comparison_go_and_other_files_stay(experiment, tmp_path):
    compare(experiment, tmp_path / "out")
    figures = tmp_path / "out" / "figures"
    (figures / "mine.svg").write_text("<svg/>")
    compare(experiment, tmp_path / "out", CompareConfig(measures=("mean_speed",)))
    names = sorted(path.name for path in figures.iterdir())
    assert names == ["effects.csv", "effects.svg", "mean_speed.csv", "mean_speed.svg", "mine.svg"]


def test_movies_in_folders_of_one_name_are_told_apart(experiment, tmp_path):
    for day in ("day1", "day2"):
        write_folder(tmp_path / day / "A", 1.0)
    with experiment.open("a", encoding="utf-8") as table:
        table.write("day1/A,control,1\nday2/A,control,2\n")
    compare(experiment, tmp_path / "out", CompareConfig(measures=("area",)))
    cells = pd.read_csv(tmp_path / "out" / "cells.csv")
    assert not cells.duplicated(["movie", "track_id"]).any()
    assert {"day1/A", "day2/A", "control_1"} <= set(cells["movie"])


def test_an_analysis_is_not_overwritten(experiment, tmp_path, monkeypatch, capsys):
    before = {path: path.read_bytes() for path in (tmp_path / "drug_1").rglob("*") if path.is_file()}
    assert run(monkeypatch, experiment, "-o", tmp_path / "drug_1") == 2
    assert "drug_1' is an analysis folder. Choose another output folder" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in (tmp_path / "drug_1").rglob("*") if path.is_file()}


def test_tracks_of_unequal_duration_are_noted_with_the_measures_that_depend_on_it(
    experiment, tmp_path, monkeypatch, capsys
):
    def noted(*measures: str) -> str:
        found = compare(experiment, tmp_path / "out", CompareConfig(measures=measures))
        return " ".join(found.attrs["notes"])

    assert noted() == ""
    for replicate in (1, 2, 3):
        shutil.rmtree(tmp_path / f"drug_{replicate}")
        write_folder(tmp_path / f"drug_{replicate}", 2.0, duration=9.0)
    # 7 and 9 frames of 2 min.
    told = noted("directionality_ratio", "persistence", "mean_speed", "protrusion_lifetime")
    assert "the median is 14 min in control and 18 in drug" in told
    assert told.endswith("differ even for equal cells: Directionality, Persistence time.")
    assert told in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert noted("mean_speed") == ""
    run(monkeypatch, experiment, "-o", tmp_path / "out", "--measures", "persistence", "--json")
    captured = capsys.readouterr()
    assert "Note: Track durations differ" in captured.err
    assert json.loads(captured.out)


TABLES = {
    "no condition column": ("folder,conditon,replicate\ncontrol_1,a,1\n", "'conditon'. Did you mean 'condition'?"),
    "a column too few": ("folder,condition\ncontrol_1,a\n", "lacks the column 'replicate'"),
    "a missing folder": ("folder,condition,replicate\nnowhere,a,1\n", "does not exist"),
    "an empty field": ("folder,condition,replicate\ncontrol_1,,1\n", "row 2: condition is empty"),
    "a folder twice": ("folder,condition,replicate\ncontrol_1,a,1\n./control_1,b,1\n", "more than once"),
    "one condition": ("folder,condition,replicate\ncontrol_1,a,1\ncontrol_2,a,2\n", "one condition"),
    "one replicate": ("folder,condition,replicate\ncontrol_1,a,1\ndrug_1,b,1\ndrug_2,b,2\n", "'a' has one replicate"),
    "no rows": ("folder,condition,replicate\n", "nothing to compare"),
    "nothing": ("", "cannot be read as CSV table: it is empty"),
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_a_wrong_table_ends_with_code_2_and_one_line(table, experiment, tmp_path, monkeypatch, capsys):
    text, message = TABLES[table]
    experiment.write_text(text)
    assert run(monkeypatch, experiment, "-o", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_folders_that_cannot_be_compared_end_with_code_2(experiment, tmp_path, monkeypatch, capsys):
    def told(*options: str) -> str:
        assert run(monkeypatch, experiment, "-o", tmp_path / "out", *options) == 2
        return capsys.readouterr().err

    assert "Did you mean 'mean_speed'?" in told("--measures", "mean_sped")
    assert "--min-frames" in told("--min-frames", "50")
    assert "no condition 'drg'" in told("--control", "drg")
    assert "'correction'" in told("--correction", "bonferroni")
    (tmp_path / "drug_1" / parquet_of("tracks")).unlink()
    assert "no tables/parquet/tracks.parquet" in told()
    (tmp_path / "drug_2" / ".podia" / "movie.json").unlink()
    assert "is not an analysis folder" in told()


def test_units_are_not_mixed_and_different_intervals_are_noted(experiment, tmp_path, monkeypatch, capsys):
    write_folder(tmp_path / "px", 1.0, Calibration(None, 120.0))
    write_folder(tmp_path / "slow", 1.0, Calibration(0.5, 600.0))
    text = experiment.read_text()
    experiment.write_text(f"{text}slow,drug,3\n")
    compare(experiment, tmp_path / "out")
    assert "Frame intervals differ, from 120 to 600 s" in (tmp_path / "out" / "compare.html").read_text(
        encoding="utf-8"
    )
    experiment.write_text(f"{text}px,drug,3\n")
    assert run(monkeypatch, experiment, "-o", tmp_path / "out") == 2
    assert "Units are mixed: lengths are in um" in capsys.readouterr().err


ROWS = ("control_1,control,1", "control_2,control,2", "drug_1,drug,1", "drug_2,drug,2")
DIALECTS = {
    "a comma behind each row": ["folder,condition,replicate", *(f"{row}," for row in ROWS)],
    "semicolons": [row.replace(",", ";") for row in ("folder,condition,replicate", *ROWS)],
    "blank rows and capitals": ["Folder,Condition,Replicate", *ROWS, ",,", ",,"],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_of_any_dialect_is_read_alike(dialect, experiment):
    path = experiment.with_name("any.csv")
    path.write_text("\n".join(DIALECTS[dialect]))
    found = [(row.name, row.condition, row.replicate) for row in read_assignments(path)]
    assert found == [tuple(row.split(",")) for row in ROWS]


def test_spellings_that_differ_in_case_or_decimals_are_one(experiment):
    path = experiment.with_name("spelt.csv")
    path.write_text(
        "folder,condition,replicate\ncontrol_1,DMSO,1\ncontrol_2,dmso ,2\ndrug_1,drug,1\ndrug_2,drug,2\n"
    )
    with pytest.warns(UserWarning, match="contains different spellings of a condition: 'dmso' is 'DMSO'"):
        rows = read_assignments(path)
    assert {row.condition for row in rows} == {"DMSO", "drug"}
    assert {row.replicate for row in rows} == {"1", "2"}
