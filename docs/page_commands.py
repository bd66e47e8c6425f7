"""Runs the commands and the Python of a page, in order, in a folder.

A block of ```sh has commands of podia to run, one per line; a block of ```python has Python. Blocks
without a language are shown only.
"""

from __future__ import annotations

import os
import re
import shlex
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

DOCS = Path(__file__).parent
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def page_blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a page of docs/ that are run: language and text."""
    return _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def page_commands(page: str) -> list[list[str]]:
    """Return the arguments of each command of a page, without the word ``podia``."""
    lines = [line for kind, text in page_blocks(page) if kind == "sh" for line in text.splitlines()]
    return [_arguments(line) for line in lines if line.strip()]


def run_page(page: str, folder: Path, *, leave_out: Iterable[str] = (), until: str = "") -> None:
    """Run the blocks of a page in `folder`, without the commands in `leave_out`, to the first command `until`.

    Raises
    ------
    RuntimeError
        If a command ends with an error.
    """
    names: dict[str, object] = {}
    with _inside(folder):
        for kind, text in page_blocks(page):
            if kind == "python":
                exec(compile("import podia\n" + text, page, "exec"), names)
                continue
            for line in filter(str.strip, text.splitlines()):
                arguments = _arguments(line)
                if arguments[0] not in leave_out:
                    run_command(arguments)
                if arguments[0] == until:
                    return


def run_command(arguments: list[str]) -> None:
    """Run a command of podia in this process.

    Raises
    ------
    RuntimeError
        If it ends with an error.
    """
    from podia.cli.main import app

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # notes, which the command line prints
        result = CliRunner().invoke(app, _expanded(arguments), catch_exceptions=False)
    if result.exit_code:
        raise RuntimeError(f"podia {shlex.join(arguments)}\n{result.output}")


def _arguments(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    if words[0] != "podia":
        raise ValueError(f"Only commands of podia can be run, not '{line}'")
    return words[1:]


def _expanded(arguments: list[str]) -> list[str]:
    """Return arguments with names of files in place of patterns, as shells do it."""
    return [name for word in arguments for name in _files(word)]


def _files(word: str) -> list[str]:
    return sorted(str(path) for path in Path().glob(word)) if "*" in word else [word]


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
