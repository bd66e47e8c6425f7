"""Parser for image file names: time, position (well, field), channel and Z plane of each file.

Supported are the names of MetaMorph and ImageXpress (``exp_w1Phase_s2_t3.TIF``), Micro-Manager
(``img_channel000_position001_time000000002_z000.tif``), Incucyte (``VID7_B2_1_00d20h00m.tif``), Operetta
(``r02c03f01p01-ch1sk1fk1fl1.tiff``), CellVoyager (``_B02_T0001F001L01A01Z01C01.tif``), Leica
(``Series001_t00_ch00.tif``), and all others with a word before each number. Other names can be read with a
pattern with named groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from podia.data.errors import InvalidInputError, MovieReadError

Role = Literal["time", "position", "channel", "z"]
ROLES: tuple[Role, ...] = ("time", "position", "channel", "z")

_WORDS_OF: Mapping[Role, str] = {
    "time": "t time timepoint tp frame fr sk",
    "position": "s p f pos position xy site stage series scene field fld fov well",
    "channel": "c ch channel chan w wv wavelength",
    "z": "z slice plane zstack zplane focus",
}
_WORDS: Mapping[str, Role] = {word: role for role, words in _WORDS_OF.items() for word in words.split()}
_OPERETTA = re.compile(r"r(\d+)c(\d+)f(\d+)p(\d+)-ch(\d+)sk(\d+)", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)")
_FIELD = re.compile(
    r"(?P<elapsed>(?:(?P<d>\d+)d)?(?P<h>\d+)h(?P<m>\d+)m(?:(?P<s>\d+)s)?)"
    r"|(?<![A-Za-z0-9])(?P<well>[A-P]\d{1,2})(?![A-Za-z0-9])"
    r"|(?<=_)w(?P<wave>\d+)(?P<dye>[A-Za-z][^_]*)?(?=_|$)"
    r"|(?<![A-Za-z])(?P<word>[A-Za-z]+)[-_ ]?(?P<worded>\d++)(?![dh]\d+[hm])"
    r"|(?P<bare>\d+)"
)


@dataclass(frozen=True)
class NamedFile:
    """A file and the content of its name; `time` is a frame number, or seconds if names contain elapsed times."""

    path: Path
    time: int
    position: str = ""
    channel: str = ""
    z: str = ""


@dataclass(frozen=True)
class FileNames:
    """The files of one folder, sorted by time.

    Parameters
    ----------
    in_seconds
        Whether times are elapsed seconds.
    counts
        Number of values of each of several unnamed numbers, if they are combined into time.
    """

    files: tuple[NamedFile, ...]
    in_seconds: bool = False
    counts: tuple[int, ...] = ()

    def values(self, role: Literal["position", "channel", "z"]) -> list[str]:
        """Return the values of `role`, in natural order."""
        return sorted({getattr(file, role) for file in self.files}, key=natural_key)

    def only(self, role: Literal["position", "channel", "z"], value: str) -> FileNames:
        """Return the files whose name contains `value`."""
        return replace(self, files=tuple(f for f in self.files if getattr(f, role) == value))


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


def parse_names(paths: Sequence[Path], pattern: str | None = None) -> FileNames:
    """Return the parsed names of the images in one folder.

    Parameters
    ----------
    pattern
        A name with ``{time}``, ``{position}``, ``{channel}`` and ``{z}``, or a regular expression with groups of these
        names, for names that are not recognised automatically. Files that do not match are ignored.

    Raises
    ------
    InvalidInputError
        If `pattern` is not valid or matches no file.
    MovieReadError
        If names differ in more than numbers, or two files are the same frame.
    """
    paths = sorted(paths, key=lambda path: natural_key(path.name))
    names = _by_pattern(paths, pattern) if pattern else _by_fields(paths)
    _require_distinct(names)
    return names


def _by_pattern(paths: Sequence[Path], pattern: str) -> FileNames:
    expression = _as_expression(pattern)
    matches = [(path, match) for path in paths if (match := expression.fullmatch(path.name))]
    if not matches:
        raise InvalidInputError(
            f"No file in '{paths[0].parent}' matches --pattern '{pattern}'; one of the names is '{paths[0].name}'. "
            f"Replace its running parts with {{time}}, {{position}}, {{channel}} or {{z}}."
        )
    files = []
    for path, match in matches:
        found = {role: text or "" for role, text in match.groupdict().items()}
        time = found.pop("time", "")
        seconds = _elapsed_s(time)
        digits = re.sub(r"\D", "", time)
        number = seconds if seconds is not None else int(digits) if digits else 0
        files.append(NamedFile(path, number, **found))
    in_seconds = all(_elapsed_s(match.groupdict().get("time") or "") is not None for _, match in matches)
    return FileNames(tuple(sorted(files, key=lambda file: file.time)), in_seconds)


def _as_expression(pattern: str) -> re.Pattern[str]:
    if "(?P<" not in pattern:
        parts = re.split(r"(\{\w+\})", pattern)
        pattern = "".join(
            f"(?P<{part[1:-1]}>.+?)" if re.fullmatch(r"\{\w+\}", part) else re.escape(part) for part in parts
        )
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InvalidInputError(f"--pattern '{pattern}' is not a valid pattern: {error}.") from None
    unknown = sorted(set(expression.groupindex) - set(ROLES))
    if unknown or not expression.groupindex:
        raise InvalidInputError(
            f"--pattern '{pattern}' contains {unknown or 'no group'}; allowed groups are {', '.join(ROLES)}."
        )
    return expression


@dataclass(frozen=True)
class _Field:
    """A number in a name: the word before it, its type and its value."""

    word: str
    kind: Literal["elapsed", "well", "wave", "number"]
    text: str

    @property
    def role(self) -> Role | None:
        """Role of the number according to the word; None if unknown."""
        by_kind: Mapping[str, Role] = {"elapsed": "time", "well": "position", "wave": "channel"}
        return by_kind.get(self.kind) or _WORDS.get(self.word.lower())


def _by_fields(paths: Sequence[Path]) -> FileNames:
    parsed = [_fields(path.stem) for path in paths]
    _require_one_kind(paths, [skeleton for skeleton, _ in parsed])
    columns = list(zip(*(fields for _, fields in parsed), strict=True))
    varying = [column for column in columns if len({field.text for field in column}) > 1]
    roles = _roles(varying)
    times = [column for column, role in zip(varying, roles, strict=True) if role == "time"]
    in_seconds = bool(times) and all(column[0].kind == "elapsed" for column in times)
    files = []
    for number, path in enumerate(paths):
        said: dict[str, list[str]] = {role: [] for role in ROLES}
        for column, role in zip(varying, roles, strict=True):
            if role is not None:
                said[role].append(column[number].text)
        time = [column[number] for column in times]
        files.append(
            NamedFile(
                path,
                _time_of(time) if len(time) == 1 else number,
                "_".join(said["position"]),
                "_".join(said["channel"]),
                "_".join(said["z"]),
            )
        )
    if len(times) > 1:  # such as day and hour: only their order is used, and gaps are unknown
        order = sorted({tuple(_time_of([c[i]]) for c in times) for i in range(len(paths))})
        rank = {key: place for place, key in enumerate(order)}
        files = [
            NamedFile(f.path, rank[tuple(_time_of([c[i]]) for c in times)], f.position, f.channel, f.z)
            for i, f in enumerate(files)
        ]
    counts = tuple(len({field.text for field in column}) for column in times) if len(times) > 1 else ()
    if _DATE.search(paths[0].stem):
        counts = ()
    return FileNames(tuple(sorted(files, key=lambda file: file.time)), in_seconds, counts)


def _fields(stem: str) -> tuple[str, list[_Field]]:
    """Return the name without its numbers, and the numbers."""
    operetta = _OPERETTA.match(stem)
    if operetta:
        words = ("well", "well", "field", "z", "channel", "time")
        fields = [_Field(w, "number", n) for w, n in zip(words, operetta.groups(), strict=True)]
        return _OPERETTA.sub("operetta", stem), fields
    fields = list(_found(stem))
    skeleton = _FIELD.sub(_placeholder, stem).lower()
    return skeleton, fields


def _placeholder(match: re.Match[str]) -> str:
    # The letter of a well and the dye of a channel may differ between files.
    if match["well"] or match["wave"]:
        return "{well}" if match["well"] else "{wave}"
    return re.sub(r"\d+", "#", match[0])


def _found(stem: str) -> Iterator[_Field]:
    for match in _FIELD.finditer(stem):
        if match["elapsed"]:
            yield _Field("", "elapsed", match["elapsed"])
        elif match["well"]:
            yield _Field("", "well", match["well"])
        elif match["wave"]:
            yield _Field("w", "wave", match["dye"] or match["wave"])
        elif match["worded"]:
            yield _Field(match["word"], "number", match["worded"])
        else:
            yield _Field("", "number", match["bare"])


def _roles(varying: Sequence[Sequence[_Field]]) -> list[Role | None]:
    """Return the role of each running number; None for a number that duplicates the time."""
    roles: list[Role | None] = [column[0].role for column in varying]
    if len(varying) == 1:
        # A single running number is time, unless a complete word says otherwise; so is a single Z, as in TIFF stacks.
        whole_word = len(varying[0][0].word) > 1 or varying[0][0].kind in ("well", "wave")
        is_time = roles[0] not in ("position", "channel") or not whole_word
        return ["time"] if is_time else roles
    if not varying:
        return []
    if "time" not in roles:
        unknown = [place for place, role in enumerate(roles) if role is None]
        # Without a word for time, unnamed numbers together define the order, such as dates and clock times.
        for place in unknown or [len(roles) - 1]:
            roles[place] = "time"
        return roles
    time_place = roles.index("time")
    for place, role in enumerate(roles):
        if role is None and not _repeats_time(varying[place], varying[time_place]):
            roles[place] = "position"
    return roles


def _repeats_time(column: Sequence[_Field], times: Sequence[_Field]) -> bool:
    """Return whether a number corresponds one-to-one to time, such as a running index."""
    pairs = {(time.text, field.text) for time, field in zip(times, column, strict=True)}
    return len(pairs) == len({time for time, _ in pairs}) == len({text for _, text in pairs})


def _time_of(fields: Sequence[_Field]) -> int:
    field = fields[0]
    seconds = _elapsed_s(field.text)
    return int(field.text) if seconds is None else seconds


def _elapsed_s(text: str) -> int | None:
    match = _FIELD.fullmatch(text)
    if match is None or not match["elapsed"]:
        return None
    days, hours, minutes, seconds = (int(match[name] or 0) for name in "dhms")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _require_one_kind(paths: Sequence[Path], skeletons: Sequence[str]) -> None:
    kinds = Counter(skeletons)
    if len(kinds) == 1:
        return
    examples = " and ".join(f"'{paths[skeletons.index(kind)].name}'" for kind in list(kinds)[:2])
    raise MovieReadError(
        f"'{paths[0].parent}' contains images with {len(kinds)} name patterns, such as {examples}. Put the frames of "
        f"one movie in a separate folder, or select them with --pattern, such as "
        f'--pattern "{_suggestion(paths[0].name)}".'
    )


def _suggestion(name: str) -> str:
    """Return `name` with its last number as time."""
    return re.sub(r"\d+(?=\D*\.[^.]*$|\D*$)", "{time}", name, count=1)


def _require_distinct(names: FileNames) -> None:
    seen: dict[tuple[int, str, str, str], Path] = {}
    for file in names.files:
        key = (file.time, file.position, file.channel, file.z)
        if key in seen:
            raise MovieReadError(
                f"'{seen[key].name}' and '{file.path.name}' in '{file.path.parent}' are both frame {file.time}. Remove "
                f"one of them, or describe the names with --pattern."
            )
        seen[key] = file.path
