"""The table of suspects says all that the list knows, and reads back as the same list."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from podia.corrections.operations import CellAt, Delete, Link, Merge, Unlink
from podia.corrections.suspect import SUSPECT_KINDS, Suspect
from podia.corrections.suspects_table import suspects_of_table, suspects_table
from podia.data.calibration import Calibration
from podia.data.suspect_table import SUSPECTS

cells = st.builds(
    CellAt,
    frame=st.integers(0, 99),
    y=st.floats(0, 500),
    x=st.floats(0, 500),
    track=st.none() | st.integers(1, 99),
)
corrections = st.one_of(
    st.none(),
    st.builds(Link, earlier=cells, later=cells),
    st.builds(Unlink, cell=cells),
    st.builds(Delete, cells=st.tuples(cells)),
    st.builds(Merge, pieces=st.tuples(st.tuples(cells, cells))),
)
suspects = st.builds(
    Suspect,
    kind=st.sampled_from(SUSPECT_KINDS),
    frame=st.integers(0, 99),
    track=st.integers(1, 99),
    other=st.none() | st.integers(1, 99),
    y=st.floats(0, 500),
    x=st.floats(0, 500),
    confidence=st.floats(0, 1),
    reason=st.text(),
    correction=corrections,
)


@given(st.lists(suspects, max_size=4))
@settings(deadline=None)
def test_the_table_reads_back_as_the_same_suspects(found: list[Suspect]) -> None:
    table = suspects_table(found)
    assert suspects_of_table(table) == found
    assert table["suspect"].tolist() == list(range(1, len(found) + 1))
    assert SUSPECTS.conform(table, Calibration(0.5, 60.0)).columns.tolist()[4] == "time_min"


def test_a_suggestion_is_in_words_and_as_a_line_of_the_file() -> None:
    cell = CellAt(frame=3, y=5, x=6, track=7)
    suspect = Suspect("jump", 3, 7, None, 5.0, 6.0, 0.4, "Far.", Unlink(cell=cell))
    row = suspects_table([suspect]).iloc[0]
    assert row["suggestion"] == "unlink 7, from frame 3 on"
    assert row["correction"].startswith('{"op": "unlink"')
