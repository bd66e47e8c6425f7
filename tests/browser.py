"""Pages in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
NEEDS_BROWSER = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the path")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",
    "--window-size=1400,2400",
    "--dump-dom",
)


def opened(path: Path | str, tmp_path: Path, *, anchor: str = "") -> str:
    """Return the page (a file or an address) as the browser has it after its scripts ran.

    Fails on any message of the console.
    """
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    found = subprocess.run(
        [str(BROWSER), *FLAGS, profile, f"{path if isinstance(path, str) else path.as_uri()}{anchor}"],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    console = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    assert console == [], "\n".join(console)
    return found.stdout


def with_script(path: Path, script: str) -> Path:
    """Return a copy of the page that runs `script` after its own and writes what it returns into the page."""
    text = path.read_text(encoding="utf-8")
    added = f"<script>document.body.dataset.found = JSON.stringify((() => {{ {script} }})());</script></body>"
    copy = path.with_name("scripted.html")
    copy.write_text(text.replace("</body>", added), encoding="utf-8")
    return copy


def returned(page: str) -> Any:
    """Return what the script of :func:`with_script` returned."""
    found = re.search(r'data-found="([^"]*)"', page)
    assert found is not None, "the script did not end"
    return json.loads(html.unescape(found[1]))
