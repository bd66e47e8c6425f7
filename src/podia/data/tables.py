"""Declarations of the tables of cells, tracks, protrusions and frames, and the list of all tables.

Code, documents and tests read them.
"""

from __future__ import annotations

import hashlib

from podia.data.common_columns import FRAME_COLUMN, TIME_COLUMN, TRACK_COLUMN
from podia.data.culture_tables import CULTURE
from podia.data.edge_tables import EDGE_CORRELATION, EDGE_EVENTS, EDGES, KYMOGRAPHS
from podia.data.migration_tables import MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE, MSD
from podia.data.schema import Column, TableSchema
from podia.data.shape_tables import DIVISION_ROUNDING, SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, SHAPES
from podia.data.suspect_table import SUSPECTS

CELLS = TableSchema(
    "cells",
    "cell and frame",
    "Position, shape, intensity, motion and protrusions.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        TRACK_COLUMN,
        Column("segmentation_label", "int64", "plain", "Value of the cell in the segmentation before tracking (in --labels FILE, if given). It may change from frame to frame; use track_id to follow a cell."),
        Column("y", "float64", "px", "Centroid in the original image, from the top: row index."),
        Column("x", "float64", "px", "Centroid in the original image, from the left: column index."),
        Column("y_raw", "float64", "length", "The same centroid as a length, without drift correction."),
        Column("x_raw", "float64", "length", "The same centroid as a length, without drift correction."),
        Column("y_stable", "float64", "length", "Centroid after drift correction; all motion is measured on it."),
        Column("x_stable", "float64", "length", "Centroid after drift correction; all motion is measured on it."),
        Column("bbox_top", "Int64", "px", "First row of the bounding box."),
        Column("bbox_left", "Int64", "px", "First column of the bounding box."),
        Column("bbox_bottom", "Int64", "px", "Last row of the bounding box, plus one."),
        Column("bbox_right", "Int64", "px", "Last column of the bounding box, plus one."),
        Column("area", "float64", "area", "Number of pixels times the area of one pixel."),
        Column("perimeter", "float64", "length", "Outline length by Crofton's formula in four directions. Where the frame cuts the cell, the cut counts as outline.", "scikit-image perimeter_crofton"),
        Column("major_axis", "float64", "length", "Major axis of the ellipse with the same second moments.", "scikit-image axis_major_length"),
        Column("minor_axis", "float64", "length", "Minor axis of that ellipse.", "scikit-image axis_minor_length"),
        Column("aspect_ratio", "float64", "plain", "Major over minor axis; NaN if the minor axis is zero."),
        Column("eccentricity", "float64", "plain", "Eccentricity of that ellipse, 0 for a circle; NaN for a single pixel."),
        Column("orientation", "float64", "angle_deg", "Angle of the major axis to the x axis, counter-clockwise on screen, above -90 to 90; NaN if no direction is longest."),
        Column("solidity", "float64", "plain", "Area over the area of the convex hull of the pixels' corners."),
        Column("circularity", "float64", "plain", "4 pi area / perimeter^2; 1 for a disc."),
        Column("feret_max", "float64", "length", "Largest distance between two parallel tangents of the pixels' corners."),
        Column("feret_min", "float64", "length", "Smallest distance between two parallel tangents of the pixels' corners."),
        Column("shape_index", "float64", "plain", "Perimeter / sqrt(area); 3.54 for a disc.", "bi2015"),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the original movie inside the cell."),
        Column("intensity_std", "float64", "grey", "Standard deviation of the grey values inside the cell."),
        Column("body_y", "float64", "px", "Body centre in the original image: centre of the largest inscribed circle.", "gomez2021, section 4"),
        Column("body_x", "float64", "px", "Body centre in the original image: centre of the largest inscribed circle.", "gomez2021, section 4"),
        Column("body_radius", "float64", "length", "Radius of that circle, from its centre to the nearest pixel outside the cell; the circle lies within the frame."),
        Column("n_protrusions", "Int64", "plain", "Number of protrusion tips, without protrusions that the frame cuts off."),
        Column("protrusion_length_total", "float64", "length", "Sum of the lengths beyond the body circle; 0 without protrusions."),
        Column("protrusion_length_max", "float64", "length", "Longest length beyond the body circle; NaN without protrusions."),
        Column("protrusion_polarity", "float64", "plain", "Length of the vector sum of the protrusions (each of its length beyond the body, towards its tip) over the sum of these lengths: 1 if all point in one direction, 0 if they cancel; NaN without protrusions.", "mardia2000, mean resultant length, weighted"),
        Column("protrusion_direction", "float64", "angle_deg", "Angle of that vector sum to the x axis, counter-clockwise on screen, -180 to 180; NaN without protrusions."),
        Column("n_branch_points", "Int64", "plain", "Points of the pruned skeleton at which three or more branches meet.", "gomez2021, appendix C"),
        Column("branch_point_diameter", "float64", "length", "Mean over branch points of twice the distance to the nearest pixel centre outside the cell, up to 1 px more than the width; NaN without branch points.", "gomez2021, appendix C"),
        Column("speed", "float64", "speed", "Displacement (y_stable, x_stable) since the previous frame of the track, over the time between; NaN in its first frame."),
        Column("turning_angle", "float64", "angle_deg", "Change of direction since the previous step, counter-clockwise on screen, above -180 to 180; NaN if a step is missing, spans a gap or is zero."),
        Column("confidence", "float64", "plain", "How sure the network is of this cell, 0 to 1: mean over its pixels of the cell probability times the agreement of the predicted cell distance with the mask. NaN for cells that were drawn, corrected or parted later, and without a network. It orders cells; it is not a probability."),
        Column("touches_border", "bool", "plain", "Whether the cell reaches the edge of the frame (or of the area visible in all frames, if the field drifts), so that its shape is cut."),
    ),
)

