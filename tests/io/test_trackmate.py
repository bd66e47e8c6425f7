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
from podia.data.tables import CELLS
from podia.io.tracks.node_measures import NodeMeasure
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
    content = read_trackmate(path)
    assert_same_lineage(content.lineage, tracked.lineage, rtol=POSITION_RTOL)
    assert content.calibration == tracked.calibration
    assert content.labels is None


@given(tracked=tracked_movies())
@settings(max_examples=20, deadline=None)
def test_masks_come_back_exactly_from_their_outlines(path: Path, tracked: Tracked) -> None:
    labels = tracked.labels
    write_trackmate(
        tracked.lineage,
        path,
        tracked.calibration,
        movie_name="m.tif",
        frame_shape=labels.frame_shape,
        n_frames=labels.n_frames,
        labels=labels,
    )
    content = read_trackmate(path)
    assert_same_lineage(content.lineage, tracked.lineage, rtol=POSITION_RTOL)
    if len(tracked.lineage.nodes):
        assert content.labels is not None
        np.testing.assert_array_equal(content.labels.to_array(), labels.to_array())
    else:
        assert content.labels is None


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


def test_measures_are_features_with_units_and_the_movie_is_named_with_its_folder(tmp_path: Path) -> None:
    columns = {column.name: column for column in CELLS.columns}
    values = np.array([1.5, 2.0, np.nan, 4.0, 5.0])
    calibration = Calibration(0.5, 60.0)
    measures = [
        NodeMeasure(columns[name], columns[name].resolved_name(calibration), "", values)
        for name in ("area", "speed", "n_protrusions")
    ]
    write_trackmate(
        _family(),
        tmp_path / "t.xml",
        calibration,
        movie_name="m.tif",
        movie_folder="/data/a & b",
        frame_shape=(11, 9),
        n_frames=3,
        measures=measures,
    )
    root = ElementTree.parse(tmp_path / "t.xml").getroot()
    declared = {feature.get("feature"): feature for feature in root.findall(".//SpotFeatures/Feature")}
    area, speed = declared["PODIA_AREA_UM2"], declared["PODIA_SPEED_UM_PER_MIN"]
    assert (area.get("name"), area.get("dimension"), area.get("isint")) == ("area_um2", "AREA", "false")
    assert speed.get("dimension") == "NONE"  # the file's times are in seconds
    assert declared["PODIA_N_PROTRUSIONS"].get("isint") == "true"
    spots = {spot.get("ID"): spot for spot in root.findall(".//Spot")}
    assert spots["0"].get("PODIA_AREA_UM2") == "1.5"
    assert "PODIA_AREA_UM2" not in spots["2"].attrib
    image = root.find("Settings/ImageData")
    assert image is not None
    assert (image.get("folder"), image.get("filename")) == ("/data/a & b", "m.tif")


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
    content = read_trackmate(tmp_path / "t.xml")
    lineage = content.lineage
    assert content.calibration == Calibration(0.5, 600.0)
    assert lineage.nodes["track_id"].tolist() == [1, 1, 2, 3]
    assert lineage.nodes["x"].tolist() == [4.0, 8.0, 10.0, 12.0]
    assert dict(lineage.parents) == {2: 1, 3: 1}


def test_tracks_of_trackmate_keep_their_numbers_and_those_that_were_filtered_out_are_not_read(
    tmp_path: Path,
) -> None:
    """Track 4 is number 5, as in TrackMate's label images; track 6 was filtered out; a lone spot gets a new number."""
    spots = [(1, 0, 4.0), (2, 1, 4.0), (3, 0, 8.0), (4, 1, 8.0), (5, 1, 0.0)]
    rows = "".join(
        f'<Spot ID="{number}" FRAME="{frame}" POSITION_X="{x}" POSITION_Y="1.0" ROI_N_POINTS="4">'
        f"-1.5 -0.5 1.5 -0.5 1.5 0.5 -1.5 0.5</Spot>"
        for number, frame, x in spots
    )
    (tmp_path / "t.xml").write_text(
        f"""<TrackMate><Model spatialunits="pixel" timeunits="frame"><AllSpots>{rows}</AllSpots><AllTracks>
        <Track TRACK_ID="4"><Edge SPOT_SOURCE_ID="1" SPOT_TARGET_ID="2"/></Track>
        <Track TRACK_ID="6"><Edge SPOT_SOURCE_ID="3" SPOT_TARGET_ID="4"/></Track></AllTracks>
        <FilteredTracks><TrackID TRACK_ID="4"/></FilteredTracks></Model><Settings>
        <ImageData width="9" height="3" nframes="2" pixelwidth="1.0" timeinterval="1.0"/></Settings></TrackMate>"""
    )
    content = read_trackmate(tmp_path / "t.xml")
    assert content.lineage.nodes[["frame", "track_id"]].to_numpy().tolist() == [[0, 5], [1, 5], [1, 6]]
    assert content.labels is not None
    frames = content.labels.to_array()
    assert frames[0, 1].tolist() == [0, 0, 0, 5, 5, 5, 0, 0, 0]
    assert frames[1, 1].tolist() == [6, 6, 0, 5, 5, 5, 0, 0, 0]
    assert frames[:, [0, 2]].sum() == 0


def test_missing_and_broken_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match="There is no file"):
        read_trackmate(tmp_path / "gone.xml")
    for content in ("", "<TrackMate><Model>", "<html></html>"):
        (tmp_path / "t.xml").write_text(content)
        with pytest.raises(MovieReadError, match=r"t.xml' cannot be read as TrackMate file"):
            read_trackmate(tmp_path / "t.xml")
