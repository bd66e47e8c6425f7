"""Operations of corrections, and their text form.

Each identifies its cells by frame and position, so that it can be replayed on another segmentation; the original track
id of a cell is stored for information only. The set is that of funtracks' user actions (add, delete and update a node;
add, delete and swap edges), with separate operations for divisions.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from podia.data.config import FrozenConfig

Point = tuple[float, float]
"""``(y, x)`` in px of the movie's frame."""


class CellAt(FrozenConfig):
    """A cell, by a point that lies in it."""

    frame: int = Field(ge=0, description="Frame, from 0.")
    y: float = Field(description="Row of a point in the cell, px.")
    x: float = Field(description="Column of a point in the cell, px.")
    track: int | None = Field(None, description="Track id when the correction was made; not used for replay.")


class _Correction(FrozenConfig):
    author: str | None = Field(None, description="Author of the correction.")
    time: str | None = Field(None, description="When, ISO 8601.")


class Merge(_Correction):
    """Merge two or more pieces of one cell; the first piece of each frame keeps its track."""

    op: Literal["merge"] = "merge"
    pieces: tuple[tuple[CellAt, ...], ...] = Field(
        min_length=1, description="Per frame: the pieces to merge, the one that keeps its track first."
    )


class SplitFrame(FrozenConfig):
    """Split of one cell in one frame: by seeds, or along a line."""

    cell: CellAt
    seeds: tuple[Point, ...] = Field((), description="One point per part; the first part keeps the track.")
    line: tuple[Point, ...] = Field((), description="Points of the line along which the cell is split.")


class Split(_Correction):
    """Split one region of several cells; each new part is one track over the frames."""

    op: Literal["split"] = "split"
    frames: tuple[SplitFrame, ...] = Field(min_length=1, description="The splits, in the order of frames.")


class Delete(_Correction):
    """Delete false cells."""

    op: Literal["delete"] = "delete"
    cells: tuple[CellAt, ...] = Field(min_length=1, description="The cells to remove.")


class Redraw(_Correction):
    """Replace the outline of a cell by a polygon; other cells keep their pixels."""

    op: Literal["redraw"] = "redraw"
    cell: CellAt
    polygon: tuple[Point, ...] = Field(min_length=3, description="Corners of the new outline.")


class Add(_Correction):
    """Draw a missed cell on the background; other cells keep their pixels."""

    op: Literal["add"] = "add"
    frame: int = Field(ge=0, description="Frame, from 0.")
    polygon: tuple[Point, ...] = Field(min_length=3, description="Corners of the outline.")
    continues: CellAt | None = Field(None, description="A cell of its track. Default: a new track.")


class Mask(FrozenConfig):
    """Pixels of a cell: a box, and alternating run lengths of pixels outside and inside, row by row."""

    top: int
    left: int
    height: int = Field(ge=0)
    width: int = Field(ge=0)
    runs: tuple[int, ...]


class PaintedCell(FrozenConfig):
    """A cell with all its pixels: an existing cell (`at`), another cell of a track (`of`), or a new cell.

    New cells with the same number `new` are one new track. A mask without pixels removes a cell.
    """

    mask: Mask
    at: CellAt | None = None
    of: CellAt | None = None
    new: int = 0


class PaintedFrame(FrozenConfig):
    """Painted cells of a frame."""

    frame: int = Field(ge=0)
    cells: tuple[PaintedCell, ...] = Field(min_length=1)


class Paint(_Correction):
    """Give cells the pixels painted in another program; other cells lose overpainted pixels."""

    op: Literal["paint"] = "paint"
    frames: tuple[PaintedFrame, ...] = Field(min_length=1)


class Link(_Correction):
    """Link two cells: the later track continues the earlier one."""

    op: Literal["link"] = "link"
    earlier: CellAt
    later: CellAt


class Unlink(_Correction):
    """Start a new track at this cell."""

    op: Literal["unlink"] = "unlink"
    cell: CellAt


class Swap(_Correction):
    """Swap two tracks from these cells on."""

    op: Literal["swap"] = "swap"
    cells: tuple[CellAt, CellAt] = Field(description="The two cells in the first frame of the swap.")


class SetDivision(_Correction):
    """Set a division: the tracks of the daughters begin, and that of the mother ends before."""

    op: Literal["set_division"] = "set_division"
    mother: CellAt
    daughters: tuple[CellAt, ...] = Field(
        min_length=1, max_length=3, description="First cells of the daughters."
    )


class RemoveDivision(_Correction):
    """Remove a false division: the tracks are kept as unrelated tracks."""

    op: Literal["remove_division"] = "remove_division"
    mother: CellAt


class Name(_Correction):
    """Name a track."""

    op: Literal["name"] = "name"
    cell: CellAt
    name: str = Field(max_length=200, description="The name; empty removes it.")


Correction = Annotated[
    Merge
    | Split
    | Delete
    | Redraw
    | Add
    | Paint
    | Link
    | Unlink
    | Swap
    | SetDivision
    | RemoveDivision
    | Name,
    Field(discriminator="op"),
]
"""A correction."""

CORRECTION: TypeAdapter[Correction] = TypeAdapter(Correction)
"""Reads and writes a correction."""
