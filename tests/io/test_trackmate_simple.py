"""TrackMate's simple export: tracks and positions of it, and of its full file, in px."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from podia.data.errors import MovieReadError
from podia.io.points import read_points
from podia.io.tracks.read import open_tracks
from podia.io.tracks.trackmate import write_trackmate

SPOTS = {1: [(0, 4.0, 6.0), (1, 5.0, 6.5), (3, 6.0, 7.0)], 2: [(2, 10.0, 11.0)]}
"""``track -> (frame, y, x)`` in px."""


def simple_export(path: Path, *, unit: str = "pixel", scale: float = 1.0, extra: str = "") -> Path:
    """Write what TrackMate's Export tracks to XML file writes."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Tracks nTracks="2" spaceUnits="{unit}" frameInterval="300.0" timeUnits="sec" generationDateTime="x" '
        'from="TrackMate v7.13.2">',
    ]
    for spots in SPOTS.values():
        lines.append(f'  <particle nSpots="{len(spots)}">')
        lines += [f'    <detection t="{t}" x="{x * scale}" y="{y * scale}" z="0.0" />' for t, y, x in spots]
        lines.append(f"{extra}  </particle>")
    path.write_text("\n".join([*lines, "</Tracks>"]), encoding="utf-8")
    return path


@pytest.mark.parametrize(("unit", "scale"), [("pixel", 1.0), ("µm", 0.5), ("micron", 0.5), ("nm", 500.0)])
def test_tracks_and_points_are_in_px_whatever_the_unit(tmp_path: Path, unit: str, scale: float) -> None:
    path = simple_export(tmp_path / "t.xml", unit=unit, scale=scale)
    file = open_tracks(path, pixel_size_um=0.5)
    nodes = file.lineage.nodes
    for track, spots in SPOTS.items():
        rows = nodes.loc[nodes["track_id"] == track, ["frame", "y", "x"]]
        np.testing.assert_allclose(rows.to_numpy(), spots)
    assert file.calibration.frame_interval_s == 300
    points = read_points(path, pixel_size_um=0.5)
    assert points["frame"].tolist() == [0, 1, 2, 3]
    assert points["track_id"].tolist() == [1, 1, 2, 1]


def test_positions_in_um_need_the_pixel_size(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match="Give it with --pixel-size-um"):
        open_tracks(simple_export(tmp_path / "t.xml", unit="µm"))


def test_a_track_that_divides_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = simple_export(tmp_path / "t.xml", extra='    <detection t="1" x="1" y="1" z="0.0" />\n')
    path.write_text(path.read_text().replace('t="2" x', 't="1" x'))
    with pytest.raises(MovieReadError, match=r"two positions in frame 1: it divides or merges.*button Save"):
        open_tracks(path)


def test_spots_of_the_full_file_are_points(tmp_path: Path) -> None:
    path = simple_export(tmp_path / "simple.xml")
    file = open_tracks(path)
    write_trackmate(
        file.lineage,
        tmp_path / "full.xml",
        file.calibration,
        movie_name="m.tif",
        frame_shape=(20, 20),
        n_frames=4,
    )
    read = [
        read_points(one)[["frame", "y", "x"]].to_numpy().tolist() for one in (path, tmp_path / "full.xml")
    ]
    assert read[0] == read[1]
