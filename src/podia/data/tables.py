"""The tables that podia writes. Code, documents and tests read this declaration."""

from __future__ import annotations

from podia.data.schema import Column, TableSchema

_FRAME = Column("frame", "int64", "plain", "Index of the frame, from 0.")
_TIME = Column("time", "float64", "time", "Time since frame 0.")
_TRACK = Column("track_id", "int64", "plain", "The cell's track; its value in labels.ome.zarr and labels.tif.")

CELLS = TableSchema(
    "cells",
    "a cell in a frame",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("label", "int64", "plain", "The cell's value in the segmentation before tracking (in --labels FILE, if given)."),
        Column("y", "float64", "px", "Centroid, down from the top of the original frame."),
        Column("x", "float64", "px", "Centroid, right from the left of the original frame."),
        Column("y_stable", "float64", "length", "Centroid with the drift of the field taken out; motion is measured on it."),
        Column("x_stable", "float64", "length", "Centroid with the drift of the field taken out; motion is measured on it."),
        Column("bbox_top", "int64", "px", "First row of the bounding box."),
        Column("bbox_left", "int64", "px", "First column of the bounding box."),
        Column("bbox_bottom", "int64", "px", "Last row of the bounding box, plus one."),
        Column("bbox_right", "int64", "px", "Last column of the bounding box, plus one."),
        Column("area", "float64", "area", "Pixels of the cell times the area of one."),
        Column("perimeter", "float64", "length", "Length of the outline by Crofton's formula in four directions; where the frame cuts the cell, its edge is outline.", "scikit-image perimeter_crofton"),
        Column("major_axis", "float64", "length", "Major axis of the ellipse with the same second moments.", "scikit-image axis_major_length"),
        Column("minor_axis", "float64", "length", "Minor axis of that ellipse.", "scikit-image axis_minor_length"),
        Column("aspect_ratio", "float64", "plain", "Major over minor axis; NaN where the minor axis is zero."),
        Column("eccentricity", "float64", "plain", "Eccentricity of that ellipse, 0 for a circle; NaN for a single pixel."),
        Column("orientation", "float64", "angle_deg", "Major axis against the x axis, counter-clockwise as seen, above -90 to 90; NaN where no direction is longest."),
        Column("solidity", "float64", "plain", "Area over that of the convex hull of the pixels' corners."),
        Column("circularity", "float64", "plain", "4 pi area / perimeter^2; 1 for a disc."),
        Column("feret_max", "float64", "length", "Largest distance between two parallel tangents of the pixels' corners."),
        Column("feret_min", "float64", "length", "Smallest distance between two parallel tangents of the pixels' corners."),
        Column("shape_index", "float64", "plain", "Perimeter / sqrt(area); 3.54 for a disc.", "Bi et al., Nature Physics 2015"),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the original movie inside the cell."),
        Column("intensity_std", "float64", "grey", "Standard deviation of it."),
        Column("body_y", "float64", "px", "Body centre: centre of the largest inscribed circle.", "S0, section 4"),
        Column("body_x", "float64", "px", "Body centre: centre of the largest inscribed circle.", "S0, section 4"),
        Column("body_radius", "float64", "length", "Radius of that circle: from its centre to the nearest pixel that is not the cell's; it lies within the frame."),
        Column("n_protrusions", "int64", "plain", "Number of protrusion tips; none where the frame cuts a protrusion off."),
        Column("protrusion_length_total", "float64", "length", "Sum over protrusions of the length beyond the body circle; 0 without any."),
        Column("protrusion_length_max", "float64", "length", "Longest length beyond the body circle; NaN without any."),
        Column("n_branch_points", "int64", "plain", "Points of the pruned skeleton where three or more branches meet.", "S0, appendix C"),
        Column("branch_point_diameter", "float64", "length", "Mean over branch points of twice the distance to the nearest pixel that is not the cell's; NaN without any.", "S0, appendix C"),
        Column("speed", "float64", "speed", "Stable displacement since the frame in which the track was seen before, over the time between; NaN in its first."),
        Column("turning_angle", "float64", "angle_deg", "Change of direction against the previous step, counter-clockwise as seen, above -180 to 180; NaN where a step is missing, spans a gap or is zero."),
        Column("touches_border", "bool", "plain", "Whether the cell reaches the edge of the frame (its shape is then cut)."),
    ),
)

