"""Content of a TrackMate 7 file, line by line.

Layout: ``fiji.plugin.trackmate.io.TmXmlWriter`` and ``TmXmlReader``, which requires every element below. A "track" of
TrackMate is a connected graph with at least one link. podia stores ``track_id``, ``label`` and measures as features of
each spot, and merges as a feature of each edge. The outline of a cell is the text of its spot: x and y of each corner
relative to the position of the spot, in the unit of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.schema import Quantity
from podia.io.tracks.lineage_graph import Edges
from podia.io.tracks.node_measures import NodeMeasure
from podia.labels.corner_polygons import corner_polygons
from podia.labels.cracks import Points

TRACK_ID, LABEL, IS_MERGE, N_POINTS = "PODIA_TRACK_ID", "LABEL", "IS_MERGE", "ROI_N_POINTS"

_VERSION = "7.11.1"
_Feature = tuple[str, str, str, bool]
"""Key, name, dimension, and whether values are integers."""

_SPOT_FEATURES: tuple[_Feature, ...] = (
    ("QUALITY", "Quality", "QUALITY", False),
    ("POSITION_X", "X", "POSITION", False),
    ("POSITION_Y", "Y", "POSITION", False),
    ("POSITION_Z", "Z", "POSITION", False),
    ("POSITION_T", "T", "TIME", False),
    ("FRAME", "Frame", "NONE", True),
    ("RADIUS", "Radius", "LENGTH", False),
    ("VISIBILITY", "Visibility", "NONE", True),
    (LABEL, "Label", "NONE", True),
    (TRACK_ID, "podia track", "NONE", True),
)
_EDGE_FEATURES: tuple[_Feature, ...] = (
    ("SPOT_SOURCE_ID", "Source spot ID", "NONE", True),
    ("SPOT_TARGET_ID", "Target spot ID", "NONE", True),
    (IS_MERGE, "Merge", "NONE", True),
)
_TRACK_FEATURES: tuple[_Feature, ...] = (
    ("TRACK_INDEX", "Track index", "NONE", True),
    ("TRACK_ID", "Track ID", "NONE", True),
)

_DIMENSIONS: Mapping[Quantity, str] = {"length": "LENGTH", "area": "AREA", "msd": "AREA", "grey": "INTENSITY"}
"""Dimensions of measures whose unit is that of the file; the others have their unit in the name only."""

# Defaults of TrackMate 7, except for track colours.
_DISPLAY_SETTINGS = {
    "name": "podia",
    "spotUniformColor": "204, 51, 204, 255",
    "spotColorByType": "TRACKS",
    "spotColorByFeature": "TRACK_INDEX",
    "spotDisplayRadius": 1.0,
    "spotDisplayedAsRoi": True,
    "spotMin": 0.0,
    "spotMax": 10.0,
    "spotShowName": False,
    "trackMin": 0.0,
    "trackMax": 10.0,
    "trackColorByType": "TRACKS",
    "trackColorByFeature": "TRACK_INDEX",
    "trackUniformColor": "204, 204, 51, 255",
    "undefinedValueColor": "0, 0, 0, 255",
    "missingValueColor": "89, 89, 89, 255",
    "highlightColor": "51, 230, 51, 255",
    "trackDisplayMode": "LOCAL_BACKWARD",
    "colormap": "Jet",
    "limitZDrawingDepth": False,
    "drawingZDepth": 10.0,
    "fadeTracks": True,
    "fadeTrackRange": 30,
    "useAntialiasing": True,
    "spotVisible": True,
    "trackVisible": True,
    "font": {
        "name": "Arial",
        "style": 1,
        "size": 12,
        "pointSize": 12.0,
        "fontSerializedDataVersion": 1,
    },
    "lineThickness": 1.0,
    "selectionLineThickness": 4.0,
    "trackschemeBackgroundColor1": "128, 128, 128, 255",
    "trackschemeBackgroundColor2": "192, 192, 192, 255",
    "trackschemeForegroundColor": "0, 0, 0, 255",
    "trackschemeDecorationColor": "0, 0, 0, 255",
    "trackschemeFillBox": False,
}


@dataclass(frozen=True)
class TrackMateMovie:
    """Properties of the movie for TrackMate; `frame_shape` is ``(Y, X)``, `folder` that of the file `name`."""

    name: str
    frame_shape: tuple[int, int]
    n_frames: int
    folder: str = ""


@dataclass(frozen=True)
class Spots:
    """Data of each row of a lineage's nodes.

    Parameters
    ----------
    radii_px
        Radius of the circle drawn for each node.
    measures Additional features. labels
        Label images from which outlines are drawn; None for circles.
    """

    radii_px: NDArray[np.float64]
    measures: Sequence[NodeMeasure] = ()
    labels: LabelMovie | None = None


def document_lines(
    lineage: Lineage,
    edges: Edges,
    spots: Spots,
    calibration: Calibration,
    movie: TrackMateMovie,
) -> Iterator[str]:
    """Yield the lines of the file, without line endings."""
    length = "pixel" if calibration.pixel_size_um is None else "micron"
    time = "frame" if calibration.frame_interval_s is None else "sec"
    families = _families(len(lineage.nodes), edges)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<TrackMate version="{_VERSION}">'
    yield "  <Log>Written by podia.</Log>"
    yield f'  <Model spatialunits="{length}" timeunits="{time}">'
    yield "    <FeatureDeclarations>"
    yield from _declarations("SpotFeatures", (*_SPOT_FEATURES, *map(_feature_of, spots.measures)))
    yield from _declarations("EdgeFeatures", _EDGE_FEATURES)
    yield from _declarations("TrackFeatures", _TRACK_FEATURES)
    yield "    </FeatureDeclarations>"
    yield from _spots(lineage, spots, calibration)
    yield from _tracks(edges, families)
    yield "    <FilteredTracks>"
    yield from (f'      <TrackID TRACK_ID="{family}" />' for family in families)
    yield "    </FilteredTracks>"
    yield "  </Model>"
    yield from _settings(calibration, movie)
    yield '  <GUIState state="ConfigureViews" />'
    yield f"  <DisplaySettings>{escape(json.dumps(_DISPLAY_SETTINGS))}</DisplaySettings>"
    yield "</TrackMate>"


def _declarations(element: str, features: tuple[_Feature, ...]) -> Iterator[str]:
    yield f"      <{element}>"
    for key, name, dimension, is_int in features:
        yield (
            f'        <Feature feature="{key}" name="{name}" shortname="{name}" dimension="{dimension}" '
            f'isint="{str(is_int).lower()}" />'
        )
    yield f"      </{element}>"


def _feature_of(measure: NodeMeasure) -> _Feature:
    is_int = measure.column.dtype != "float64"
    return _key_of(measure), measure.name, _DIMENSIONS.get(measure.column.quantity, "NONE"), is_int


def _key_of(measure: NodeMeasure) -> str:
    return f"PODIA_{measure.name.upper()}"


def _spots(lineage: Lineage, spots: Spots, calibration: Calibration) -> Iterator[str]:
    pixel = calibration.length_per_px
    interval = 1.0 if calibration.frame_interval_s is None else calibration.frame_interval_s
    yield f'    <AllSpots nspots="{len(lineage.nodes)}">'
    for frame, rows in lineage.nodes.groupby("frame"):
        outlines = {} if spots.labels is None else corner_polygons(spots.labels.frame(int(frame)))
        yield f'      <SpotsInFrame frame="{frame}">'
        for node in rows.itertuples():
            start = (
                f'        <Spot ID="{node.Index}" name="{node.track_id}" QUALITY="1.0" '
                f'POSITION_X="{node.x * pixel!r}" POSITION_Y="{node.y * pixel!r}" POSITION_Z="0.0" '
                f'POSITION_T="{node.frame * interval!r}" FRAME="{node.frame}" '
                f'RADIUS="{float(spots.radii_px[node.Index]) * pixel!r}" VISIBILITY="1" '
                f'{LABEL}="{node.label}" {TRACK_ID}="{node.track_id}"{_features(spots.measures, node.Index)}'
            )
            outline = outlines.get(node.label)
            yield (
                f"{start} />"
                if outline is None
                else f"{start}{_roi(outline, (node.y, node.x), pixel)}</Spot>"
            )
        yield "      </SpotsInFrame>"
    yield "    </AllSpots>"


def _features(measures: Sequence[NodeMeasure], row: int) -> str:
    """Return the measures of a spot as attributes; undefined ones are omitted."""
    values = ((measure, float(measure.per_node[row])) for measure in measures)
    texts = (
        (measure, repr(value) if measure.column.dtype == "float64" else f"{value:.0f}")
        for measure, value in values
        if not np.isnan(value)
    )
    return "".join(f' {_key_of(measure)}="{text}"' for measure, text in texts)


def _roi(outline: Points, centre: tuple[float, float], pixel: float) -> str:
    relative = (outline - centre)[:, ::-1] * pixel
    # Seven digits: a ten-thousandth of a pixel in a cell a thousand pixels wide; corners are half pixels apart.
    text = " ".join(f"{value:.7g}" for value in relative.ravel().tolist())
    return f' {N_POINTS}="{len(outline)}">{text}'


def _tracks(edges: Edges, families: dict[int, list[int]]) -> Iterator[str]:
    yield "    <AllTracks>"
    for family, numbers in families.items():
        yield f'      <Track name="Track_{family}" TRACK_INDEX="{family}" TRACK_ID="{family}">'
        for number in numbers:
            earlier, later = edges.rows[number]
            yield (
                f'        <Edge SPOT_SOURCE_ID="{earlier}" SPOT_TARGET_ID="{later}" '
                f'{IS_MERGE}="{int(edges.is_merge[number])}" />'
            )
        yield "      </Track>"
    yield "    </AllTracks>"


def _families(n_nodes: int, edges: Edges) -> dict[int, list[int]]:
    """Return the edge numbers of each connected graph; graphs are ordered by their first edge."""
    root = list(range(n_nodes))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for earlier, later in edges.rows:
        root[find(int(later))] = find(int(earlier))
    by_root: dict[int, list[int]] = {}
    for number, (earlier, _) in enumerate(edges.rows):
        by_root.setdefault(find(int(earlier)), []).append(number)
    return dict(enumerate(by_root.values()))


def _settings(calibration: Calibration, movie: TrackMateMovie) -> Iterator[str]:
    height, width = movie.frame_shape
    pixel = calibration.length_per_px
    interval = 1.0 if calibration.frame_interval_s is None else calibration.frame_interval_s
    yield "  <Settings>"
    yield (
        f"    <ImageData filename={quoteattr(movie.name)} folder={quoteattr(movie.folder)} "
        f'width="{width}" height="{height}" nslices="1" '
        f'nframes="{movie.n_frames}" pixelwidth="{pixel!r}" pixelheight="{pixel!r}" voxeldepth="1.0" '
        f'timeinterval="{interval!r}" />'
    )
    yield (
        f'    <BasicSettings xstart="0" xend="{width - 1}" ystart="0" yend="{height - 1}" zstart="0" '
        f'zend="0" '
        f'tstart="0" tend="{movie.n_frames - 1}" />'
    )
    # Both disable detection and linking in TrackMate.
    yield f'    <DetectorSettings DETECTOR_NAME="MANUAL_DETECTOR" RADIUS="{10.0 * pixel!r}" />'
    yield '    <TrackerSettings TRACKER_NAME="MANUAL_TRACKER" />'
    yield '    <InitialSpotFilter feature="QUALITY" value="0.0" above="true" />'
    yield "    <SpotFilterCollection />"
    yield "    <TrackFilterCollection />"
    yield "    <AnalyzerCollection>"
    yield "      <SpotAnalyzers />"
    yield "      <EdgeAnalyzers />"
    yield "      <TrackAnalyzers />"
    yield "    </AnalyzerCollection>"
    yield "  </Settings>"
