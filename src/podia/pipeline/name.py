"""Names of analysis folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from podia.data.errors import InvalidInputError
from podia.files.printable import printable
from podia.io.read import movie_name


def folder_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each movie: the stem of its file, prefixed by the parent folder if stems repeat.

    >>> folder_names([Path("a/movie.ome.tif"), Path("b/other.tif")])
    ['movie', 'other']
    >>> folder_names([Path("T98G/01"), Path("U373/01")])
    ['T98G_01', 'U373_01']

    Raises
    ------
    InvalidInputError
        If two movies have the same name and parent folder name.
    """
    stems = [movie_name(path) for path in paths]
    repeated = {stem for stem, count in Counter(stems).items() if count > 1}
    names = [
        _allowed(f"{path.resolve().parent.name}_{stem}" if stem in repeated else stem)
        for path, stem in zip(paths, stems, strict=True)
    ]
    clashes = [name for name, count in Counter(names).items() if count > 1]
    if clashes:
        raise InvalidInputError(
            f"Several movies would be written to '{clashes[0]}'. Run them with different -o folders."
        )
    return names


_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def _allowed(name: str) -> str:
    """Return a folder name that is valid on every system: Windows reserves some names and forbids a final dot or space.

    >>> _allowed("con"), _allowed("B2: day 3.")
    ('con_', 'B2_ day 3')
    """
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", printable(name)).rstrip(". ")
    return f"{plain}_" if _RESERVED.fullmatch(plain) or not plain else plain
