"""Corrections of a finished analysis: masks, tracks and tables follow; undone, everything is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import podia
from podia.cli.main import app
from podia.corrections.by_ids import correction_of_ids
from podia.corrections.record import write_corrections
from podia.corrections.text import suspects_in_words
from podia.data.errors import InvalidInputError, OutputError
from podia.files.folder_lock import locked_folder
from podia.io.layout import CORRECTIONS, LOG
from podia.pipeline import cell_steps
from podia.pipeline.again import run_again
from podia.pipeline.config import load_config
from podia.pipeline.correct import correct, suggested_correction, undo_corrections
from podia.pipeline.repeat import sources_of
from podia.pipeline.run import run_source
from podia.results.results import Results, open_results
from podia.testing.small_movies import crawling_discs, write_small_movie


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Every output file's bytes, ``.podia`` left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".podia" not in path.relative_to(folder).parts
    }


@pytest.fixture
def results(halved_results: Results) -> Results:
    """The run on the halved disc, which a test can change."""
    return halved_results


def _halves(results: Results) -> list[int]:
    """Return the track of the standing disc and of its other half."""
    whole = int(results.labels.frame(0)[95, 30])
    left, right = (int(results.labels.frame(1)[95, x]) for x in (25, 36))
    return [whole, right if left == whole else left]


def test_a_merge_reaches_masks_tracks_tables_and_record(results: Results) -> None:
    whole, half = _halves(results)
    corrected = correct(results, "merge", [whole, half], author="me", time="2030-01-01")
    assert half not in corrected.lineage.track_ids
    assert (corrected.labels.frame(1) == whole).sum() == (crawling_discs()[1] == 2).sum()
    areas = corrected.tables.cells.query("track_id == @whole")["area_um2"]
    assert areas.nunique() == 1
    assert len(areas) == 6
    assert corrected.record["steps"]["correct"]["n_corrections"] == 1
    assert (corrected / CORRECTIONS).read_text().startswith('{"op": "merge"')
    assert "1 of 1 corrections applied" in (corrected / LOG).read_text()
    np.testing.assert_array_equal(
        tifffile.imread(corrected / "masks/labels.tif"), corrected.labels.to_array()
    )


def test_only_frames_whose_masks_changed_are_measured_again(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    measure_labels = cell_steps.measure_labels

    def counted(movie: Any, labels: Any, frame: int, *rest: Any, **keywords: Any) -> Any:
        measured.append(frame)
        return measure_labels(movie, labels, frame, *rest, **keywords)

    monkeypatch.setattr(cell_steps, "measure_labels", counted)
    whole, half = _halves(results)
    correct(results, "merge", [whole, half])
    assert measured == [1, 2]
    others = [track for track in open_results(results.path).lineage.track_ids if track != whole]
    correct(results.path, "swap", [whole, others[0]], 4)
    assert measured == [1, 2]


def test_a_cell_in_pieces_is_the_first_suspect_and_its_suggestion_mends_it(results: Results) -> None:
    whole, half = _halves(results)
    first = results.suspects[0]
    assert (first.kind, {first.track, first.other}) == ("split_cell", {whole, half})
    assert "Suggested: merge" in suspects_in_words(results.suspects)
    corrected = correct(results, suggested_correction(results.path, 1))
    assert half not in corrected.lineage.track_ids
    assert "split_cell" not in {one.kind for one in corrected.suspects}
    with pytest.raises(InvalidInputError, match="number 99 does not exist"):
        suggested_correction(results.path, 99)


def test_undoing_brings_back_every_byte(results: Results) -> None:
    before = outputs_of(results.path)
    correct(results, "merge", _halves(results))
    correct(results.path, "delete", [open_results(results.path).lineage.track_ids[0]])
    assert outputs_of(results.path).keys() == before.keys() | {CORRECTIONS}
    undo_corrections(results.path, 2)
    assert outputs_of(results.path) == before
    with pytest.raises(InvalidInputError, match="has 0 corrections; 1 cannot be undone"):
        undo_corrections(results.path)


def test_corrections_are_applied_to_another_tracking_where_they_fit(results: Results) -> None:
    corrected = correct(results, "merge", _halves(results))
    again = run_again(corrected.path, ["tracking.divisions=true"]).results
    image = again.labels.frame(1)
    assert (image == image[95, 30]).sum() == (crawling_discs()[1] == 2).sum()
    assert again.tracking.problems == ()


def test_a_named_track_has_its_name_in_the_table_and_the_report_lists_what_was_corrected(
    results: Results,
) -> None:
    whole, half = _halves(results)
    correct(results, "name", [whole], name="leader <1>")
    named = correct(results.path, "delete", [half], time="2030-01-01", author="me")
    assert named.tables.tracks.set_index("track_id")["name"].to_dict()[whole] == "leader <1>"
    assert set(named.tables.tracks["name"]) == {"leader <1>", ""}
    page = (named / "report.html").read_text(encoding="utf-8")
    assert "2 made by hand, 2 of them applied" in page
    assert f"name {whole} &#39;leader &lt;1&gt;&#39;" in page
    assert f"delete {half}, frames 1 to 2 (2030-01-01 by me)" in page


def test_a_run_made_from_a_record_has_its_corrections_and_the_same_files(
    results: Results, tmp_path: Path
) -> None:
    corrected = correct(results, "merge", _halves(results))
    record = corrected / "run.json"
    (source,) = sources_of([], record)
    again = run_source(source, tmp_path / "again", load_config(record)).results
    assert outputs_of(again.path) == outputs_of(corrected.path)
    # What is undone there stays undone, and another movie is not corrected.
    undo_corrections(again.path)
    assert run_source(source, again.path, load_config(record)).results.corrections == ()
    other = write_small_movie(tmp_path / "other", seed=1)
    (source,) = sources_of([other], record, labels=other.parent / "labels.tif")
    assert source.corrections == ()


def test_a_correction_that_does_not_fit_is_reported_and_kept(results: Results) -> None:
    state = (results.labels, results.lineage)
    merge = correction_of_ids(*state, "merge", _halves(results))
    write_corrections([merge, merge.model_copy(update={"pieces": merge.pieces[:1]})], results / CORRECTIONS)
    nowhere = merge.model_copy(
        update={
            "pieces": (tuple(cell.model_copy(update={"y": 1.0, "x": 120.0}) for cell in merge.pieces[0]),)
        }
    )
    write_corrections([nowhere], results / CORRECTIONS)
    with pytest.warns(UserWarning, match=r"Correction 1 of corrections.jsonl \(merge\) was not applied"):
        again = run_again(results.path).results
    assert len(again.tracking.problems) == 1
    assert (again / CORRECTIONS).exists()


def test_a_correction_added_meanwhile_is_kept_and_a_folder_in_use_takes_none(results: Results) -> None:
    opened = open_results(results.path)
    assert opened.corrections == ()
    correct(results.path, "name", [_halves(results)[0]], name="one")
    both = correct(opened, "name", [_halves(results)[0]], name="other")
    assert [one.name for one in both.corrections] == ["one", "other"]
    refused = pytest.raises(OutputError, match="Another podia run is working in")
    with locked_folder(results.folder.work, results.path), refused:
        correct(results.path, "delete", [_halves(results)[0]])
    assert len(open_results(results.path).corrections) == 2


def test_operations_and_files_that_do_not_exist_are_refused(results: Results) -> None:
    with pytest.raises(InvalidInputError, match="Did you mean 'merge'"):
        podia.correct(results, "marge", [1, 2])


def test_corrections_that_a_review_saved_are_applied_by_podia_apply(results: Results) -> None:
    saved = correction_of_ids(results.labels, results.lineage, "merge", _halves(results))
    write_corrections([saved], results / CORRECTIONS)
    said = CliRunner().invoke(app, ["apply", str(results.path)])
    assert said.stdout.startswith("1 of 1 corrections applied")
    assert said.stderr.index("tables") < said.stderr.index("overlay")
    said = CliRunner().invoke(app, ["apply", str(results.path), "--quiet"]).stdout
    assert said.startswith("Nothing to apply")
