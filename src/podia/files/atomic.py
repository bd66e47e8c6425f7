"""Atomic writing of files and folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from podia.data.errors import OutputError, PodiaError
from podia.files.system_errors import as_output_error

_PARTIAL, _REPLACED = ".partial-", ".replaced-"
"""Prefixes of temporary files. The suffix is kept, because some writers choose the format by it."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, and rename it to `path` at the end.

    Works for files and folders. If the block fails or the process is killed, `path` keeps its previous content. The
    temporary is removed, at the latest by the next attempt or by :func:`remove_leftovers`. Missing parent folders are
    created.

    Raises
    ------
    OutputError
        If there is no space or no permission, or writing fails for another reason.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "run.log") as temporary:
    ...         _ = temporary.write_text("done")
    ...     (Path(folder) / "run.log").read_text()
    'done'
    """
    temporary = path.with_name(_PARTIAL + path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(temporary)
        try:
            yield temporary
            _replace(temporary, path)
        finally:
            _remove(temporary)
    except OSError as error:
        if isinstance(error, PodiaError) or error.errno is None:
            raise
        raise as_output_error(error, path) from error


def require_free(paths: Iterable[Path]) -> None:
    """Raise OutputError if one of `paths` exists, so that nothing is replaced without --overwrite."""
    there = [path for path in paths if path.exists()]
    if there:
        others = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise OutputError(
            f"'{there[0]}' already exists{others}. Choose another path, or replace it with --overwrite."
        )


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of killed processes from `folder` (not from its subfolders)."""
    for prefix in (_PARTIAL, _REPLACED):
        for leftover in folder.glob(f"{prefix}*"):
            _remove(leftover)


def _replace(temporary: Path, path: Path) -> None:
    if not path.is_dir():
        temporary.replace(path)
        return
    # A non-empty folder cannot be replaced in one call.
    replaced = path.with_name(_REPLACED + path.name)
    _remove(replaced)
    path.rename(replaced)
    temporary.rename(path)
    _remove(replaced)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
