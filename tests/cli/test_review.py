"""``podia review FOLDER --browser``: the address is printed, answers, and Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from podia.pipeline.run import run
from podia.testing.small_movies import write_small_movie


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analysis folder."""
    root = tmp_path_factory.mktemp("reviewed")
    movie = write_small_movie(root)
    return run(movie, root / "results", labels=root / "labels.tif").path


@pytest.mark.skipif(os.name == "nt", reason="sends Ctrl-C as a signal")
def test_the_page_is_served_until_ctrl_c(folder: Path) -> None:
    command = [sys.executable, "-u", "-m", "podia", "review", str(folder), "--browser", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("Review: ").strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert b"podia report" in answer.read()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert "Stopped. Applied corrections are stored in the folder." in rest


def test_a_port_in_use_is_one_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "podia",
            "review",
            str(folder),
            "--browser",
            "--no-open",
            "--port",
            port,
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"Error: Port {port} cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr
