import re

import pytest

from podia.data.calibration import Calibration
from podia.data.edge_tables import KYMOGRAPHS
from podia.data.errors import InvalidInputError
from podia.data.glossary import glossary_table, glossary_text, matching_tables
from podia.data.tables import CELLS, FOLDER_TABLES, SUMMARY
from podia.references import REFERENCES

DECLARED = (*FOLDER_TABLES, SUMMARY, KYMOGRAPHS)
COLUMNS = [(schema, column) for schema in DECLARED for column in schema.columns]


def test_every_column_is_explained_in_a_sentence() -> None:
    for schema, column in COLUMNS:
        assert re.fullmatch(r"[A-Za-z0-9].*\.", column.meaning), (schema.name, column.name)
        assert schema.about.endswith(".")
        assert not re.match(r"(a|an|the) ", schema.row)


def test_a_source_that_looks_like_a_key_is_a_known_work() -> None:
    keys = {
        column.source.partition(",")[0] for _, column in COLUMNS if re.match(r"[a-z]+\d{4}", column.source)
    }
    assert keys
    assert keys <= set(REFERENCES)


@pytest.mark.parametrize("calibration", [Calibration(), Calibration(0.5, 60.0)])
def test_no_table_has_two_columns_of_one_name(calibration: Calibration) -> None:
    for schema in DECLARED:
        names = schema.names(calibration)
        assert len(names) == len(set(names)), schema.name


def test_a_name_in_several_tables_is_one_quantity() -> None:
    quantities: dict[str, set[str]] = {}
    for schema, column in COLUMNS:
        if schema is not KYMOGRAPHS:
            quantities.setdefault(column.name, set()).add(column.quantity)
    assert {name: found for name, found in quantities.items() if len(found) > 1} == {}


def test_a_citation_carries_the_doi() -> None:
    (column,) = (c for c in CELLS.columns if c.name == "shape_index")
    assert column.citation == "Bi et al. 2015 (doi:10.1038/nphys3471)"


def test_a_table_a_part_of_a_column_and_a_typing_error_are_looked_up() -> None:
    (cells,) = matching_tables("cells")
    assert cells == glossary_table(CELLS)
    assert {table.name for table in matching_tables("turning")} == {"cells", "tracks"}
    assert all("turning" in column.name for table in matching_tables("turning") for column in table.columns)
    with pytest.raises(InvalidInputError, match=r"no table or column 'trakcs'.*Did you mean 'tracks'"):
        matching_tables("trakcs")


def test_the_text_names_every_table_or_every_column() -> None:
    overview = glossary_text(matching_tables(None), columns=False)
    assert all(re.search(rf"^{schema.name} ", overview, re.MULTILINE) for schema in (*FOLDER_TABLES, SUMMARY))
    detail = glossary_text(matching_tables("cells"), columns=True)
    assert all(f"  {name}\n" in detail for name in CELLS.names(Calibration(1.0, 60.0)))
    assert max(map(len, detail.splitlines())) <= 100
