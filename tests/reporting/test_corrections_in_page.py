"""Corrections made in the page, in a real browser: each applies to the labels that the page was made from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import NEEDS_BROWSER, opened, returned, with_script
from podia.corrections.apply import Corrected, apply_corrections
from podia.corrections.operations import CORRECTION, CellAt, Unlink
from podia.corrections.record import read_corrections
from podia.corrections.suspect import Suspect
from podia.reporting.report import report
from tiny_report import tiny_inputs

pytestmark = NEEDS_BROWSER

# Tracks 1 and 2 in frames 0 to 4; 3 in 0 and 1, then its daughters 4 (left) and 5 (right).
INPUTS = tiny_inputs()
TOOLS = """
const press = (...keys) => keys.forEach((key) => document.body.dispatchEvent(new KeyboardEvent("keydown",
  { key: key.replace("Shift+", ""), shiftKey: key.startsWith("Shift+"), bubbles: true })));
const said = () => document.querySelector(".said").textContent;
const made = () => corrections.all().map((one) => one.correction);
const go = (frame, ...ids) => {
  state.clearMarks(); state.goTo(frame); state.choose(ids[0]); ids.slice(1).forEach(state.mark);
};
document.querySelector("input[name=correct]").click();
"""


def in_page(script: str, tmp_path: Path, inputs: Any = INPUTS) -> Any:
    """Return what `script` returns in the page."""
    path = report(inputs, tmp_path / "report.html")
    return returned(opened(with_script(path, TOOLS + script), tmp_path))


def applied(corrections: list[object]) -> Corrected:
    """Apply corrections of the page one after the other; all must fit."""
    done = apply_corrections(INPUTS.labels, INPUTS.lineage, map(CORRECTION.validate_python, corrections))
    assert [outcome.problem for outcome in done.outcomes] == [""] * len(corrections)
    return done


def test_each_operation_by_keys_is_one_that_applies(tmp_path: Path) -> None:
    found = in_page(
        """
        const all = {};
        const take = (name, ...keys) => { press(...keys); all[name] = made(); corrections.clear(); };
        go(3, 4, 5); take("merge", "m");
        go(3, 1); take("delete", "f", "d"); press("f", "f");
        go(2, 3); state.goTo(2); state.mark(4); take("link", "l");
        go(3, 2); take("unlink", "u");
        go(2, 1, 2); take("swap", "w");
        go(2, 3, 4, 5); take("division", "v");
        go(2, 4); take("no_division", "r");
        go(1, 2); take("split", "s", "ArrowRight", "ArrowDown", "Enter");
        return all;
        """,
        tmp_path,
    )
    pieces = [[(cell["frame"], cell["track"]) for cell in one] for one in found["merge"][0]["pieces"]]
    assert pieces == [[(frame, 4), (frame, 5)] for frame in (2, 3, 4)]
    assert len(applied(found["delete"]).lineage.nodes.query("track_id == 1")) == 4
    assert applied(found["link"]).lineage.nodes.query("track_id == 3")["frame"].tolist() == [0, 1, 2, 3, 4]
    assert len(applied(found["unlink"]).lineage.track_ids) == 6
    swapped = applied(found["swap"]).lineage.nodes
    assert swapped.query("track_id == 1 and frame == 2")["y"].item() > 40
    assert applied(found["division"]).lineage.parents == {4: 3, 5: 3}
    assert applied(found["no_division"]).lineage.parents == {}
    split = applied(found["split"])
    assert split.changed_frames == (1,)
    sizes = np.bincount(split.labels.frame(1).ravel())
    assert min(sizes[2], sizes[-1]) > 0.2 * np.bincount(INPUTS.labels.frame(1).ravel())[2]


def test_a_cut_repeated_in_the_next_frame_is_one_split_and_the_pointer_draws_it(tmp_path: Path) -> None:
    found = in_page(
        """
        const canvas = document.querySelector("canvas");
        const at = (x, y) => {
          const box = canvas.getBoundingClientRect();
          return { clientX: box.left + box.width * x / 130, clientY: box.top + box.height * y / 97, pointerId: 1 };
        };
        canvas.setPointerCapture = () => {};
        for (const frame of [0, 1]) {
          go(frame, 1); press("s");
          const x = 15.5 + 3 * frame;
          for (const [kind, y] of [["pointerdown", 2], ["pointermove", 20], ["pointerup", 29]]) {
            canvas.dispatchEvent(new PointerEvent(kind, at(x, y)));
          }
        }
        return made();
        """,
        tmp_path,
    )
    assert len(found) == 1
    lineage = applied(found).lineage
    (new,) = set(lineage.track_ids) - set(INPUTS.lineage.track_ids)
    assert lineage.nodes[lineage.nodes["track_id"] == new]["frame"].tolist() == [0, 1]


def test_what_is_missing_is_said_and_nothing_is_added(tmp_path: Path) -> None:
    found = in_page(
        """
        const told = [];
        const say = (...keys) => { press(...keys); told.push(said()); };
        say("Escape", "m"); go(0, 1); say("m"); say("w"); go(0, 1); say("v"); say("r");
        go(0, 3, 1); state.goTo(3); say("w");
        return [told, made().length];
        """,
        tmp_path,
    )
    assert found[0] == [
        "Merge: choose a cell, then the other with shift and click, or x.",
        "Merge: choose a cell, then the other with shift and click, or x.",
        "Swap: choose a cell, then the other with shift and click, or x.",
        "Division: choose a cell, then the other with shift and click, or x.",
        "Track 1 neither divides nor comes from a division.",
        "Track 3 is not seen in frame 3.",
    ]
    assert found[1] == 0


def test_suspects_are_walked_through_accepted_and_taken_back_by_keys(tmp_path: Path) -> None:
    unlink = Unlink(cell=CellAt(frame=2, y=71, x=65, track=5))
    suspects = (
        Suspect("jump", 2, 5, 4, 71.0, 65.0, 0.8, "Track 5 moves far.", unlink),
        Suspect("begins_inside", 3, 2, None, 71.0, 62.0, 0.25, "A track begins inside the field."),
    )
    found = in_page(
        """
        const seen = [];
        const look = () => seen.push([state.index, state.chosen, document.querySelector(".suspect h3").textContent]);
        press("n"); look(); press("a"); look();
        const waiting = [document.querySelectorAll(".pending li").length, corrections.asFile()];
        press("o"); press("z"); look();
        document.querySelectorAll("tr[data-suspect] button")[0].click(); look();
        return [seen, waiting, made().length, document.querySelectorAll("tr.done").length];
        """,
        tmp_path,
        replace(INPUTS, suspects=suspects),
    )
    seen, (n_listed, text), n_left, n_done = found
    assert seen[0] == [2, 5, "Suspect 1 of 2"]
    assert seen[1] == [3, 2, "Suspect 2 of 2"]
    assert seen[2][2] == "Suspects"
    assert seen[3] == [2, 5, "Suspect 1 of 2"]
    assert (n_listed, n_left, n_done) == (1, 0, 2)
    (tmp_path / "corrections.jsonl").write_text(text, encoding="utf-8")
    (correction,) = read_corrections(tmp_path / "corrections.jsonl")
    assert correction.op == "unlink"
    assert correction.time is not None
    assert 5 not in applied([json.loads(text)]).lineage.parents


def test_the_choice_moves_to_neighbours_and_points_lie_in_their_cells(tmp_path: Path) -> None:
    found = in_page(
        """
        go(2, 1); const way = [];
        for (const to of ["Down", "Down", "Right", "Up", "Left"]) { press(`Shift+Arrow${to}`); way.push(state.chosen); }
        return [way, [0, 2, 4].flatMap((index) => movie.idsOf(index).map((id) => places.of(index, id)))];
        """,
        tmp_path,
    )
    assert found[0] == [2, 4, 5, 1, 1]
    for cell in found[1]:
        assert INPUTS.labels.frame(cell["frame"])[int(cell["y"]), int(cell["x"])] == cell["track"]


@pytest.mark.parametrize("ticked", [True, False])
def test_keys_correct_only_where_the_box_is_ticked(ticked: bool, tmp_path: Path) -> None:
    untick = "" if ticked else 'document.querySelector("input[name=correct]").click();'
    found = in_page(untick + 'go(1, 1); press("u"); return made().length;', tmp_path)
    assert found == int(ticked)
