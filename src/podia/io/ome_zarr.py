"""Reader for OME-Zarr images and labels, versions 0.4 (Zarr 2) and 0.5 (Zarr 3), frame by frame.

Specification: ngff.openmicroscopy.org/0.4 and /0.5, sections on multiscales, labels and axes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.axes import FramePlan, plan_frames
from podia.io.damaged import unreadable_file, unreadable_frame
from podia.io.movie_part import WHOLE, MoviePart, pick_position
from podia.io.opened_image import OpenedImage
from podia.io.units import length_um, time_s

PODIA_KEY, POSITIONS_ONLY = "podia", "positions_only"
"""Attribute of podia's labels that marks positions without outlines."""


@dataclass(frozen=True)
class ZarrFrames:
    """Frames in a Zarr array; opened for each read, so that sources can be pickled."""

    path: Path
    array: str
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    plan: FramePlan

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if a chunk cannot be decoded."""
        try:
            stored = zarr.open_array(self.path, path=self.array, mode="r")
            pixels = stored[self.plan.index(frame)]
        except Exception as error:  # codecs raise arbitrary exceptions
            raise unreadable_frame(self.path, frame, error) from error
        return np.ascontiguousarray(pixels, dtype=self.dtype)


def open_ome_zarr(path: Path, part: MoviePart = WHOLE) -> OpenedImage:
    """Return the frames of one channel and position of an OME-Zarr image at full resolution, with its scale.

    Raises
    ------
    MovieReadError
        If it is not an OME-Zarr, holds several images and none is picked, or its arrays are missing or damaged.
    """
    group, path_in = _image_group(_open_group(path), path, part.position)
    return _open_image(group, path, path_in, part.channel)


def positions_in_zarr(path: Path) -> list[str]:
    """Return the paths of the images in an OME-Zarr: fields of a plate, numbered series, or ``0`` for a single one."""
    return _positions(_open_group(path), path) or ["0"]


def open_ome_zarr_labels(path: Path, part: MoviePart = WHOLE) -> OpenedImage:
    """Return the labels at `path`: a label image, or an image with exactly one label image.

    Raises
    ------
    MovieReadError
        If there are none, or several.
    """
    group = _open_group(path)
    if "labels" in group and not _ome(group).get("image-label"):
        names = list(_ome(group["labels"]).get("labels", ()))
        if len(names) != 1:
            listed = ", ".join(f"'labels/{name}'" for name in names) or "none"
            raise MovieReadError(
                f"'{path}' contains {len(names)} label images ({listed}). Use the path of one of them."
            )
        return _open_image(group[f"labels/{names[0]}"], path, f"labels/{names[0]}", part.channel)
    inner, path_in = _image_group(group, path, part.position)
    return _open_image(inner, path, path_in, part.channel)


def marks_positions(path: Path) -> bool:
    """Return whether the labels at `path` mark positions only, without outlines."""
    own = _open_group(path).attrs.get(PODIA_KEY)
    return isinstance(own, Mapping) and own.get(POSITIONS_ONLY) is True


def _open_group(path: Path) -> zarr.Group:
    if _is_array(path):
        raise MovieReadError(
            f"'{path}' is a Zarr array without OME-Zarr metadata, so its axes are unknown. Save it as "
            "OME-Zarr or TIFF."
        )
    try:
        return zarr.open_group(path, mode="r")
    except Exception as error:  # stores and metadata parsers raise arbitrary exceptions
        raise unreadable_file(path, "OME-Zarr", error) from error


def _image_group(group: zarr.Group, path: Path, position: int | str | None) -> tuple[zarr.Group, str]:
    """Return the group of the image; bioformats2raw puts it into a numbered group, plates into wells and fields."""
    if "multiscales" in _ome(group):
        return group, ""
    names = _positions(group, path)
    if not names:
        raise MovieReadError(
            f"'{path}' is a Zarr group without OME-Zarr metadata (no "
            f"'multiscales'). Save it as OME-Zarr, or as TIFF."
        )
    name = names[pick_position(position, names, path)]
    try:
        return group[name], name
    except KeyError as error:
        raise unreadable_file(path, "OME-Zarr", error) from error


def _positions(group: zarr.Group, path: Path) -> list[str]:
    ome = _ome(group)
    if "multiscales" in ome:
        return []
    if "plate" not in ome:
        return sorted((name for name in group.group_keys() if name.isdecimal()), key=int)
    try:
        wells = [str(well["path"]) for well in ome["plate"]["wells"]]
        return [f"{well}/{image['path']}" for well in wells for image in _ome(group[well])["well"]["images"]]
    except Exception as error:  # any metadata may be missing
        raise MovieReadError(
            f"'{path}' is a plate of many images, but does not list its wells and fields. Use the path of "
            f"one field, such as '{path}/A/1/0'."
        ) from error


def _is_array(path: Path) -> bool:
    return (path / ".zarray").is_file() or "array" in _node_type(path)


def _node_type(path: Path) -> str:
    described = path / "zarr.json"
    try:
        return str(json.loads(described.read_text(encoding="utf-8")).get("node_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _open_image(group: zarr.Group, path: Path, path_in: str, channel: int | str | None) -> OpenedImage:
    ome = _ome(group)
    try:
        multiscale = ome["multiscales"][0]
        dataset = multiscale["datasets"][0]
        axes = [_axis(axis) for axis in multiscale["axes"]]
        name = "/".join(part for part in (path_in, dataset["path"]) if part)
        stored = zarr.open_array(path, path=name, mode="r")
    except Exception as error:  # metadata and arrays may be missing
        raise unreadable_file(path, "OME-Zarr", error) from error
    letters = "".join(_letter(axis) for axis in axes)
    if len(letters) != stored.ndim:
        raise MovieReadError(
            f"'{path}' is not valid OME-Zarr: {len(letters)} axes for {stored.ndim} dimensions."
        )
    plan = plan_frames(letters, stored.shape, path, channel=channel, channel_names=_channel_names(ome))
    height, width = stored.shape[letters.index("Y")], stored.shape[letters.index("X")]
    source = ZarrFrames(path, name, (plan.n_frames, height, width), stored.dtype.newbyteorder("="), plan)
    return OpenedImage(source, *_scale(axes, multiscale, dataset))


def _ome(group: Any) -> Mapping[str, Any]:
    """Return the OME metadata: at the top level in version 0.4, under ``ome`` since 0.5."""
    attributes = dict(group.attrs)
    nested = attributes.get("ome")
    return nested if isinstance(nested, Mapping) else attributes


def _axis(axis: Any) -> Mapping[str, Any]:
    """Return an axis in the form of version 0.4; in 0.3 it was a name only."""
    return {"name": axis} if isinstance(axis, str) else dict(axis)


def _letter(axis: Mapping[str, Any]) -> str:
    """Return T or C by the type of the axis, otherwise the first letter of its name."""
    by_type = {"time": "T", "channel": "C"}
    return by_type.get(axis.get("type", "")) or str(axis["name"])[:1].upper()


def _channel_names(ome: Mapping[str, Any]) -> list[str]:
    channels = ome.get("omero", {}).get("channels", ())
    names = [str(channel.get("label", "")) for channel in channels]
    return names if all(names) else []


def _scale(
    axes: Sequence[Mapping[str, Any]], multiscale: Mapping[str, Any], dataset: Mapping[str, Any]
) -> tuple[float | None, float | None, float | None]:
    """Return pixel height and width (um) and frame interval (s); None if an axis has no unit."""
    factors = np.ones(len(axes))
    for holder in (dataset, multiscale):
        for transformation in holder.get("coordinateTransformations", ()):
            if transformation.get("type") == "scale":
                factors *= np.asarray(transformation["scale"], dtype=np.float64)
    by_letter = {_letter(axis): (float(f), axis.get("unit")) for axis, f in zip(axes, factors, strict=True)}
    return (
        length_um(*by_letter["Y"]),
        length_um(*by_letter["X"]),
        time_s(*by_letter.get("T", (None, None))),
    )
