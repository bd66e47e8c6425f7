"""Lineages written as TrackMate XML come back as they were, and files of TrackMate itself are understood."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from io_situations import Tracked, assert_same_lineage, tracked_movies
from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.io.tracks.trackmate import read_trackmate, write_trackmate

# Positions are stored times the pixel size: one multiplication and one division, each exact to half a digit.
POSITION_RTOL = 2 * np.finfo(np.float64).eps


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trackmate") / "trackmate.xml"


def _write(lineage: Lineage, path: Path, calibration: Calibration) -> None:
    write_trackmate(lineage, path, calibration, movie_name="a & b.tif", frame_shape=(11, 9), n_frames=6)


@given(tracked=tracked_movies())
@settings(max_examples=40, deadline=None)
def test_lineage_and_calibration_come_back_as_written(path: Path, tracked: Tracked) -> None:
    _write(tracked.lineage, path, tracked.calibration)
    lineage, calibration = read_trackmate(path)
    assert_same_lineage(lineage, tracked.lineage, rtol=POSITION_RTOL)
    assert calibration == tracked.calibration


def _family() -> Lineage:
    """Track 1 (frames 0 and 1) divides into 2 and 3 (frame 2); track 4 stands alone in frame 0."""
    nodes = pd.DataFrame(
        {"frame": [0, 1, 2, 2, 0], "label": [5, 1, 1, 2, 6], "track_id": [1, 1, 2, 3, 4], "y": 2.0, "x": 4.0}
    )
    return Lineage(nodes, {2: 1, 3: 1})


def test_file_has_what_trackmates_reader_asks_for(tmp_path: Path) -> None:
    _write(_family(), tmp_path / "t.xml", Calibration(0.5, 60.0))
    root = ElementTree.parse(tmp_path / "t.xml").getroot()
    for element in (
        "Model/FeatureDeclarations/SpotFeatures",
        "Model/FeatureDeclarations/EdgeFeatures",
        "Model/FeatureDeclarations/TrackFeatures",
        "Model/FilteredTracks",
        "Settings/ImageData",
        "Settings/BasicSettings",
        "Settings/DetectorSettings[@DETECTOR_NAME='MANUAL_DETECTOR']",
        "Settings/TrackerSettings[@TRACKER_NAME='MANUAL_TRACKER']",
        "Settings/InitialSpotFilter[@feature='QUALITY']",
        "Settings/SpotFilterCollection",
        "Settings/TrackFilterCollection",
        "Settings/AnalyzerCollection",
        "GUIState",
        "DisplaySettings",
    ):
        assert root.find(element) is not None, element
    model = root.find("Model")
    assert model is not None
    assert model.attrib == {"spatialunits": "micron", "timeunits": "sec"}
    image = root.find("Settings/ImageData")
    assert image is not None
    assert image.attrib["filename"] == "a & b.tif"
    assert (image.attrib["width"], image.attrib["height"], image.attrib["nframes"]) == ("9", "11", "6")


def test_spots_are_in_micrometres_and_declared(tmp_path: Path) -> None:
    _write(_family(), tmp_path / "t.xml", Calibration(0.5, 60.0))
    root = ElementTree.parse(tmp_path / "t.xml").getroot()
    declared = {feature.attrib["feature"] for feature in root.findall(".//SpotFeatures/Feature")}
    spots = root.findall(".//Spot")
    assert len(spots) == 5
    assert all(set(spot.attrib) - {"ID", "name"} == declared for spot in spots)
    spot = spots[-1]
    assert (spot.get("POSITION_X"), spot.get("POSITION_Y"), spot.get("POSITION_T")) == ("2.0", "1.0", "120.0")


def test_a_family_is_one_track_and_a_lone_spot_none(tmp_path: Path) -> None:
    _write(_family(), tmp_path / "t.xml", Calibration())
    root = ElementTree.parse(tmp_path / "t.xml").getroot()
    assert [len(track.findall("Edge")) for track in root.findall(".//AllTracks/Track")] == [3]
    assert [t.get("TRACK_ID") for t in root.findall(".//FilteredTracks/TrackID")] == ["0"]


def test_radii_are_drawn_in_micrometres(tmp_path: Path) -> None:
    write_trackmate(
        _family(),
        tmp_path / "t.xml",
        Calibration(0.5, 60.0),
        movie_name="m.tif",
        frame_shape=(11, 9),
        n_frames=3,
        radii_px=np.arange(1.0, 6.0),
    )
    root = ElementTree.parse(tmp_path / "t.xml").getroot()
    assert [spot.get("RADIUS") for spot in root.findall(".//Spot")] == ["0.5", "1.0", "1.5", "2.0", "2.5"]


@pytest.mark.parametrize("radii", [np.ones(4), np.array([1.0, 1.0, 0.0, 1.0, 1.0])])
def test_radii_that_do_not_fit_are_refused(radii: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="a positive radius for each of 5 cells"):
        write_trackmate(
            _family(),
            tmp_path / "t.xml",
            Calibration(),
            movie_name="m.tif",
            frame_shape=(11, 9),
            n_frames=3,
            radii_px=radii,
        )


def test_a_file_of_trackmate_itself_is_read_by_its_links(tmp_path: Path) -> None:
    """Links in any direction and order, hidden spots with theirs, no features of podia's."""
    (tmp_path / "t.xml").write_text(
        """<TrackMate version="7.6.1"><Model spatialunits="micron" timeunits="min"><AllSpots>
        <SpotsInFrame frame="0"><Spot ID="7" FRAME="0" POSITION_X="2.0" POSITION_Y="1.0" VISIBILITY="1"/>
        <Spot ID="3" FRAME="0" POSITION_X="9.0" POSITION_Y="9.0" VISIBILITY="0"/></SpotsInFrame>
        <SpotsInFrame frame="1"><Spot ID="8" FRAME="1" POSITION_X="4.0" POSITION_Y="1.0" VISIBILITY="1"/>
        </SpotsInFrame><SpotsInFrame frame="2"><Spot ID="1" FRAME="2" POSITION_X="5.0" POSITION_Y="1.0"/>
        <Spot ID="2" FRAME="2" POSITION_X="6.0" POSITION_Y="1.0"/></SpotsInFrame></AllSpots>
        <AllTracks><Track TRACK_ID="0"><Edge SPOT_SOURCE_ID="1" SPOT_TARGET_ID="8"/>
        <Edge SPOT_SOURCE_ID="7" SPOT_TARGET_ID="8"/><Edge SPOT_SOURCE_ID="8" SPOT_TARGET_ID="2"/>
        <Edge SPOT_SOURCE_ID="3" SPOT_TARGET_ID="8"/></Track></AllTracks></Model>
        <Settings><ImageData pixelwidth="0.5" timeinterval="10.0"/></Settings></TrackMate>"""
    )
    lineage, calibration = read_trackmate(tmp_path / "t.xml")
    assert calibration == Calibration(0.5, 600.0)
    assert lineage.nodes["track_id"].tolist() == [1, 1, 2, 3]
    assert lineage.nodes["x"].tolist() == [4.0, 8.0, 10.0, 12.0]
    assert dict(lineage.parents) == {2: 1, 3: 1}


def test_missing_and_broken_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match="There is no file"):
        read_trackmate(tmp_path / "gone.xml")
    for content in ("", "<TrackMate><Model>", "<html></html>"):
        (tmp_path / "t.xml").write_text(content)
        with pytest.raises(MovieReadError, match=r"t.xml' cannot be read as TrackMate file"):
            read_trackmate(tmp_path / "t.xml")
