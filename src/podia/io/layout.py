"""Layout of the analysis folder.

All code that reads or writes a file of an analysis folder uses these paths. They are relative to the folder, with
``/`` on every system, and are also the links in the report.
"""

from __future__ import annotations

from collections.abc import Mapping

from podia.data.edge_tables import KYMOGRAPHS
from podia.data.tables import FOLDER_TABLES

REPORT = "report.html"
FILM = "overlay.mp4"
README = "README.txt"
RUN_RECORD = "run.json"
CORRECTIONS = "corrections.jsonl"

LABELS = "masks/labels.ome.zarr"
LABELS_TIFF = "masks/labels.tif"
PROBABILITIES = "masks/probabilities.tif"

LINEAGE = "tracks/tracks.geff"
TRACKMATE = "tracks/trackmate.xml"
CTC = "tracks/ctc"

WORKBOOK = "tables/tables.xlsx"

LOG = "more/run.log"
DRIFT = "more/drift.csv"
KYMOGRAPH_ARRAYS = "more/kymographs.npz"

FOLDERS: Mapping[str, str] = {
    "tables": "CSV tables, with units in the column names; start with cells.csv, tracks.csv and protrusions.csv. "
    "The same tables as Parquet are in tables/parquet.",
    "masks": "Label images: the value of a cell is its track id. labels.ome.zarr opens in napari.",
    "tracks": "Tracks and divisions, for other programs.",
    "more": "Log of the run, drift of the field, kymographs of the cell edge.",
}
"""The visible folders of an analysis folder, with a description."""


def csv_of(table: str) -> str:
    """Return the path of the CSV file of a table."""
    return f"tables/{table}.csv"


def parquet_of(table: str) -> str:
    """Return the path of the Parquet file of a table."""
    return f"tables/parquet/{table}.parquet"


DESCRIPTIONS: Mapping[str, str] = {
    REPORT: "This page.",
    FILM: "The movie with outlines, track ids and protrusion tips.",
    README: "Guide to this folder.",
    RUN_RECORD: "Settings, versions and checksums of the input; podia run --config run.json repeats the run.",
    CORRECTIONS: "Manual corrections of cells, links and divisions, one per line, added by podia correct.",
    **{csv_of(schema.name): schema.sentence for schema in FOLDER_TABLES},
    WORKBOOK: "The most common tables in one Excel workbook; its first sheet explains the columns.",
    LABELS: "Label image of every frame (value = track id); opens in napari.",
    LABELS_TIFF: "The same labels for Fiji.",
    PROBABILITIES: "Cell probability of the network, 0 to 255; opens in Fiji.",
    LINEAGE: "Tracks, divisions and measures as a graph (GEFF) with a link to its label image.",
    CTC: "Masks and tracks in the format of the Cell Tracking Challenge.",
    TRACKMATE: "Tracks, outlines and measures for TrackMate in Fiji.",
    LOG: "Log of each step.",
    DRIFT: "Transform from each frame to drift-corrected positions.",
    KYMOGRAPH_ARRAYS: KYMOGRAPHS.sentence,
}
"""All files that a run can write, with a description; tables are listed as CSV only."""