PROTRUSIONS = TableSchema(
    "protrusions",
    "a protrusion tip in a frame",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("tip", "int64", "plain", "Number of the tip within its cell and frame, from 1, longest first."),
        Column("protrusion_id", "int64", "plain", "The protrusion through time; a row of protrusion_events.csv."),
        Column("tip_y", "float64", "px", "Tip position in the original frame."),
        Column("tip_x", "float64", "px", "Tip position in the original frame."),
        Column("base_y", "float64", "px", "Where the shortest path to the tip leaves the body circle."),
        Column("base_x", "float64", "px", "Where the shortest path to the tip leaves the body circle."),
        Column("length", "float64", "length", "Shortest path inside the cell from the body centre to the tip.", "S0, section 4"),
        Column("length_beyond_body", "float64", "length", "That path without its part inside the body circle."),
        Column("branch_length", "float64", "length", "Length of the skeleton branch that ends in the tip, from its branch point or the body circle on."),
        Column("diameter", "float64", "length", "Twice the median over that branch of the distance to the nearest pixel that is not the cell's.", "S0, appendix C"),
        Column("angle", "float64", "angle_deg", "Direction from the body centre to the tip against the x axis, counter-clockwise as seen, -180 to 180."),
    ),
)

PROTRUSION_EVENTS = TableSchema(
    "protrusion_events",
    "a protrusion through time",
    (
        Column("protrusion_id", "int64", "plain", "The protrusion."),
        _TRACK,
        Column("first_frame", "int64", "plain", "Frame of its first tip."),
        Column("last_frame", "int64", "plain", "Frame of its last tip."),
        Column("n_frames", "int64", "plain", "Frames in which its tip is seen."),
        Column("lifetime", "float64", "time", "From the first frame to the last, both counted."),
        Column("length_max", "float64", "length", "Longest length beyond the body circle."),
        Column("length_mean", "float64", "length", "Mean length beyond the body circle."),
        Column("extension_speed", "float64", "speed", "Mean growth of that length per time over steps in which it grows; NaN without one."),
        Column("retraction_speed", "float64", "speed", "Mean shrinking of that length per time over steps in which it shrinks; NaN without one."),
        Column("angle_mean", "float64", "angle_deg", "Circular mean of its angle."),
        Column("born_in_movie", "bool", "plain", "Whether its cell was seen in the frame before it appeared."),
        Column("died_in_movie", "bool", "plain", "Whether its cell was seen in the frame after it vanished."),
    ),
)

TRACKS = TableSchema(
    "tracks",
    "a track",
    (
        _TRACK,
        Column("parent_track_id", "Int64", "plain", "Track that divided into this one; empty without one."),
        Column("first_frame", "int64", "plain", "First frame."),
        Column("last_frame", "int64", "plain", "Last frame."),
        Column("n_frames", "int64", "plain", "Frames in which the cell is seen."),
        Column("n_gap_frames", "int64", "plain", "Frames in between in which it is not."),
        Column("duration", "float64", "time", "From the first frame to the last."),
        Column("path_length", "float64", "length", "Sum of the steps of the stable centroid."),
        Column("displacement", "float64", "length", "From the first stable position to the last."),
        Column("directionality_ratio", "float64", "plain", "Displacement over path length; NaN where the path is zero."),
        Column("mean_speed", "float64", "speed", "Path length over duration; NaN for a single frame."),
        Column("msd_exponent", "float64", "plain", "Slope of log MSD against log lag over the first quarter of the lags (at least 3): 1 random, 2 straight; NaN where too short."),
        Column("persistence_time", "float64", "time", "Time constant of the decay of the direction's autocorrelation up to 1/e; NaN where it does not decay within the track, is not positive at one frame, or is too short.", "Gorelik & Gautreau, Nature Protocols 2014"),
        Column("turning_angle_mean", "float64", "angle_deg", "Mean absolute turning angle; NaN without any."),
        Column("area_mean", "float64", "area", "Mean area, frames in which the cell touches the border left out; NaN if it always does."),
        Column("n_daughters", "int64", "plain", "Number of daughters it divides into."),
        Column("ends_by", "str", "plain", "division, merge, movie_end, border (left the field) or lost."),
    ),
)

