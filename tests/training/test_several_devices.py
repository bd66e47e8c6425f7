"""``podia train --devices 2`` as two processes; on the CPU, where everybody has two."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

RECIPE = """
name = "tiny"
architecture = "podia"
network = { head = "distance", memory = [4, 8], decoder = [8, 8, 8], detail = 4 }
clips = { length = 2, patch_px = 32, annotate = "any" }
stages = [{ steps = 2 }, { steps = 2, freeze_encoder = true }]
validation = { every_steps = 2, max_frames = 1 }
split = { validation_fraction = 0 }
"""


def train_on_two(folder: Path, data: Path, name: str, *options: str) -> Path:
    """Train in two processes; return the last weights."""
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE)
    command = [
        sys.executable,
        "-m",
        "podia",
        "train",
        str(recipe),
        str(data),
        "-o",
        str(folder / name),
        "--name",
        "tiny",
    ]
    subprocess.run(
        [*command, "--device", "cpu", "--devices", "2", "--quiet", *options],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    return folder / name / "last.safetensors"


def test_two_processes_train_one_network_and_go_on_to_the_same_weights(
    disc_movie: Path, tmp_path: Path
) -> None:
    whole = train_on_two(tmp_path, disc_movie, "whole")
    with whole.with_name("history.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"], "one of them writes"
    assert "2 x CPU" in whole.with_name("report.html").read_text()
    train_on_two(tmp_path, disc_movie, "stopped", "--minutes", "0")
    stopped = train_on_two(tmp_path, disc_movie, "stopped")
    assert stopped.read_bytes() == whole.read_bytes()
