"""The viewer in a real browser: zoom, following a cell, plots of the chosen track, events, lineage trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from browser import NEEDS_BROWSER, opened, returned, with_script
from podia.reporting.report import report
from tiny_report import tiny_inputs

pytestmark = NEEDS_BROWSER

TOOLS = """
const canvas = document.querySelector("canvas");
const box = canvas.getBoundingClientRect();
const at = (x, y) => ({ clientX: box.left + box.width * x / 130, clientY: box.top + box.height * y / 97 });
const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const onCanvas = (x, y) => { const [a, b] = view.place(x, y); return [a / canvas.width, b / canvas.height]; };
"""


def in_page(script: str, tmp_path: Path, inputs: Any = None) -> Any:
    """Return what `script` returns in the page."""
    path = report(inputs or tiny_inputs(), tmp_path / "report.html")
    return returned(opened(with_script(path, TOOLS + script), tmp_path))


def test_wheel_and_plus_zoom_at_the_pointer_and_else_at_the_chosen_cell(tmp_path: Path) -> None:
    found = in_page(
        """
        const seen = [];
        const turned = (deltaY) => new WheelEvent("wheel", { deltaY, cancelable: true, ...at(40.5, 60.5) });
        const wheel = (deltaY) => canvas.dispatchEvent(turned(deltaY));
        seen.push(wheel(100), view.zoom);                     // zoomed out: the page scrolls
        const before = view.pointed(at(40.5, 60.5));
        seen.push(wheel(-500)); press("+");                   // no pointer on the canvas yet: no cell, the middle
        view.zoomTo(1); wheel(-500);
        seen.push(view.zoom > 2);
        seen.push(view.pointed(at(40.5, 60.5)).every((value, axis) => Math.abs(value - before[axis]) < 0.2));
        view.zoomTo(1); state.choose(3); press("+"); press("+"); press("+");
        const [x, y] = onCanvas(15, 71);
        seen.push(view.zoom > 3, x > 0.1 && x < 0.9 && y > 0.1 && y < 0.9);
        press("0"); seen.push(view.zoom);
        return seen;
        """,
        tmp_path,
    )
    assert found == [True, 1, False, True, True, True, True, 1]


def test_the_followed_cell_stays_in_view_and_a_jump_chooses_its_cell(tmp_path: Path) -> None:
    found = in_page(
        """
        state.choose(1); view.zoomTo(8, [15.5, 15.5]);
        const inside = [];
        for (const frame of [0, 1, 2, 3, 4, 0]) {
          state.goTo(frame);
          const cell = movie.cellAt(state.index, 1);
          const [x, y] = onCanvas(cell[movie.column.x], cell[movie.column.y]);
          inside.push(x > 0.05 && x < 0.95 && y > 0.05 && y < 0.95);
        }
        document.querySelector(".events .goto").click();
        return [inside, state.index, state.chosen];
        """,
        tmp_path,
    )
    assert found == [[True] * 6, 2, 3]


def test_curves_and_kymograph_are_of_the_chosen_track_with_downloads(tmp_path: Path) -> None:
    found = in_page(
        """
        const plots = document.getElementById("track-plots");
        const titles = () => [...plots.querySelectorAll("h3")].map((one) => one.textContent);
        const before = plots.hidden;
        state.choose(2); const all = titles();
        const csv = plots.querySelector("svg").dataset.csv.split("\\n");
        const offers = [...plots.querySelector(".download").children].map((one) => one.textContent);
        const { width, height } = plots.querySelector("canvas");
        state.choose(0);
        return [before, all, csv.slice(0, 2), offers, [width, height], plots.hidden, movie.data.kymographs.n];
        """,
        tmp_path,
    )
    before, titles, csv, offers, size, after, n = found
    assert (before, after) == (True, True)
    assert titles[0] == "Area of track 2"
    assert titles[-1] == "Kymograph of track 2"
    assert csv == ["frame,area (µm²)", "0,85"]
    assert offers == ["SVG", "CSV"]
    assert size == [n, 5]


def test_a_click_on_the_lineage_tree_leads_to_the_track(tmp_path: Path) -> None:
    found = in_page(
        """
        const tree = document.querySelector("svg.tree");
        tree.querySelector('[data-track="5"] path').dispatchEvent(new MouseEvent("click", { bubbles: true }));
        const lit = document.querySelectorAll("svg.tree .lit").length;
        return [state.index, state.chosen, lit, tree.querySelectorAll(".track").length];
        """,
        tmp_path,
    )
    assert found == [2, 5, 1, 3]


@pytest.mark.parametrize("n_frames", [30])
def test_showing_frames_and_choosing_cells_leaves_the_page_no_larger(n_frames: int, tmp_path: Path) -> None:
    # Thousands of cells must not be elements each.
    found = in_page(
        """
        const count = () => document.querySelectorAll("*").length;
        state.choose(1); state.choose(0);
        const before = count();
        for (let round = 0; round < 3; round++) for (let index = 0; index <= movie.last; index++) state.show(index);
        for (const id of [1, 2, 5]) state.choose(id);
        state.choose(0);
        return count() - before;
        """,
        tmp_path,
        tiny_inputs(n_frames),
    )
    assert found == 0
