"""Natural sort order of frames: img2 before img10."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from math import prod
from pathlib import Path

from podia.data.errors import MovieReadError


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that compares digits as numbers.

    Examples
    --------
    >>> sorted(["img10.tif", "img2.tif"], key=natural_key)
    ['img2.tif', 'img10.tif']
    """
    parts = re.split(r"(\d+)", name.lower())
    # The text comes last, so that "01" and "1" have a fixed order.
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]


def require_one_sequence(paths: Sequence[Path]) -> None:
    """Refuse a folder whose (ordered) files belong to several movies.

    Names that differ in more than numbers (``phase_t01``, ``gfp_t01``) raise MovieReadError. Two numbers in all
    combinations (``pos1_t1``, ``pos1_t2``, ``pos2_t1``, ``pos2_t2``) may be positions and time points, or hours and
    minutes: a UserWarning says how they are read.
    """
    patterns: dict[str, list[Path]] = {}
    for path in paths:
        patterns.setdefault(re.sub(r"\d+", "#", path.name.lower()), []).append(path)
    folder = paths[0].parent
    if len(patterns) > 1:
        examples = " and ".join(f"'{files[0].name}'" for files in list(patterns.values())[:2])
        raise MovieReadError(
            f"'{folder}' contains images with {len(patterns)} name patterns, such as {examples}. "
            f"Put the frames of each movie in a separate folder."
        )
    columns = list(zip(*(re.findall(r"\d+", path.name) for path in paths), strict=True))
    counts = [len(set(column)) for column in columns if len(set(column)) > 1]
    if len(counts) > 1 and prod(counts) == len(paths):
        warnings.warn(
            f"The names in '{folder}' contain {' x '.join(map(str, counts))} numbers. They are read as "
            f"one movie, from '{paths[0].name}', '{paths[1].name}' to '{paths[-1].name}'. If these are several "
            f"positions or channels, put each in a separate folder.",
            UserWarning,
            stacklevel=2,
        )
