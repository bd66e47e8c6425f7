"""What the operating system refuses, in words."""

from __future__ import annotations

import errno
from pathlib import Path

from podia.data.errors import OutputError

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}


def is_out_of_space(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it was raised from, says that a disk or quota is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            return True
        error = error.__cause__ or error.__context__
    return False


def as_output_error(error: OSError, path: Path) -> OutputError:
    """Return the error for `path` that cannot be written."""
    if error.errno in _NO_SPACE:
        return OutputError(
            f"There is no space left to write '{path}'. Its previous content is unchanged. "
            f"Free some space, or choose another output folder with -o, and run the same command again."
        )
    if error.errno in _NO_PERMISSION:
        return OutputError(f"No permission to write '{path}'. Choose another output folder with -o.")
    return OutputError(
        f"Could not write '{path}': {error.strerror or error}. Choose another output folder with -o."
    )
