"""An analysis reviewed in the browser: what is corrected in the page reaches masks, tracks, tables and the new page."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from browser import NEEDS_BROWSER, opened, returned, with_script
from halved_disc import STANDING
from podia.corrections.by_ids import correction_of_ids
from podia.corrections.record import to_line
from podia.data.config import override
from podia.data.errors import InvalidInputError, MovieReadError, OutputError
from podia.files.folder_lock import locked_folder
from podia.io.layout import REPORT, csv_of
from podia.io.written_files import end_writing
from podia.pipeline.run import run
from podia.results.results import Results, open_results
from podia.review.in_browser import review_server
from podia.review.server import ReviewServer


@pytest.fixture
def results(halved_results: Results) -> Results:
    """The run on the halved disc, which a test can change."""
    return halved_results


@contextmanager
def serving(results: Results) -> Iterator[ReviewServer]:
    with review_server(results, author="me", now=lambda: "2030-01-01") as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def _merge(results: Results) -> dict[str, object]:
    """Return the correction that mends the halved disc, as the page sends it."""
    whole = int(results.labels.frame(0)[95, 30])
    (half,) = {int(results.labels.frame(1)[95, x]) for x in (25, 36)} - {whole}
    return correction_of_ids(results.labels, results.lineage, "merge", [whole, half]).model_dump(
        exclude_none=True
    )


def test_the_list_of_suspects_is_a_file_and_leads_to_the_halved_cell(results: Results) -> None:
    first = results.tables.suspects.iloc[0]
    assert first["kind"] == "split_cell"
    assert first["suggestion"].startswith("merge ")
    assert first["correction"] == to_line(results.suspects[0].correction)
    assert (results / csv_of("suspects")).read_text().startswith("suspect,kind,confidence,frame,time_min,")


def test_corrections_are_applied_signed_and_undone(results: Results) -> None:
    server = review_server(results, author="me", now=lambda: "2030-01-01")
    server.server_close()
    merge = _merge(results)
    assert server.writes["apply"]([merge]) == {"problems": []}
    corrected = open_results(results.path)
    (made,) = corrected.corrections
    assert (made.op, made.author, made.time) == ("merge", "me", "2030-01-01")
    assert "split_cell" not in set(corrected.tables.suspects["kind"])
    assert "1 made by hand, 1 of them applied" in (corrected / REPORT).read_text()
    first = {"frame": 0, "y": 95, "x": 30}
    with pytest.warns(UserWarning, match="the track starts in frame 0"):
        (problem,) = server.writes["apply"]([{"op": "unlink", "cell": first}])["problems"]
    assert problem in (corrected / REPORT).read_text()
    server.writes["undo"](2)
    assert open_results(results.path).corrections == ()


def test_what_cannot_be_done_is_refused_in_a_line_and_changes_nothing(results: Results) -> None:
    server = review_server(results)
    server.server_close()
    before = (results / REPORT).read_bytes()
    for asked in ([], {}, [{"op": "fly"}], ["merge"], [7], None):
        with pytest.raises(InvalidInputError):
            server.writes["apply"](asked)
    with pytest.raises(InvalidInputError):
        server.writes["undo"](1)
    with (
        locked_folder(results.folder.work, results.path),
        pytest.raises(OutputError, match="Another podia run"),
    ):
        server.writes["apply"]([_merge(results)])
    assert (results / REPORT).read_bytes() == before


def test_an_unfinished_analysis_is_not_served(results: Results) -> None:
    shutil.rmtree(results.folder.work)
    (results / REPORT).unlink()
    with pytest.raises(MovieReadError):
        review_server(results)


def test_a_report_with_some_of_the_frames_is_served_with_all(halved: Results, tmp_path: Path) -> None:
    shutil.copytree(halved.path, tmp_path / "few")
    few = run(
        halved.origin.movie,
        tmp_path / "few",
        override(STANDING, ["report.max_frames=3"]),
        labels=halved.path.parent / "labels.tif",
    )
    server = review_server(few)
    server.server_close()
    page = server.pages[REPORT]()
    assert page.parent == few.folder.work
    assert page.read_text().count('"outlines":') == 6
    assert (few / REPORT).read_text().count('"outlines":') == 3


@NEEDS_BROWSER
def test_a_correction_in_the_served_page_is_measured_and_shown(results: Results, tmp_path: Path) -> None:
    # The script stands in for the person; the page that podia writes anew does not have it.
    script = """
    const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("n"); press("a");
    const buttons = [...document.querySelectorAll(".pending button.strong")].map((one) => one.textContent);
    document.querySelector(".pending button.strong").click();
    return buttons;
    """
    scripted = with_script(results / REPORT, script)
    scripted.replace(results / REPORT)
    end_writing(results.folder, (REPORT,))  # not an edit of somebody
    with serving(results) as server:
        page = opened(server.address, tmp_path)
    assert "1 made by hand, 1 of them applied" in page
    assert 'id="corrections"' in page
    assert "data-found" not in page
    assert open_results(results.path).corrections[0].author == "me"
    with serving(results) as server:
        untouched = opened(server.address, tmp_path)
    assert "undo the last correction" in untouched
    assert "None yet. Choose a cell" in untouched


@NEEDS_BROWSER
def test_the_page_as_a_file_offers_to_save_and_not_to_apply(results: Results, tmp_path: Path) -> None:
    script = """
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    return [...document.querySelectorAll(".pending .buttons button")].map((one) => one.textContent);
    """
    found = returned(opened(with_script(results / REPORT, script), tmp_path))
    assert found == ["save corrections.jsonl", "undo"]
