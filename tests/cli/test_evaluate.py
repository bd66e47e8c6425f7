import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile

from podia.cli.main import main
from podia.testing.small_movies import crawling_discs

LABELS = crawling_discs(3)


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Evaluate = Callable[..., Ended]


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """Run ``podia evaluate`` in this process, which spares a start of Python for each case."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["podia", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "truth.tif", tmp_path / "result.tif"
    for path, labels in zip(paths, (LABELS, np.roll(LABELS, 2, axis=1)), strict=True):
        tifffile.imwrite(path, labels, metadata={"axes": "TYX"}, photometric="minisblack")
    return paths


def test_json_has_fixed_keys_and_null_for_what_cannot_be_measured(
    evaluate: Evaluate, files: tuple[Path, Path]
) -> None:
    ended = evaluate(*files, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    values = json.loads(ended.stdout)
    assert 0.5 < values["SEG"] < 1
    assert values["TRA"] is None
    assert values["mean_distance_px"] == pytest.approx(2)


def test_a_page_is_written_and_a_second_result_compared(
    evaluate: Evaluate, files: tuple[Path, Path], tmp_path: Path
) -> None:
    truth, result = files
    ended = evaluate(truth, truth, "--against", result, "--measures", "SEG,boundary", "-o", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    assert "against the other result" in ended.stdout
    assert (tmp_path / "out" / "evaluation.html").is_file()
    assert (tmp_path / "out" / "comparison.csv").is_file()


def test_several_pairs_are_several_movies(evaluate: Evaluate, files: tuple[Path, Path]) -> None:
    truth, result = files
    values = json.loads(evaluate(truth, truth, truth, result, "--measures", "Dice", "--json").stdout)
    assert len(values["movies"]) == 2
    assert values["Dice"] == pytest.approx((1 + values["movies"][1]["Dice"]) / 2)


def test_an_analysis_is_not_overwritten_nor_anything_measured(
    evaluate: Evaluate, files: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "analysis" / ".podia").mkdir(parents=True)
    ended = evaluate(files[0], tmp_path / "missing.tif", "-o", tmp_path / "analysis")
    assert ended.returncode == 2
    assert "is an analysis folder. Choose another output folder with -o." in ended.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--measures", "segg"], "Did you mean 'SEG'?"),
        (["--measures", "TRA"], "TRA cannot be measured"),
        (["--tolerance", "0 px"], "'tolerance' is '0 px': it must be more than 0"),
        (["--tolerance", "1 um"], "--pixel-size-um"),
        (["--tolerance", "2"], "write 2 um or 2 px"),
        (["--movie", "movie.tif"], "--movie requires -o"),
        (["third.tif"], "Give pairs of truth and result"),
    ],
)
def test_what_cannot_be_done_ends_with_code_2_and_one_line(
    options: list[str], message: str, evaluate: Evaluate, files: tuple[Path, Path]
) -> None:
    ended = evaluate(*files, *options, "--quiet")
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_help_shows_units(evaluate: Evaluate) -> None:
    text = evaluate("--help").stdout
    assert "--tip-cut-off" in text
    assert "in px" in text
