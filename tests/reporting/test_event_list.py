from podia.reporting.event_list import event_kinds
from tiny_report import tiny_inputs


def test_a_division_is_one_event_with_its_daughters():
    (division,) = [kind for kind in event_kinds(tiny_inputs()) if kind.name == "division"]
    assert division.total == 1
    assert [event.text for event in division.listed] == ["frame 2: 3 into 4 and 5"]


def test_without_cells_there_are_no_events():
    assert event_kinds(tiny_inputs(n_cells=0)) == []
