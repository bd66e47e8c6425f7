"""A command that corrects says when the tables are ready, before film and report are made."""

from __future__ import annotations

from podia.cli.tables_first import TablesFirst


def _said(calls: list[tuple[str, int]]) -> list[str]:
    happened: list[str] = []

    def bars(step: str, done: int, total: int) -> None:
        happened.append(f"{step} {done} of {total}")

    progress = TablesFirst(bars, lambda: happened.append("tables are ready"))
    for step, done in calls:
        progress(step, done, 2)
    return happened


def test_tables_are_announced_once_when_the_step_after_measuring_begins() -> None:
    calls = [("measure", 1), ("measure", 2), ("measure", 2), ("overlay", 1), ("report", 2)]
    assert _said(calls) == [
        "measure 1 of 2",
        "measure 2 of 2",
        "measure 2 of 2",
        "tables are ready",
        "overlay 1 of 2",
        "report 2 of 2",
    ]


def test_tables_that_were_up_to_date_are_not_announced() -> None:
    assert "tables are ready" not in _said([("correct", 2), ("measure", 2), ("export", 2), ("report", 2)])
