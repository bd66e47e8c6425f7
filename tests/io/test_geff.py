"""Lineages written as GEFF come back as they were; files of other programs are understood or refused."""

from __future__ import annotations

import filecmp
from pathlib import Path
from typing import Any

import geff
import numpy as np
import pandas as pd
import pytest
from geff.core_io import read_to_memory, write_arrays
from geff.validate.data import ValidationConfig
from hypothesis import given, settings

from io_situations import Tracked, assert_same_lineage, tracked_movies
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.tables import CELLS
from podia.io.tracks.geff import read_geff, write_geff
from podia.io.tracks.node_measures import NodeMeasure


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("geff") / "tracks.geff"


@given(tracked=tracked_movies())
@settings(max_examples=12, deadline=None)
def test_lineage_and_calibration_come_back_as_written(path: Path, tracked: Tracked) -> None:
    write_geff(tracked.lineage, path, tracked.calibration)
    lineage, calibration = read_geff(path)
    assert_same_lineage(lineage, tracked.lineage)
    assert calibration == tracked.calibration


@given(tracked=tracked_movies())
@settings(max_examples=6, deadline=None)
def test_file_passes_the_formats_own_validation(path: Path, tracked: Tracked) -> None:
    write_geff(tracked.lineage, path, tracked.calibration)
    geff.validate_structure(path)
    read_to_memory(path, data_validation=ValidationConfig(graph=True, tracklet=True))


def _division_after_a_gap() -> Lineage:
    """Track 1 in frames 0, 1 and 4; its daughters 2 and 3 in frame 5."""
    frames, tracks = [0, 1, 4, 5, 5], [1, 1, 1, 2, 3]
    nodes = pd.DataFrame({"frame": frames, "label": tracks, "track_id": tracks, "y": 1.5, "x": 2.5})
    return Lineage(nodes, {2: 1, 3: 1})


def test_a_division_is_two_edges_and_a_gap_a_long_one(tmp_path: Path) -> None:
    write_geff(_division_after_a_gap(), tmp_path / "t.geff", Calibration(0.65, 600.0))
    graph = read_to_memory(tmp_path / "t.geff")
    frames = graph["node_props"]["t"]["values"]
    frame_of = dict(zip(graph["node_ids"].tolist(), frames.tolist(), strict=True))
    steps = sorted((frame_of[int(a)], frame_of[int(b)]) for a, b in graph["edge_ids"])
    assert steps == [(0, 1), (1, 4), (4, 5), (4, 5)]
    t, y, x = graph["metadata"].axes
    assert (t.name, t.unit, t.scale, t.scaled_unit) == ("t", "frame", 600.0, "second")
    assert [(a.name, a.unit, a.scale, a.scaled_unit) for a in (y, x)] == [
        ("y", "pixel", 0.65, "micrometer"),
        ("x", "pixel", 0.65, "micrometer"),
    ]


def test_the_same_lineage_gives_the_same_bytes(tmp_path: Path) -> None:
    for place in ("a", "b"):
        write_geff(_division_after_a_gap(), tmp_path / place, Calibration(0.65, 600.0))
    files = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert files
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", files, shallow=False)[0] == files


def test_a_merge_into_a_track_that_has_ended_is_refused(tmp_path: Path) -> None:
    nodes = pd.DataFrame({"frame": [0, 1], "label": 1, "track_id": [1, 2], "y": 0.0, "x": 0.0})
    with pytest.raises(InvalidInputError, match=r"Track 2 .*merges into track 1, which has no cell after it"):
        write_geff(Lineage(nodes, merged_into={2: 1}), tmp_path / "t.geff", Calibration())
    assert list(tmp_path.iterdir()) == []


def test_what_funtracks_asks_for_is_there(tmp_path: Path) -> None:
    """Ids that are no background, the value in the label image, where that image is, and the size of its pixels."""
    measure = NodeMeasure(CELLS.columns[10], "area_um2", "um2", np.array([1.0, 2.0, np.nan, 4.0, 5.0]))
    lineage = _division_after_a_gap()
    write_geff(
        lineage,
        tmp_path / "t.geff",
        Calibration(0.65, 600.0),
        measures=[measure],
        label_image="../../masks/labels.ome.zarr/0",
        last_row=3,
    )
    graph = read_to_memory(tmp_path / "t.geff")
    assert graph["node_ids"].tolist() == [1, 2, 3, 5, 4]
    assert graph["node_props"]["seg_id"]["values"].tolist() == [1, 1, 1, 3, 2]
    np.testing.assert_array_equal(graph["node_props"]["area_um2"]["values"], [1.0, 2.0, np.nan, 5.0, 4.0])
    metadata = graph["metadata"]
    assert metadata.node_props_metadata["area_um2"].unit == "um2"
    (related,) = metadata.related_objects
    assert (related.type, related.path, related.node_prop) == (
        "labels",
        "../../masks/labels.ome.zarr/0",
        "seg_id",
    )
    assert metadata.extra["tracksdata"]["scale"] == [0.65, 0.65]
    assert_same_lineage(read_geff(tmp_path / "t.geff")[0], lineage)


