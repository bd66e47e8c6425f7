"""Mapping of the axes of an image file to the frames of a movie."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from podia.data.errors import MovieReadError, nearest_name_hint
from podia.io.movie_part import pick_position

_COLOURS = ("red", "green", "blue", "alpha")
_POSITION_AXES = "RP"
_SEQUENCE_AXES = "IQ"
"""Unnamed axes (of a plain multi-page TIFF): read as time."""


@dataclass(frozen=True)
class FramePlan:
    """Position of frames in an array with axes `axes`: one axis is time, the others are fixed.

    `time_axis` is None for a single frame. ``fixed`` holds an index for every axis but time, Y and X.
    """

    axes: str
    n_frames: int
    time_axis: int | None
    fixed: dict[int, int]

    def index(self, frame: int) -> tuple[int | slice, ...]:
        """Return the index that selects `frame`, ``(Y, X)``, from the array."""
        return tuple(
            slice(None) if name in "YX" else frame if axis == self.time_axis else self.fixed[axis]
            for axis, name in enumerate(self.axes)
        )


def plan_frames(
    axes: str,
    shape: Sequence[int],
    path: Path,
    *,
    channel: int | str | None = None,
    channel_names: Sequence[str] = (),
    position: int | str | None = None,
    position_names: Sequence[str] = (),
) -> FramePlan:
    """Return the position of the frames of one channel.

    Time is the axis T; otherwise an unnamed axis (plain multi-page files); otherwise Z, with a UserWarning: Fiji
    saves image sequences as Z slices by default, so a Z axis without T is almost always time.

    Parameters
    ----------
    axes
        A letter per axis, as tifffile has them: T, Z, C (channel), S (colour sample), R and P (position), Y, X, I and
        Q (unknown).
    shape
        Size of each axis.

    Raises
    ------
    MovieReadError
        If the image has Z planes and time points, several channels, colours or positions of which none is picked, two
        axes of one name, or axes that a movie does not have.
    """
    if "".join(name for name in axes if name in "YX") != "YX":
        raise MovieReadError(f"'{path}' has axes {axes}; the last two must be Y and X.")
    if 0 in shape:
        raise MovieReadError(f"'{path}' is empty: its size along {axes} is {' x '.join(map(str, shape))}.")
    fixed = {axis: 0 for axis, name in enumerate(axes) if name not in "YX"}
    axis_of = _long_axes(axes, shape, path)
    sizes = {name: shape[axis] for name, axis in axis_of.items()}
    picked = _pick_channel(sizes, path, channel, channel_names)
    if picked is not None:
        fixed[axis_of[picked[0]]] = picked[1]
    for name in set(_POSITION_AXES) & set(sizes):
        names = position_names or [str(index) for index in range(sizes[name])]
        fixed[axis_of[name]] = pick_position(position, names, path)
        del sizes[name]
    time = _time_axis(sizes, path)
    if time is None:
        return FramePlan(axes, 1, None, fixed)
    del fixed[axis_of[time]]
    return FramePlan(axes, sizes[time], axis_of[time], fixed)


def _long_axes(axes: str, shape: Sequence[int], path: Path) -> dict[str, int]:
    """Return the axes longer than 1, other than Y and X, by name."""
    long = [axis for axis, size in enumerate(shape) if size > 1 and axes[axis] not in "YX"]
    for name in dict.fromkeys(axes[axis] for axis in long):
        same = [axis for axis in long if axes[axis] == name]
        if len(same) > 1:
            what = "unnamed axes" if name in _SEQUENCE_AXES else f"axes {name}"
            raise MovieReadError(
                f"'{path}' has {len(same)} {what} ({' x '.join(str(shape[axis]) for axis in same)}); it is unclear "
                f"which one is time. Save it as ImageJ or OME-TIFF with axes TCYX."
            )
    return {axes[axis]: axis for axis in long}


def _time_axis(sizes: dict[str, int], path: Path) -> str | None:
    long = [name for name in sizes if name not in "CS"]
    strange = [name for name in long if name not in "TZ" + _SEQUENCE_AXES]
    if strange or len(long) > 2 or (len(long) == 2 and "Z" not in long):
        listed = ", ".join(f"{name} ({sizes[name]})" for name in long)
        raise MovieReadError(
            f"'{path}' has more axes than a movie: {listed}. Save a single position and plane over time."
        )
    if len(long) == 2:
        other = next(name for name in long if name != "Z")
        raise MovieReadError(
            f"'{path}' has {sizes['Z']} Z planes at each of {sizes[other]} time points; podia works on 2-D "
            f"movies. Project it along Z, or save one plane, first (in Fiji: Image > Stacks > Z Project, or "
            f"Image > Duplicate)."
        )
    if long == ["Z"]:
        warnings.warn(
            f"'{path}' stores its {sizes['Z']} images as Z planes, not as time points: they are read as "
            "frames over time. If this is a real Z stack, it is not a movie.",
            UserWarning,
            stacklevel=2,
        )
    return long[0] if long else None


def _pick_channel(
    sizes: dict[str, int], path: Path, channel: int | str | None, names: Sequence[str]
) -> tuple[str, int] | None:
    """Return the channel axis and the index along it, or None if there is only one channel."""
    channels, samples = sizes.get("C", 1), sizes.get("S", 1)
    if samples > 1 and channels > 1:
        raise MovieReadError(
            f"'{path}' has {channels} channels of {samples} colours each. Save one channel as grey values."
        )
    if samples > 1 and channel is None:
        raise MovieReadError(
            f"'{path}' is a colour image (RGB); podia needs grey values. "
            f"Save it as 8-bit or 16-bit grey, or select one colour with --channel 0 to {samples - 1} "
            f"(of labels: --labels-channel)."
        )
    if samples > 1:
        return "S", resolve_channel(channel, samples, _COLOURS[:samples], path)
    index = resolve_channel(channel, channels, names, path)
    return ("C", index) if "C" in sizes else None


def resolve_channel(channel: int | str | None, count: int, names: Sequence[str], path: Path) -> int:
    """Return the index of `channel` (an index from 0, or a name in any case) among `count`.

    None selects the only channel, and is an error if there are several.
    """
    if channel is None:
        if count == 1:
            return 0
        raise MovieReadError(
            f"'{path}' has {_listed(count, names)}. Select one with --channel, by number or name (of "
            f"labels: --labels-channel)."
        )
    lowered = [name.lower() for name in names]
    if isinstance(channel, str):
        if channel.lower() in lowered:
            return lowered.index(channel.lower())
        if not channel.isdecimal():
            raise MovieReadError(
                f"'{path}' has no channel '{channel}'.{nearest_name_hint(channel, names)} "
                f"It has {_listed(count, names)}."
            )
    index = int(channel)
    if not 0 <= index < count:
        raise MovieReadError(f"'{path}' has no channel {index}. It has {_listed(count, names)}.")
    return index


def _listed(count: int, names: Sequence[str]) -> str:
    if count == 1:
        return "one channel, 0"
    if len(names) == count:
        return f"{count} channels ({', '.join(f'{i}: {name}' for i, name in enumerate(names))})"
    return f"{count} channels (0 to {count - 1})"
