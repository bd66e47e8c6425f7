"""One process at a time in a folder."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from podia.data.errors import OutputError
from podia.files.system_errors import as_output_error

_LOCK, _OWNER = "lock", "owner_process.json"


@contextmanager
def locked_folder(work: Path, folder: Path) -> Iterator[None]:
    """Hold `folder` for this process while the block runs; the lock lies in `work`, a folder in it.

    The operating system releases the lock when the process ends, however it ends, so that a killed run blocks nothing.

    Raises
    ------
    OutputError
        If another process holds the folder, or nothing can be written there.
    """
    is_new = not work.is_dir()
    folder_is_new = not folder.is_dir()
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = FileLock(work / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"Another podia run is working in '{folder}'{_holder(work / _OWNER)}. Wait until it is done, or choose "
            f"another output folder with -o."
        ) from None
    except OSError as error:
        raise as_output_error(error, folder) from error
    try:
        _write_owner(work / _OWNER)
        yield
    finally:
        (work / _OWNER).unlink(missing_ok=True)
        lock.release()
        if is_new and {path.name for path in work.iterdir()} <= {_LOCK}:  # nothing was begun
            shutil.rmtree(work, ignore_errors=True)
            if folder_is_new and not any(folder.iterdir()):
                folder.rmdir()


def _write_owner(path: Path) -> None:
    try:
        path.write_text(json.dumps({"process": os.getpid(), "machine": platform.node()}), encoding="utf-8")
    except OSError:  # only what the message says of the holder depends on it
        path.unlink(missing_ok=True)


def _holder(path: Path) -> str:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f" (process {owner['process']} on {owner['machine']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
