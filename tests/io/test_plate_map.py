"""Plate maps: names of wells, doses with units, and what is refused."""

from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError
from podia.io.plate_map import read_plate_map, well_in


def written(folder: Path, text: str) -> Path:
    path = folder / "map.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("A1", "A1"),
        ("h-12", "H12"),
        ("exp_B03_s2", "B3"),
        ("P/24/0", "P24"),
        ("A25", "A25"),
        ("DAPI2", "DAPI2"),
    ],
)
def test_wells_are_recognised_in_names(text: str, well: str) -> None:
    assert well_in(text) == well


def test_a_german_sheet_with_doses_and_unused_wells_is_read(tmp_path: Path) -> None:
    wells = read_plate_map(
        written(tmp_path, "Well;Treatment;Rep;Concentration (nM)\nA01;DMSO;1;0\nA02;drug;1;2,5\nA03;;;\n")
    )
    assert [(w.name, w.condition, w.dose, w.dose_unit) for w in wells] == [
        ("A1", "DMSO", 0, "nM"),
        ("A2", "drug", 2.5, "nM"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("well,condition\nA1,x\n", "lacks the column 'replicate'"),
        ("well,replicate\nA1,1\n", "neither a column 'condition' nor 'dose'"),
        ("well,replicate,dose\nA1,1,many\n", "dose 'many' is not a number"),
        ("well,replicate,condition\nA1,1,x\nA01,1,y\n", "well 'A1' more than once"),
        ("well,replicate,condition,colour\nA1,1,x,red\n", "unknown column 'colour'"),
        ("well,replicate,condition\nA1,,x\n", "row 2: replicate is empty"),
        ("well,replicate,condition\nA1,1,\n", "no well with a condition"),
    ],
)
def test_a_map_that_cannot_be_right_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_plate_map(written(tmp_path, text))
