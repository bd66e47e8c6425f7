"""Files edited in other programs: never ignored in silence, never overwritten, taken over by podia apply."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from geff.core_io import read_to_memory
from typer.testing import CliRunner

from podia.cli.main import app
from podia.data.config import override
from podia.data.lineage import Lineage
from podia.io.layout import (
    CORRECTIONS,
    CTC,
    DRIFT,
    LABELS,
    LABELS_TIFF,
    LINEAGE,
    README,
    RUN_RECORD,
    TRACKMATE,
    WORKBOOK,
    csv_of,
    parquet_of,
)
from podia.io.read import read_labels
from podia.io.tracks.geff import read_geff, write_geff
from podia.io.written_files import WRITTEN, content_checksum, edited_files
from podia.pipeline import apply as applying
from podia.pipeline import run as running
from podia.pipeline.again import run_again
from podia.pipeline.apply import apply_edits
from podia.pipeline.config import RunConfig
from podia.pipeline.correct import correct
from podia.pipeline.run import run
from podia.results.results import Results, open_results
from podia.testing.small_movies import write_small_movie

STANDING = override(
    RunConfig(exports=("tiff", "ctc", "trackmate")),
    ["preprocessing.drift.enabled=false", "tracking.divisions=false"],
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A small movie run with its own labels and all exports."""
    root = tmp_path_factory.mktemp("edits")
    movie = write_small_movie(root)
    return run(movie, root / "results", STANDING, labels=root / "labels.tif")


@pytest.fixture
def results(done: Results, tmp_path: Path) -> Results:
    """A copy of it that a test can change."""
    shutil.copytree(done.path, tmp_path / "results")
    return open_results(tmp_path / "results")


def _paint_zarr(results: Results) -> int:
    """Give all of the standing disc in the first two frames to the crawling one's track; return that track."""
    array = zarr.open_group(results / LABELS)["0"]
    image = np.asarray(array[:2])
    crawling, standing = int(image[0, 30, 25]), int(image[0, 95, 30])
    array[:2] = np.where(image == standing, 0, image)
    assert crawling != standing
    return standing


def test_a_run_has_no_edits(results: Results) -> None:
    assert edited_files(results.folder) == ()
    assert apply_edits(results.path).edited == ()
    assert not (results / CORRECTIONS).exists()


def test_masks_painted_in_zarr_are_named_by_every_command_until_they_are_applied(results: Results) -> None:
    standing = _paint_zarr(results)
    with pytest.warns(UserWarning, match=r"Edited since podia wrote it: masks/labels.ome.zarr.*podia apply"):
        run_again(results.path, until="measure")
    applied = apply_edits_and_ignore_notes(results)
    assert applied.lineage.spans().set_index("track_id").loc[standing, "first_frame"] == 2
    assert len(applied.tables.cells.query("track_id == @standing")) == 4
    assert (results.path / "masks" / "labels.edited.ome.zarr").exists()
    assert edited_files(results.folder) == ()
    np.testing.assert_array_equal(
        applied.labels.to_array(), read_labels(results.path / "masks/labels.edited.ome.zarr").to_array()
    )


def test_masks_painted_in_fiji_are_applied(results: Results) -> None:
    image = tifffile.imread(results / LABELS_TIFF)
    image[3, 5:15, 100:110] = image.max() + 5
    tifffile.imwrite(results / LABELS_TIFF, image, imagej=True, metadata={"axes": "TYX"})
    applied = apply_edits_and_ignore_notes(results)
    assert (applied.labels.frame(3) > 0).sum() == (image[3] > 0).sum()
    assert len(applied.lineage.track_ids) == len(np.unique(image)) - 1


