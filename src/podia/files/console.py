"""Messages on the terminal: podia's own, without the remarks of libraries."""

from __future__ import annotations

import logging
import warnings
from typing import TextIO

_LOUD_LIBRARIES = (
    "tifffile",
    "distributed.core",
    "distributed.nanny",
    "distributed.scheduler",
    "distributed.worker",
    "lightning_fabric.connector",
    "lightning_fabric.utilities.rank_zero",
    "lightning_utilities.core.rank_zero",
    "libav",
    "PIL",
)


def quiet_libraries() -> None:
    """Show podia's warnings as notes of one line, and drop log lines and warnings of libraries.

    It holds for this process: for that of a command, and for its workers. Not for programs that use podia.
    """
    for name in _LOUD_LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    show = warnings.showwarning

    def show_own(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        # podia warns with UserWarning itself, libraries mostly with other kinds.
        if category is UserWarning:
            show(message, category, filename, lineno, file, line)

    warnings.showwarning = show_own
    # The line of code that gave a warning does not concern the user.
    warnings.formatwarning = _one_line


def _one_line(message: Warning | str, *_: object, **__: object) -> str:
    return f"Note: {message}\n"
