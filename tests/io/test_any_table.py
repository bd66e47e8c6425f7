"""One reader for all tables: separators, encodings, decimal commas, blank rows, Excel; points of other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from podia.data.errors import MovieReadError
from podia.io.any_table import read_any_table
from podia.io.points import read_points

WORDS = st.text(st.characters(codec="cp1252", exclude_categories=("C", "Z")), min_size=1, max_size=6)
NAMES = st.lists(WORDS.filter(lambda word: not set(word) & set(',;"')), min_size=2, max_size=4, unique=True)


def _is_utf_8(data: bytes) -> bool:
    """Text of Windows that happens to be valid UTF-8 as well cannot be told from it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.isascii()


@settings(max_examples=80, deadline=None)
@given(
    names=NAMES,
    data=st.data(),
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    tail=st.booleans(),
)
def test_what_is_written_is_read_whatever_the_dialect(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    data: st.DataObject,
    separator: str,
    encoding: str,
    newline: str,
    tail: bool,
) -> None:
    rows = data.draw(st.lists(st.lists(WORDS, min_size=len(names), max_size=len(names)), max_size=4))
    quoted = [[f'"{word.replace(chr(34), chr(34) * 2)}"' for word in row] for row in rows]
    lines = [separator.join(row) + separator * tail for row in [names, *quoted]]
    blank = separator * (len(names) - 1)
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(newline.join([*lines, blank, ""]).encode(encoding))
    assume(encoding != "cp1252" or not _is_utf_8(path.read_bytes()))
    table = read_any_table(path)
    assert list(table.columns) == names
    assert [list(row) for row in table.rows] == rows


def test_a_workbook_is_read_like_its_csv(tmp_path: Path) -> None:
    table = pd.DataFrame({"folder": ["a", "b"], "replicate": [1.0, 2.0], "x": [0.5, np.nan]})
    table.to_excel(tmp_path / "t.xlsx", index=False)
    found = read_any_table(tmp_path / "t.xlsx")
    assert found.columns == ("folder", "replicate", "x")
    assert found.rows == (("a", "1", "0.5"), ("b", "2", ""))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,b\n1,2,3\n",
            r"Line 2 of .* has 3 values for 2 columns. Put text that contains a comma in quotation",
        ),
        ("a,a\n1,2\n", "has the column 'a' twice"),
        (",\n\n", "it is empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_by_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(MovieReadError, match=message):
        read_any_table(tmp_path / "t.csv")


def test_a_binary_file_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"II\x2a\0\0\0")
    with pytest.raises(MovieReadError, match="is a binary file, not a table"):
        read_any_table(tmp_path / "t.csv")


TABLES = {
    "semicolons and decimal commas": "frame;y;x\n0;1,5;2\n1;3;4,25\n",
    "tabs": "frame\ty\tx\n0\t1.5\t2\n1\t3\t4.25\n",
    "capitals and blank rows": "Frame,Y,X\n0,1.5,2\n1,3,4.25\n,,\n,,\n",
    "btrack": "ID,t,x,y,z,parent,root,state\n1,0,2,1.5,0,1,1,0\n1,1,4.25,3,0,1,1,0\n",
    "napari Tracks": "track_id,t,y,x\n1,0,1.5,2\n1,1,3,4.25\n",
    "scikit-image": "label,centroid-0,centroid-1,frame\n1,1.5,2,0\n1,3,4.25,1\n",
    "TrackMate in pixels": (
        "LABEL,ID,TRACK_ID,POSITION_X,POSITION_Y,FRAME\nLabel,Spot ID,Track ID,X,Y,Frame\n"
        "Label,Spot ID,Track ID,X,Y,Frame\n,,,(pixel),(pixel),\nID1,1,0,2,1.5,0\nID2,2,0,4.25,3,1\n"
    ),
    "TrackMate in um": (
        "LABEL,ID,TRACK_ID,POSITION_X,POSITION_Y,FRAME\nLabel,Spot ID,Track ID,X,Y,Frame\n"
        "Label,Spot ID,Track ID,X,Y,Frame\n,,,(micron),(micron),\nID1,1,0,1,0.75,0\nID2,2,0,2.125,1.5,1\n"
    ),
    "um": "frame,y_um,x_um\n0,0.75,1\n1,1.5,2.125\n",
}


@pytest.mark.parametrize("program", TABLES)
def test_points_of_other_programs_are_read(program: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLES[program])
    found = read_points(tmp_path / "p.csv", pixel_size_um=0.5)
    assert found[["frame", "y", "x"]].to_numpy().tolist() == [[0, 1.5, 2], [1, 3, 4.25]]


def test_slices_of_fiji_count_from_one(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(" ,Area,X,Y,Slice\n1,9,2,1.5,1\n2,9,4.25,3,2\n")
    with pytest.warns(UserWarning, match="counts frames from 1"):
        found = read_points(tmp_path / "p.csv")
    assert found[["frame", "y", "x"]].to_numpy().tolist() == [[0, 1.5, 2], [1, 3, 4.25]]


def test_points_in_um_need_the_pixel_size(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLES["um"])
    with pytest.raises(MovieReadError, match="the pixel size is unknown"):
        read_points(tmp_path / "p.csv")