PROTRUSIONS = TableSchema(
    "protrusions",
    "protrusion tip and frame",
    "Position, length, width and direction.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        TRACK_COLUMN,
        Column("tip", "int64", "plain", "Number of the tip within its cell and frame, from 1, longest first."),
        Column("protrusion_id", "int64", "plain", "The protrusion through time; a row of protrusion_events.csv."),
        Column("tip_y", "float64", "px", "Tip position in the original image."),
        Column("tip_x", "float64", "px", "Tip position in the original image."),
        Column("base_y", "float64", "px", "Point at which the shortest path to the tip leaves the body circle."),
        Column("base_x", "float64", "px", "Point at which the shortest path to the tip leaves the body circle."),
        Column("length", "float64", "length", "Shortest path inside the cell from the body centre to the tip.", "gomez2021, section 4"),
        Column("length_beyond_body", "float64", "length", "The part of that path outside the body circle."),
        Column("length_error", "float64", "length", "Standard error of one length of this protrusion, from its fluctuation in time: 1.4826 median |L(t-1) - 2 L(t) + L(t+1)| / sqrt 6, shrunk towards the movie's median for brief protrusions; NaN if no protrusion is seen in three consecutive frames."),
        Column("branch_of", "Int64", "plain", "Number (tip) of the protrusion of the same cell from which this one branches off outside the body; empty if it starts at the body."),
        Column("branch_length", "float64", "length", "Length of the last skeleton branch, from its branch point (or the body circle) to the tip."),
        Column("diameter", "float64", "length", "Twice the median over that branch of the distance to the nearest pixel centre outside the cell, up to 1 px more than the width.", "gomez2021, appendix C"),
        Column("angle", "float64", "angle_deg", "Direction from the body centre to the tip, to the x axis, counter-clockwise on screen, -180 to 180."),
        Column("angle_to_migration", "float64", "angle_deg", "That angle relative to the direction of migration (displacement from 2 frames before to 2 after), -180 to 180; NaN if the cell hardly moves."),
    ),
)