MSD = TableSchema(
    "msd",
    "a time lag of a track",
    (
        _TRACK,
        Column("lag", "int64", "plain", "Lag in frames."),
        Column("lag_time", "float64", "time", "Lag as a time."),
        Column("msd", "float64", "msd", "Mean squared displacement over all pairs of frames that far apart."),
        Column("n_pairs", "int64", "plain", "Number of those pairs; they overlap, so they are not independent."),
    ),
)

EVENTS = TableSchema(
    "events",
    "something that happens to a track",
    (
        _FRAME,
        _TIME,
        Column("event", "str", "plain", "division (a row a daughter, in its first frame), appearance (after frame 0, without a parent), disappearance (in its last frame, if nothing else ends it), gap (in the last frame before it) or merge (in its last frame)."),
        _TRACK,
        Column("other_track_id", "Int64", "plain", "The daughter of a division, the survivor of a merge; empty otherwise."),
        Column("y", "float64", "px", "Where the cell is in the original frame; for a division, the daughter."),
        Column("x", "float64", "px", "Where the cell is in the original frame; for a division, the daughter."),
        Column("at_border", "bool", "plain", "Whether that cell touches the edge of the frame."),
    ),
)

FRAMES = TableSchema(
    "frames",
    "a frame",
    (
        _FRAME,
        _TIME,
        Column("n_cells", "int64", "plain", "Number of tracked cells."),
        Column("covered", "float64", "plain", "Share of the frame that tracked cells cover."),
        Column("drift_y", "float64", "px", "How far the field has moved down since frame 0."),
        Column("drift_x", "float64", "px", "How far the field has moved right since frame 0."),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the frame."),
        Column("intensity_std", "float64", "grey", "Standard deviation of it."),
        Column("area_flicker", "float64", "plain", "Median over cells of |a(t-1) - 2 a(t) + a(t+1)| / a(t); NaN at the ends. A steady segmentation stays below 0.1."),
    ),
)

SUMMARY = TableSchema(
    "summary",
    "a movie of a run over many",
    (
        Column("movie", "str", "plain", "Name of the movie and of its analysis folder."),
        Column("status", "str", "plain", "done or failed."),
        Column("error", "str", "plain", "Why it failed; empty otherwise."),
        Column("n_frames", "Int64", "plain", "Number of frames."),
        Column("pixel_size_um", "float64", "plain", "Pixel size in um; NaN where unknown."),
        Column("frame_interval_s", "float64", "plain", "Frame interval in s; NaN where unknown."),
        Column("cells_per_frame", "float64", "plain", "Mean number of cells in a frame."),
        Column("n_tracks", "Int64", "plain", "Number of tracks."),
        Column("n_divisions", "Int64", "plain", "Number of divisions."),
        Column("area_median", "float64", "area", "Median area over cells and frames."),
        Column("speed_median", "float64", "speed", "Median over tracks of their mean speed."),
        Column("protrusions_per_cell", "float64", "plain", "Mean number of protrusions of a cell in a frame."),
        Column("protrusion_length_median", "float64", "length", "Median length beyond the body circle."),
        Column("n_warnings", "Int64", "plain", "Number of quality warnings in its report."),
    ),
)

ALL_TABLES: tuple[TableSchema, ...] = (CELLS, PROTRUSIONS, PROTRUSION_EVENTS, TRACKS, MSD, EVENTS, FRAMES)
"""The tables of one movie's analysis folder."""