def test_no_command_says_that_all_is_up_to_date_while_edits_are_not_taken_over(results: Results) -> None:
    _paint_zarr(results)
    for command in ("measure", "track", "report"):
        with pytest.warns(UserWarning, match=r"Edited since podia wrote it: masks/labels\.ome\.zarr"):
            ended = CliRunner().invoke(app, [command, str(results.path), "--quiet"])
        assert ended.exit_code == 0
        assert "up to date" not in ended.stdout.lower()
        assert f"podia apply {results.path}" in ended.stdout
    assert (results / "run.json").is_file()


def test_links_changed_in_a_graph_are_applied(results: Results) -> None:
    lineage, calibration = read_geff(results / LINEAGE)
    first, second = lineage.track_ids[:2]
    nodes = lineage.nodes.copy()
    late = nodes["frame"] >= 3
    swapped = nodes.loc[late, "track_id"].replace({first: second, second: first})
    shutil.rmtree(results / LINEAGE)
    exchanged = nodes.assign(track_id=swapped.combine_first(nodes["track_id"]).astype(int))
    write_geff(Lineage(exchanged), results / LINEAGE, calibration)
    applied = apply_edits_and_ignore_notes(results)

    def paths(lineage: Lineage) -> set[tuple[tuple[float, float], ...]]:
        rounded = lineage.nodes.round(1)
        return {tuple(zip(rows["y"], rows["x"], strict=True)) for _, rows in rounded.groupby("track_id")}

    assert paths(applied.lineage) == paths(Lineage(exchanged))


def test_a_link_removed_in_trackmate_is_applied(results: Results) -> None:
    path = results / TRACKMATE
    text = path.read_text()
    edges = re.findall(r"\s*<Edge [^>]*/>", text)
    path.write_text(text.replace(edges[2], "", 1))
    before = len(results.lineage.track_ids)
    assert len(apply_edits_and_ignore_notes(results).lineage.track_ids) == before + 1


def test_a_division_entered_in_the_table_of_the_challenge_is_applied(results: Results) -> None:
    table = results / CTC / "res_track.txt"
    late = next(line for line in table.read_text().splitlines() if line.split()[1] != "0")
    # The other daughter goes on as the mother's track: cut it there, as the format wants it.
    cut = run_again(results.path, ["exports=['ctc']"]).results
    mother = int(cut.labels.frame(2)[80, 90])
    correct(cut, "unlink", [mother], int(late.split()[1]))
    rows = [line.split() for line in table.read_text().splitlines()]
    for row in rows:
        if row[1] == late.split()[1]:
            row[3] = str(mother)
    table.write_text("\n".join(" ".join(row) for row in rows) + "\n")
    applied = apply_edits_and_ignore_notes(results)
    assert applied.lineage.n_divisions == 1
    assert len(applied.lineage.parents) == 2


def test_edited_files_are_set_aside_and_never_overwritten_nor_deleted(results: Results) -> None:
    """Neither by a run that writes them anew, nor by one that is not asked for these formats any more."""
    for name in (TRACKMATE, f"{CTC}/res_track.txt"):
        with (results / name).open("a") as file:
            file.write(" ")
    with (results / LABELS_TIFF).open("ab") as file:
        file.write(b"mine")
    (results / LINEAGE / "mine").write_text("mine")
    _paint_zarr(results)
    painted = read_labels(results / LABELS).to_array()
    with (
        pytest.warns(UserWarning, match="kept as"),
        pytest.warns(UserWarning, match="not in the results yet"),
    ):
        again = run_again(results.path, ["exports=[]", "tracking.gap_max_frames=1"]).results
    tracks, masks = again.path / "tracks", again.path / "masks"
    assert (tracks / "trackmate.edited.xml").read_text().endswith(" ")
    assert (tracks / "ctc.edited" / "res_track.txt").read_text().endswith(" ")
    assert (masks / "labels.edited.tif").read_bytes().endswith(b"mine")
    assert (tracks / "tracks.edited.geff" / "mine").is_file()
    assert not any((again / name).exists() for name in (TRACKMATE, CTC, LABELS_TIFF))
    assert edited_files(again.folder) == ()
    np.testing.assert_array_equal(
        read_labels(again.path / "masks" / "labels.edited.ome.zarr").to_array(), painted
    )