PROTRUSION_EVENTS = TableSchema(
    "protrusion_events",
    "protrusion, tracked over time",
    "Lifetime, growth and retraction, start and end.",
    (
        Column("protrusion_id", "int64", "plain", "The protrusion."),
        TRACK_COLUMN,
        Column("first_frame", "int64", "plain", "First frame with its tip."),
        Column("last_frame", "int64", "plain", "Last frame with its tip."),
        Column("n_frames", "int64", "plain", "Number of frames with its tip."),
        Column("lifetime", "float64", "time", "From the first frame to the last, both included."),
        Column("length_max", "float64", "length", "Longest length beyond the body circle."),
        Column("length_mean", "float64", "length", "Mean length beyond the body circle."),
        Column("length_error", "float64", "length", "Standard error of one of its lengths, as in protrusions.csv."),
        Column("extension_speed", "float64", "speed", "Mean speed of growth, over phases of steady growth of more than 3 standard errors and 3 um (a setting), weighted by growth; NaN without such a phase.", "schwarz1978, criterion for piecewise linear phases"),
        Column("retraction_speed", "float64", "speed", "The same for phases of shrinking; NaN without such a phase."),
        Column("extension_time", "float64", "time", "Time in phases of growth."),
        Column("retraction_time", "float64", "time", "Time in phases of shrinking."),
        Column("growth_persistence", "float64", "plain", "Net growth over the sum of absolute length changes, from the first frame to that of the greatest length: 1 if it never shrinks; NaN if the first frame is the longest.", "gorelik2014, directionality ratio applied to a length"),
        Column("straightness", "float64", "plain", "Mean of the straight distance from base to tip over the length beyond the body, at most 1."),
        Column("base_y", "float64", "px", "Base in its first frame, in the original image."),
        Column("base_x", "float64", "px", "Base in its first frame, in the original image."),
        Column("base_angle", "float64", "angle_deg", "Circular mean of the direction from the body centre to its base."),
        Column("angle_mean", "float64", "angle_deg", "Circular mean of its angle."),
        Column("angle_to_migration", "float64", "angle_deg", "Circular mean of its angle to the direction of migration; NaN if the cell hardly moves."),
        Column("side", "str", "plain", "leading (that angle within 60 deg), trailing (120 deg or more) or lateral; empty if the cell hardly moves."),
        Column("begins_by", "str", "plain", "birth, split (branches off another protrusion), division (inherited from the mother) or unseen (its cell is missing or cut in the previous frame)."),
        Column("ends_by", "str", "plain", "death, merge (into a protrusion with which it shared a stem), division (inherited by a daughter) or unseen (its cell is missing or cut in the next frame)."),
        Column("parent_protrusion_id", "Int64", "plain", "The protrusion from which it split or was inherited; empty otherwise."),
        Column("merged_into_id", "Int64", "plain", "The protrusion into which it merged; empty otherwise."),
        Column("born_in_movie", "bool", "plain", "Whether it begins by birth or split, so that its lifetime is not truncated at the start."),
        Column("died_in_movie", "bool", "plain", "Whether it ends by death or merge, so that its lifetime is not truncated at the end."),
    ),
)

TRACKS = TableSchema(
    "tracks",
    "track",
    "Duration, path, speed, directionality and mean area.",
    (
        TRACK_COLUMN,
        Column("parent_track_id", "Int64", "plain", "Track that divided into this one; empty if none did."),
        Column("first_frame", "int64", "plain", "First frame."),
        Column("last_frame", "int64", "plain", "Last frame."),
        Column("n_frames", "int64", "plain", "Number of frames in which the cell is seen."),
        Column("n_gap_frames", "int64", "plain", "Number of frames in between in which it is not seen."),
        Column("duration", "float64", "time", "From the first frame to the last, the last not included: 0 for a single frame."),
        Column("path_length", "float64", "length", "Sum of the steps (y_stable, x_stable)."),
        Column("displacement", "float64", "length", "Distance from the first position to the last."),
        Column("directionality_ratio", "float64", "plain", "Displacement / path length; NaN if the path is zero.", "gorelik2014"),
        Column("mean_speed", "float64", "speed", "Path length / duration; NaN for a single frame."),
        Column("msd_slope", "float64", "plain", "Slope of log MSD against log lag over the first quarter of the lags (at least 3), including localisation error; NaN if too short. Prefer msd_exponent in migration.csv.", "saxton1997"),
        Column("direction_correlation_time", "float64", "time", "Time constant of the exponential decay of the direction autocorrelation, fitted down to 1/e; NaN if it does not decay within the track, is not positive at one frame, or is too short. Prefer persistence in migration.csv.", "gorelik2014"),
        Column("turning_angle_mean", "float64", "angle_deg", "Mean absolute turning angle; NaN without one."),
        Column("area_mean", "float64", "area", "Mean area, without frames in which the cell touches the border; NaN if it always does."),
        Column("n_daughters", "int64", "plain", "Number of daughters."),
        Column("generation_time", "float64", "hours", "From the first frame of the track to the first frame of its daughters; NaN unless its own birth by division and its division are observed."),
        Column("ends_by", "str", "plain", "division, merge, movie_end, border (left the field) or lost."),
        Column("name", "str", "plain", "Name that a person gave the track (podia correct); empty without."),
    ),
)

