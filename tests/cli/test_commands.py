import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile

from podia.cli.main import main
from podia.testing.small_movies import write_small_movie


def podia(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "podia", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_one_broken_movie_does_not_stop_the_others_and_gives_exit_code_1(tmp_path: Path) -> None:
    good = write_small_movie(tmp_path, name="good.tif")
    broken = tmp_path / "broken.tif"
    broken.write_bytes(good.read_bytes()[:5000])
    ended = podia("run", broken, good, "-o", tmp_path / "out", "--method", "blobs", "--json")
    assert ended.returncode == 1
    states = {outcome["movie"]: outcome["status"] for outcome in json.loads(ended.stdout)}
    assert states == {"broken": "failed", "good": "done"}
    assert ended.stderr.count("\n") == 1
    assert "Failed: broken:" in ended.stderr
    assert (tmp_path / "out" / "good" / "report.html").is_file()
    assert "broken" in (tmp_path / "out" / "summary.csv").read_text()
    assert (tmp_path / "out" / "summary.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "missing.tif"], "No such file or folder: missing.tif"),
        (["run"], "No movie is given"),
        (["run", "movie.tif", "--pixel-size-um", "0"], "pixel_size_um"),
        (["run", "movie.tif", "--set", "tracking.divisons=true"], "Did you mean 'divisions'?"),
        (["run", "movie.tif", "--export", "excel"], "exports"),
        (["run", "movie.tif", "movie.tif", "--labels", "labels.tif"], "--labels needs a single movie"),
        (["track", "."], "is not an analysis folder"),
        (["simulate", "out", "--size", "64"], "--size"),
        (["run", "x.tif", "--pixel-size-um", "0,65"], "Write 0.65, with a decimal point"),
        (["simulate", "out", "--experiment", "dose"], "Did you mean 'doses'"),
        (["info", "labels.txt"], "labels.txt"),
    ],
)
def test_a_command_that_cannot_be_carried_out_ends_with_code_2_and_says_why(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    write_small_movie(tmp_path)
    ended = podia(*arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "podia-results").exists()


def test_info_tells_size_and_calibration(tmp_path: Path) -> None:
    ended = podia("info", write_small_movie(tmp_path), "--json")
    facts = json.loads(ended.stdout)
    assert facts["frames"] == 6
    assert facts["pixel_size_um"] == pytest.approx(0.5)
    assert facts["frame_interval_s"] == pytest.approx(300)


def test_steps_bring_a_folder_up_to_date_one_after_the_other(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    folder = tmp_path / "out" / "movie"
    assert podia("run", movie, "-o", tmp_path / "out").returncode == 0
    for step in ("segment", "track", "measure", "report"):
        ended = podia(step, folder, "--quiet")
        assert ended.returncode == 0
        assert f"Nothing to do: '{step}' and the steps before it are up to date" in ended.stdout
    # The report comes last, and ends with the summary of the run.
    assert any(
        line.split()[:1] == ["tracks"] and line.split()[1].isdigit() for line in ended.stdout.splitlines()
    )


def test_simulated_movies_are_written_with_their_truth(tmp_path: Path) -> None:
    ended = podia(
        "simulate", tmp_path / "sim", "--n-frames", "2", "--size", "128", "--cells", "2", "--seed", "1"
    )
    assert ended.returncode == 0, ended.stderr
    assert {"movie.tif", "labels.tif", "tracks", "tips.csv"} <= {p.name for p in (tmp_path / "sim").iterdir()}
    assert tifffile.imread(tmp_path / "sim" / "movie.tif").shape == (2, 128, 128)


def test_two_workers_leave_the_same_bytes_as_one(tmp_path: Path) -> None:
    movies = [write_small_movie(tmp_path / str(seed), name=f"m{seed}.tif", seed=seed) for seed in range(2)]
    for workers in (1, 2):
        ended = podia("run", *movies, "-o", tmp_path / f"out{workers}", "--workers", str(workers), "--quiet")
        assert ended.returncode == 0, ended.stderr
    names = sorted(p.relative_to(tmp_path / "out1") for p in (tmp_path / "out1").rglob("*") if p.is_file())
    names = [name for name in names if ".podia" not in name.parts]
    assert len(names) > 40
    for name in names:
        assert (tmp_path / "out1" / name).read_bytes() == (tmp_path / "out2" / name).read_bytes(), name


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    movies = [write_small_movie(tmp_path / str(seed), name=f"m{seed}.tif") for seed in range(2)]
    ended = podia("run", *movies, "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    assert ended.returncode == 2
    assert "There is no Dask cluster at" in ended.stderr


def test_a_command_that_is_cancelled_says_that_it_can_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cancelled(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("podia.cli.info._facts", cancelled)
    monkeypatch.setattr("sys.argv", ["podia", "info", "movie.tif"])
    monkeypatch.setattr("warnings.formatwarning", warnings.formatwarning)  # main replaces it
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert "Run the same command again to resume" in capsys.readouterr().err


def test_a_record_repeats_a_run_with_the_masks_of_then(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    for arguments in (
        (movie, "--labels", tmp_path / "labels.tif", "-o", tmp_path / "first"),
        ("--config", tmp_path / "first" / "movie" / "run.json", "-o", tmp_path / "again"),
    ):
        ended = podia("run", *arguments, "--quiet")
        assert (ended.returncode, ended.stderr) == (0, "")
    first, again = (tmp_path / name / "movie" / "run.json" for name in ("first", "again"))
    assert again.read_bytes() == first.read_bytes()


def test_help_shows_units_and_defaults() -> None:
    text = podia("run", "--help").stdout
    assert "in um" in text
    assert "in s" in text
    assert "default: podia-results" in text


def test_importing_podia_loads_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "skimage", "pydantic", "torch")
    code = f"import sys, podia; print([m for m in {heavy} if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_constant_frames_are_a_movie_without_cells(tmp_path: Path) -> None:
    flat = np.full((2, 64, 64), 7, np.uint16)
    tifffile.imwrite(tmp_path / "flat.tif", flat, photometric="minisblack", metadata={"axes": "TYX"})
    ended = podia("run", tmp_path / "flat.tif", "-o", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