def _foreign(
    path: Path,
    t: list[float],
    edges: list[tuple[int, int]],
    unit: str | None = None,
    extra: dict[str, Any] | None = None,
    **ids: list[int],
) -> Path:
    """A graph as another program writes it: without podia's properties, node ids of its own."""
    values = {"t": np.array(t), "y": np.arange(len(t)) * 2.0, "x": np.zeros(len(t))}
    values |= {name: np.array(one) for name, one in ids.items()}
    axes = [{"name": "t", "type": "time"}, *({"name": n, "type": "space", "unit": unit} for n in "yx")]
    write_arrays(
        path,
        np.arange(len(t), dtype=np.uint64) + 10,
        {name: {"values": array, "missing": None} for name, array in values.items()},
        np.array(edges, np.uint64).reshape(-1, 2) + np.uint64(10),
        {},
        geff.GeffMetadata(
            directed=True, axes=axes, node_props_metadata={}, edge_props_metadata={}, extra=extra or {}
        ),
    )
    return path


def test_tracks_of_another_programs_graph_are_its_unbranched_paths(tmp_path: Path) -> None:
    path = _foreign(tmp_path / "t.geff", [0, 1, 2, 2, 3], [(0, 1), (1, 2), (1, 3), (3, 4)])
    lineage, calibration = read_geff(path)
    assert lineage.nodes["track_id"].tolist() == [1, 1, 2, 3, 3]
    assert dict(lineage.parents) == {2: 1, 3: 1}
    assert lineage.nodes["y"].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert calibration == Calibration()


def test_tracklets_and_labels_of_another_programs_graph_are_kept(tmp_path: Path) -> None:
    path = _foreign(
        tmp_path / "t.geff",
        [0, 1, 2, 2],
        [(0, 1), (1, 2), (1, 3)],
        tracklet_id=[9, 9, 4, 6],
        seg_id=[5, 7, 7, 8],
    )
    lineage, _ = read_geff(path)
    assert lineage.nodes["track_id"].tolist() == [9, 9, 4, 6]
    assert lineage.nodes["label"].tolist() == [5, 7, 7, 8]
    assert dict(lineage.parents) == {4: 9, 6: 9}


def test_positions_of_funtracks_are_brought_to_pixels(tmp_path: Path) -> None:
    extra = {"funtracks": {"version": "2.2"}, "tracksdata": {"scale": [0.5, 0.5]}}
    lineage, _ = read_geff(_foreign(tmp_path / "t.geff", [0, 1], [(0, 1)], extra=extra))
    assert lineage.nodes["y"].tolist() == [0.0, 4.0]


def test_merges_in_another_programs_graph_are_kept(tmp_path: Path) -> None:
    path = _foreign(tmp_path / "t.geff", [0, 0, 1], [(0, 2), (1, 2)])
    lineage, _ = read_geff(path)
    assert dict(lineage.merged_into) == {1: 3, 2: 3}
    assert dict(lineage.parents) == {}


def test_positions_in_other_units_are_refused(tmp_path: Path) -> None:
    path = _foreign(tmp_path / "t.geff", [0, 1], [(0, 1)], unit="micrometer")
    with pytest.raises(MovieReadError, match=r"Axis y of .* is in micrometer; podia needs pixels"):
        read_geff(path)


def test_times_between_frames_are_refused(tmp_path: Path) -> None:
    path = _foreign(tmp_path / "t.geff", [0, 0.5], [(0, 1)])
    with pytest.raises(MovieReadError, match="non-integer time points"):
        read_geff(path)


def test_links_back_in_time_are_refused(tmp_path: Path) -> None:
    path = _foreign(tmp_path / "t.geff", [1, 0], [(0, 1)])
    with pytest.raises(MovieReadError, match="is not a lineage: 1 of its links do not point forward"):
        read_geff(path)


def test_missing_and_broken_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match="There is no file or folder"):
        read_geff(tmp_path / "gone.geff")
    (tmp_path / "t.geff").mkdir()
    with pytest.raises(MovieReadError, match=r"t.geff' cannot be read as GEFF graph"):
        read_geff(tmp_path / "t.geff")