EVENTS = TableSchema(
    "events",
    "event of a track",
    "Divisions, appearances, disappearances, gaps, merges, and contacts resolved by splitting or joining.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        Column("event", "str", "plain", "division (one row per daughter, in its first frame), appearance (after frame 0, without a mother), disappearance (in its last frame, if nothing else ends it), gap (in the last frame before it), merge (in its last frame), contact (the first frame in which one region held this cell and another one, both known before and after), cut (the same, known from one side only) or join (the first frame in which pieces of this cell were joined)."),
        TRACK_COLUMN,
        Column("other_track_id", "Int64", "plain", "The daughter of a division, the surviving track of a merge, the larger cell of a contact or cut; empty otherwise."),
        Column("y", "float64", "px", "Position of the cell in the original image; for a division, of the daughter."),
        Column("x", "float64", "px", "Position of the cell in the original image; for a division, of the daughter."),
        Column("at_border", "bool", "plain", "Whether that cell touches the border (touches_border in cells.csv)."),
        Column("n_frames", "Int64", "plain", "Number of frames for which a contact, cut or join lasts; empty otherwise."),
        Column("confidence", "float64", "plain", "How certain the number of cells in that region is, 0.5 to 1; NaN for other events.", "conservation of cells, after Schiegg et al., ICCV 2013"),
    ),
)

FRAMES = TableSchema(
    "frames",
    "frame",
    "Number of cells, confluence, divisions, wound area, drift and grey values.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        Column("n_cells", "Int64", "plain", "Number of tracked cells; undefined in frames without a picture."),
        Column("confluence", "float64", "plain", "Fraction of the field of view covered by tracked cells, 0 to 1; without the margin that drift correction crops. Undefined in frames without a picture."),
        Column("covered_area", "float64", "area", "Area covered by tracked cells."),
        Column("n_divisions", "int64", "plain", "Number of divisions whose first daughter appears in this frame."),
        Column("wound_area", "float64", "area", "Area without cells between the first positions of the fronts of a wound; NaN if the first frame has no wound (see culture)."),
        Column("wound_width", "float64", "length", "Distance between the fronts, 0 if they meet; NaN without a wound.", "jonkman2014"),
        Column("drift_y", "float64", "length", "Shift of the field since frame 0, downwards."),
        Column("drift_x", "float64", "length", "Shift of the field since frame 0, to the right."),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the frame; undefined if it has no picture."),
        Column("intensity_std", "float64", "grey", "Standard deviation of the grey values of the frame."),
        Column("area_flicker", "float64", "plain", "Median over cells of |a(t-1) - 2 a(t) + a(t+1)| / a(t); NaN in the first and last frame. Below 0.1 for a steady segmentation."),
    ),
)

SUMMARY = TableSchema(
    "summary",
    "movie",
    "Status, cells, tracks, medians and warnings of each movie.",
    (
        Column("movie", "str", "plain", "Name of the movie and of its analysis folder."),
        Column("status", "str", "plain", "done or failed."),
        Column("error", "str", "plain", "Why it failed; empty otherwise."),
        Column("n_frames", "Int64", "plain", "Number of frames."),
        Column("pixel_size_um", "float64", "plain", "Pixel size in um; NaN if unknown."),
        Column("frame_interval_s", "float64", "plain", "Frame interval in s; NaN if unknown."),
        Column("cells_per_frame", "float64", "plain", "Mean number of cells per frame."),
        Column("confluence_last", "float64", "plain", "Fraction of the field covered by cells in the last frame."),
        Column("growth_rate", "float64", "per_hour", "Growth rate of the number of cells (see culture)."),
        Column("division_rate", "float64", "per_hour", "Divisions per cell and hour (see culture)."),
        Column("n_tracks", "Int64", "plain", "Number of tracks."),
        Column("n_divisions", "Int64", "plain", "Number of divisions."),
        Column("area_median", "float64", "area", "Median area over cells and frames."),
        Column("speed_median", "float64", "speed", "Median over tracks of their mean speed."),
        Column("protrusions_per_cell", "float64", "plain", "Mean number of protrusions per cell and frame."),
        Column("protrusion_length_median", "float64", "length", "Median length beyond the body circle."),
        Column("n_warnings", "Int64", "plain", "Number of warnings in its report."),
        Column("n_problems", "Int64", "plain", "Number of these that are problems: results are probably wrong."),
    ),
)

ALL_TABLES: tuple[TableSchema, ...] = (CELLS, TRACKS, PROTRUSIONS, PROTRUSION_EVENTS, EVENTS, FRAMES, CULTURE, MSD, MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE, SHAPES, SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, DIVISION_ROUNDING, EDGES, EDGE_EVENTS, EDGE_CORRELATION)
"""Tables of the measures of a movie, the most important first."""

FOLDER_TABLES = (*ALL_TABLES, SUSPECTS)
"""Tables in the analysis folder of a movie."""


def declarations_key() -> str:
    """Return a checksum of all declarations; stored measures are computed again if it changes."""
    return hashlib.sha256(repr((FOLDER_TABLES, KYMOGRAPHS)).encode()).hexdigest()