@pytest.mark.parametrize("where", ["begin_writing", "end_writing"])
def test_what_a_killed_run_wrote_is_not_taken_for_an_edit(
    results: Results, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    original = getattr(running, where)

    def and_die(*args: object) -> None:
        original(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(running, where, and_die)
        with pytest.raises(KeyboardInterrupt):
            run_again(results.path, ["tracking.gap_max_frames=1"])
    again = run_again(results.path, ["tracking.gap_max_frames=1"]).results
    assert not list(again.path.rglob("*.edited*"))


def apply_edits_and_ignore_notes(results: Results) -> Results:
    with pytest.warns(UserWarning, match="kept as"):
        return apply_edits(results.path).ran.results


def test_the_graph_of_tracks_has_measures_and_names_its_label_image(results: Results) -> None:
    graph = read_to_memory(results / LINEAGE)
    properties = {name: one["values"] for name, one in graph["node_props"].items()}
    cells = results.tables.cells.set_index(["frame", "track_id"])
    for t, track, area in zip(properties["t"], properties["track_id"], properties["area_um2"], strict=True):
        assert cells.loc[(t, track), "area_um2"] == area
    (related,) = graph["metadata"].related_objects
    image = zarr.open_array((results / LINEAGE / related.path).resolve(), mode="r")
    last = {name: values[-1] for name, values in properties.items()}
    assert image[int(last["t"])][int(last["y"]), int(last["x"])] == last[related.node_prop]


def test_measuring_again_leaves_an_edited_graph_to_be_applied(results: Results) -> None:
    lineage, calibration = read_geff(results / LINEAGE)
    first = lineage.track_ids[0]
    shutil.rmtree(results / LINEAGE)
    cut = (lineage.nodes["track_id"] == first) & (lineage.nodes["frame"] >= 3)
    nodes = lineage.nodes.assign(track_id=lineage.nodes["track_id"].mask(cut, 99))
    write_geff(Lineage(nodes), results / LINEAGE, calibration)
    with pytest.warns(UserWarning, match=r"Edited since podia wrote it: tracks/tracks\.geff.*podia apply"):
        run_again(results.path, ["measurement.edge.n_positions=64"])
    assert not list(results.path.rglob("*.edited*"))
    before = len(lineage.track_ids)
    assert len(apply_edits_and_ignore_notes(results).lineage.track_ids) == before + 1


def test_a_spot_removed_in_trackmate_removes_its_cell(results: Results) -> None:
    path = results / TRACKMATE
    lines = path.read_text().splitlines()
    spot = next(line for line in lines if "<Spot " in line and 'FRAME="3"' in line)
    number = re.search(r'ID="(\d+)"', spot)
    assert number is not None
    gone = (f'ID="{number[1]}"', f'SPOT_SOURCE_ID="{number[1]}"', f'SPOT_TARGET_ID="{number[1]}"')
    path.write_text("\n".join(line for line in lines if not any(f" {text}" in line for text in gone)))
    n_cells, n_tracks = len(results.lineage.nodes), len(results.lineage.track_ids)
    applied = apply_edits_and_ignore_notes(results)
    assert [one.op for one in applied.corrections] == ["delete", "unlink"]
    assert (len(applied.lineage.nodes), len(applied.lineage.track_ids)) == (n_cells - 1, n_tracks + 1)


def test_a_spot_that_lies_in_no_cell_is_said_and_the_file_stays_edited(results: Results) -> None:
    path = results / TRACKMATE
    text = path.read_text()
    spot = next(line for line in text.splitlines() if "<Spot " in line)
    added = re.sub(r'ID="\d+"', 'ID="9999"', spot, count=1)
    added = re.sub(r'POSITION_(X|Y)="[^"]*"', r'POSITION_\1="1.0"', added)
    added = re.sub(r' (LABEL|PODIA_\w+)="[^"]*"', "", added)
    path.write_text(text.replace(spot, f"{spot}\n{added}", 1))
    with (
        pytest.warns(UserWarning, match="Edited since podia wrote it"),
        pytest.warns(UserWarning, match=r"1 positions in 'tracks/trackmate\.xml' lie outside all cells"),
    ):
        assert apply_edits(results.path).corrections == ()
    assert edited_files(results.folder) == (TRACKMATE,)


def test_a_file_that_was_saved_without_a_change_is_no_edit_once_it_was_applied(results: Results) -> None:
    image = tifffile.imread(results / LABELS_TIFF)
    tifffile.imwrite(results / LABELS_TIFF, image, compression="zlib", metadata={"axes": "TYX"})
    assert edited_files(results.folder) == (LABELS_TIFF,)
    assert apply_edits(results.path).corrections == ()
    assert edited_files(results.folder) == ()


def test_edits_that_a_killed_apply_has_noted_are_not_noted_twice(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    _paint_zarr(results)
    text = (results / TRACKMATE).read_text()
    (results / TRACKMATE).write_text(text.replace(re.findall(r"\s*<Edge [^>]*/>", text)[2], "", 1))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where in ("write_corrections", "run_again"):
        with monkeypatch.context() as patched:
            patched.setattr(applying, where, die)
            with pytest.raises(KeyboardInterrupt):
                apply_edits(results.path)
    # Killed later, in the step that has set the masks aside, but not yet the other edited file.
    with monkeypatch.context() as patched:
        patched.setitem(running._STEP_FUNCTIONS, "correct", die)
        with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="kept as"):
            apply_edits(results.path)
    assert edited_files(results.folder) == (TRACKMATE,)
    assert [one.op for one in apply_edits_and_ignore_notes(results).corrections] == ["paint", "unlink"]


def _written(results: Results) -> list[str]:
    """Return all files that the run wrote, and folders that are one output, by their path in the folder."""
    outputs = [name for name in WRITTEN if (results / name).exists()]
    files = {str(file.relative_to(results.path)) for file in results.path.rglob("*") if file.is_file()}
    visible = {name for name in files if not name.startswith(".podia/")}
    unknown = {name for name in visible if not any(Path(name).is_relative_to(output) for output in outputs)}
    assert unknown == set(), "files that no one protects"
    return outputs


def _scribble(path: Path) -> str:
    """Change an output as a person might; return what identifies the change."""
    if path.is_dir():
        (path / "mine").write_text("mine")
    else:
        path.write_bytes(path.read_bytes() + b"mine")
    return content_checksum(path)


@pytest.mark.filterwarnings("ignore:.*cannot be read", "ignore:Changes in renamed files")
def test_no_file_that_a_person_changed_is_overwritten_or_deleted(results: Results) -> None:
    """Every file that podia writes is changed; a run with another movie part, formats and settings writes all anew."""
    outputs = [name for name in _written(results) if name != RUN_RECORD]
    changed = {name: _scribble(results / name) for name in outputs}
    with pytest.warns(UserWarning, match="kept as") as said:
        run_again(
            results.path,
            [
                "preprocessing.drift.enabled=true",
                "tracking.gap_max_frames=1",
                "exports=[]",
                "report.jpeg_quality=70",
            ],
        )
    told = "\n".join(str(one.message) for one in said)
    kept = {content_checksum(path): path for path in results.path.rglob("*.edited*")}
    for name, content in changed.items():
        assert content in kept, f"{name} is lost"
        assert f"'{results / name}' was edited" in told
        assert f"'{kept[content].name}'" in told


@pytest.mark.parametrize("name", [csv_of("cells"), parquet_of("tracks"), WORKBOOK, DRIFT, README])
def test_a_changed_file_that_podia_cannot_take_over_is_named_by_every_command(
    results: Results, name: str
) -> None:
    if name == WORKBOOK:
        run_again(results.path, ["exports=['xlsx']"])
    content = _scribble(results / name)
    for _ in range(2):
        with pytest.warns(UserWarning, match=f"Edited since podia wrote it: {name}.*cannot import"):
            assert run_again(results.path).done == ()
    assert content_checksum(results / name) == content


def test_a_changed_record_of_the_run_is_kept(results: Results) -> None:
    text = (results / RUN_RECORD).read_text()
    (results / RUN_RECORD).write_text(text.replace("{", '{\n  "note of mine": 1,', 1))
    with pytest.warns(UserWarning, match=r"kept as 'run\.edited\.json'"):
        run_again(results.path, ["report.jpeg_quality=70"])
    assert "note of mine" in (results.path / "run.edited.json").read_text()
    assert (results / RUN_RECORD).read_text() != text


@pytest.mark.parametrize("name", [LABELS, LABELS_TIFF, TRACKMATE, LINEAGE, CTC])
def test_changes_in_a_file_that_a_run_has_renamed_are_taken_over_by_apply(
    results: Results, tmp_path: Path, name: str
) -> None:
    """The same corrections as if they had been applied before the run."""
    _edit(results, name)
    shutil.copytree(results.path, tmp_path / "at_once")
    at_once = apply_edits_and_ignore_notes(open_results(tmp_path / "at_once"))
    with (
        pytest.warns(UserWarning, match="not in the results yet.*podia apply"),
        pytest.warns(UserWarning, match="kept as"),
    ):
        run_again(results.path, ["tracking.gap_max_frames=1"])
    assert list(results.path.rglob("*.edited*"))
    assert open_results(results.path).corrections == ()
    with pytest.warns(UserWarning, match="not in the results yet"):
        run_again(results.path)
    applied = apply_edits(results.path)
    assert len(applied.corrections) > 0
    assert applied.ran.results.corrections == at_once.corrections
    np.testing.assert_array_equal(applied.ran.results.labels.to_array(), at_once.labels.to_array())
    assert apply_edits(results.path).corrections == ()


def test_changes_that_wait_are_not_added_twice_by_an_apply_that_is_killed(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    _paint_zarr(results)
    with (
        pytest.warns(UserWarning, match="not in the results yet"),
        pytest.warns(UserWarning, match="kept as"),
    ):
        run_again(results.path, ["tracking.gap_max_frames=1"])

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where in ("write_corrections", "discard_waiting_edits", "run_again"):
        with monkeypatch.context() as patched:
            patched.setattr(applying, where, die)
            with pytest.raises(KeyboardInterrupt):
                apply_edits(results.path)
    apply_edits(results.path)
    assert [one.op for one in open_results(results.path).corrections] == ["paint"]


def _edit(results: Results, name: str) -> None:
    """Change one thing in a file as another program would."""
    if name == LABELS:
        _paint_zarr(results)
    elif name == LABELS_TIFF:
        image = tifffile.imread(results / name)
        image[3, 5:15, 100:110] = image.max() + 5
        tifffile.imwrite(results / name, image, imagej=True, metadata={"axes": "TYX"})
    elif name == TRACKMATE:
        text = (results / name).read_text()
        (results / name).write_text(text.replace(re.findall(r"\s*<Edge [^>]*/>", text)[2], "", 1))
    elif name == LINEAGE:
        lineage, calibration = read_geff(results / name)
        cut = (lineage.nodes["track_id"] == lineage.track_ids[0]) & (lineage.nodes["frame"] >= 3)
        nodes = lineage.nodes.assign(track_id=lineage.nodes["track_id"].mask(cut, 99))
        shutil.rmtree(results / name)
        write_geff(Lineage(nodes), results / name, calibration)
    else:
        path = results / CTC / "mask002.tif"
        image = tifffile.imread(path)
        image[5:15, 100:110] = image.max()
        tifffile.imwrite(path, image)
