"""Declarations of all tables that podia writes. Code, documents and tests read them."""

from __future__ import annotations

import hashlib

from podia.data.schema import Column, TableSchema

_FRAME = Column("frame", "int64", "plain", "Frame index, from 0.")
_TIME = Column("time", "float64", "time", "Time since frame 0.")
_TRACK = Column("track_id", "int64", "plain", "Track of the cell; its value in the label images in masks/.")

CELLS = TableSchema(
    "cells",
    "cell and frame",
    "Position, shape, intensity, motion and protrusions.",
    (
        _FRAME,
        _TIME,
        _TRACK,
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
        _FRAME,
        _TIME,
        _TRACK,
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
    "protrusion, followed through time",
    "Lifetime, growth and retraction, beginning and end.",
    (
        Column("protrusion_id", "int64", "plain", "The protrusion."),
        _TRACK,
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
        _TRACK,
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
        Column("ends_by", "str", "plain", "division, merge, movie_end, border (left the field) or lost."),
        Column("name", "str", "plain", "Name that a person gave the track (podia correct); empty without."),
    ),
)

MSD = TableSchema(
    "msd",
    "track and time lag",
    "Mean squared displacement.",
    (
        _TRACK,
        Column("lag", "int64", "plain", "Time lag in frames."),
        Column("lag_time", "float64", "time", "Time lag."),
        Column("msd", "float64", "msd", "Mean squared displacement of this track over all pairs of frames at this lag."),
        Column("n_pairs", "int64", "plain", "Number of these pairs; they overlap, so they are not independent."),
    ),
)

EVENTS = TableSchema(
    "events",
    "event of a track",
    "Divisions, appearances, disappearances, gaps, merges, and cells kept apart or joined.",
    (
        _FRAME,
        _TIME,
        Column("event", "str", "plain", "division (one row per daughter, in its first frame), appearance (after frame 0, without a mother), disappearance (in its last frame, if nothing else ends it), gap (in the last frame before it), merge (in its last frame), contact (the first frame in which one region held this cell and another one, both known before and after), cut (the same, known from one side only) or join (the first frame in which pieces of this cell were joined)."),
        _TRACK,
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
    "Number of cells, confluence, drift and grey values.",
    (
        _FRAME,
        _TIME,
        Column("n_cells", "int64", "plain", "Number of tracked cells."),
        Column("confluence", "float64", "plain", "Fraction of the field of view covered by tracked cells, 0 to 1; without the margin that drift correction crops."),
        Column("drift_y", "float64", "length", "Shift of the field since frame 0, downwards."),
        Column("drift_x", "float64", "length", "Shift of the field since frame 0, to the right."),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the frame."),
        Column("intensity_std", "float64", "grey", "Standard deviation of the grey values of the frame."),
        Column("area_flicker", "float64", "plain", "Median over cells of |a(t-1) - 2 a(t) + a(t+1)| / a(t); NaN in the first and last frame. Below 0.1 for a steady segmentation."),
    ),
)

EDGES = TableSchema(
    "edges",
    "cell and frame",
    "Fraction of the cell edge that protrudes and retracts, and its velocity.",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("edge_length", "float64", "length", "Length of the smoothed outline, without the part that the frame cuts."),
        Column("cut_share", "float64", "plain", "Fraction of the outline that the frame cuts; nothing is measured there."),
        Column("edge_velocity_mean", "float64", "speed", "Mean velocity along the outward normals since the previous frame, weighted by edge length; NaN in the first frame of a track.", "machacek2006"),
        Column("protruding_share", "float64", "plain", "Fraction of the edge of the previous frame that moved outwards by more than the detection limit (0.5 px per frame, a setting)."),
        Column("retracting_share", "float64", "plain", "Fraction of that edge that moved inwards by more."),
        Column("protrusion_velocity", "float64", "speed", "Mean velocity of the protruding edge; NaN if none protrudes."),
        Column("retraction_velocity", "float64", "speed", "Mean velocity of the retracting edge, negative; NaN if none retracts."),
        Column("curvature_abs_mean", "float64", "per_length", "Mean absolute curvature: 1 / radius for a disc, larger for ragged edges.", "mokhtarian1992"),
        Column("edge_intensity_mean", "float64", "grey", "Mean grey value of a band of 3 um (a setting) inside the edge."),
    ),
)

EDGE_EVENTS = TableSchema(
    "edge_events",
    "stretch of edge that protrudes or retracts over several frames",
    "Lifetime, width, area and velocity.",
    (
        _TRACK,
        Column("event", "str", "plain", "protrusion or retraction: adjacent positions and consecutive frames in which the edge moves by more than the detection limit."),
        Column("first_frame", "int64", "plain", "First frame into which it moves."),
        Column("last_frame", "int64", "plain", "Last frame into which it moves."),
        Column("lifetime", "float64", "time", "From the first frame to the last, both included."),
        Column("width", "float64", "length", "Edge length that takes part, mean over its frames."),
        Column("area_gained", "float64", "area", "Area between the outlines of consecutive frames, summed; negative if area is lost."),
        Column("velocity_mean", "float64", "speed", "Mean velocity along the normals, negative for retractions."),
        Column("velocity_max", "float64", "speed", "Velocity of the fastest position and frame, negative for retractions."),
        Column("position", "float64", "plain", "Circular mean of its position around the cell, 0 to 1, as in kymographs.npz."),
        Column("is_whole", "bool", "plain", "Whether the edge is known in the frames before and after, so that its lifetime is not truncated."),
    ),
)

EDGE_CORRELATION = TableSchema(
    "edge_correlation",
    "track and time lag",
    "Correlations of edge velocity and intensity.",
    (
        _TRACK,
        Column("lag", "int64", "plain", "Time lag in frames; negative if intensity precedes velocity."),
        Column("lag_time", "float64", "time", "Time lag."),
        Column("velocity_autocorrelation", "float64", "plain", "Correlation of the edge velocity with itself at this lag and the same position, after subtracting the mean of each position."),
        Column("velocity_intensity_correlation", "float64", "plain", "Correlation of the velocity with the intensity inside the edge at this lag, after subtracting the means of each position."),
        Column("n_pairs", "int64", "plain", "Number of positions and frames compared; neighbours are not independent."),
    ),
)

KYMOGRAPHS = TableSchema(
    "kymographs",
    "cell and frame, one column per position on its edge (one array each in kymographs.npz)",
    "Edge velocity, curvature, intensity, position, length and area.",
    (
        Column("velocity", "float64", "speed", "Velocity of the edge along its outward normal since the previous frame."),
        Column("curvature", "float64", "per_length", "Curvature of the outline, positive where it is convex."),
        Column("intensity", "float64", "grey", "Mean grey value of the band inside the edge."),
        Column("y", "float64", "px", "Position in the original image."),
        Column("x", "float64", "px", "Position in the original image."),
        Column("stretch_length", "float64", "length", "Edge length around this position in the previous frame; NaN where velocity is."),
        Column("area_gained", "float64", "area", "Area swept since the previous frame around this position, negative if it retracts; NaN where velocity is."),
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
        Column("n_tracks", "Int64", "plain", "Number of tracks."),
        Column("n_divisions", "Int64", "plain", "Number of divisions."),
        Column("area_median", "float64", "area", "Median area over cells and frames."),
        Column("speed_median", "float64", "speed", "Median over tracks of their mean speed."),
        Column("protrusions_per_cell", "float64", "plain", "Mean number of protrusions per cell and frame."),
        Column("protrusion_length_median", "float64", "length", "Median length beyond the body circle."),
        Column("n_warnings", "Int64", "plain", "Number of warnings in its report."),
    ),
)

MIGRATION = TableSchema(
    "migration",
    "track",
    "Persistent random walk, MSD exponent and straightness.",
    (
        _TRACK,
        Column("persistent_speed", "float64", "speed", "Root mean square speed of the persistent random walk, by maximum likelihood, after removing shared motion and localisation error; NaN with fewer than 5 steps, or if the frame interval is too long to resolve persistence.", "fuerth1920"),
        Column("persistent_speed_low", "float64", "speed", "Lower end of its 95 % interval; NaN if unbounded."),
        Column("persistent_speed_high", "float64", "speed", "Upper end of its 95 % interval; NaN if unbounded."),
        Column("persistence", "float64", "time", "Persistence time of that walk; NaN if too short or too long to estimate from the track.", "fuerth1920"),
        Column("persistence_low", "float64", "time", "Lower end of its 95 % interval; NaN if unbounded."),
        Column("persistence_high", "float64", "time", "Upper end of its 95 % interval; NaN if unbounded."),
        Column("msd_exponent", "float64", "plain", "Exponent with which the MSD grows in time, after removing localisation error: 1 random, 2 straight. Twice the Hurst exponent of fractional Brownian motion, by maximum likelihood.", "mandelbrot1968"),
        Column("msd_exponent_low", "float64", "plain", "Lower end of its 95 % interval; NaN if unbounded."),
        Column("msd_exponent_high", "float64", "plain", "Upper end of its 95 % interval; NaN if unbounded."),
        Column("outreach_ratio", "float64", "plain", "Largest distance from the start / path length; NaN if the path is zero.", "Mort et al., Biology Open 2016"),
        Column("meandering_index", "float64", "plain", "Displacement / path length * sqrt(number of steps): about 1 for a random walk of any length.", "beltman2009"),
        Column("forward_index_x", "float64", "plain", "Displacement to the right / path length (forward migration index).", "foxman1999"),
        Column("forward_index_y", "float64", "plain", "Displacement upwards on screen / path length.", "foxman1999"),
        Column("random_walk_p", "float64", "plain", "Probability that a random walk with the same step lengths gets at least as far from its start.", "greenwood1955"),
    ),
)

MIGRATION_LAGS = TableSchema(
    "migration_lags",
    "time lag, over all tracks",
    "Pooled mean squared displacement and correlations, with 95 % bands.",
    (
        Column("lag", "int64", "plain", "Time lag in frames."),
        Column("lag_time", "float64", "time", "Time lag."),
        Column("n_tracks", "int64", "plain", "Number of tracks with a pair of frames at this lag."),
        Column("n_pairs", "int64", "plain", "Number of these pairs; they overlap."),
        Column("pooled_msd", "float64", "msd", "Mean squared displacement over all pairs of all tracks, after removing shared motion."),
        Column("pooled_msd_low", "float64", "msd", "Lower end of its 95 % band over tracks; NaN with fewer than 3 tracks.", "cochran1977, section 2.11"),
        Column("pooled_msd_high", "float64", "msd", "Upper end of its 95 % band over tracks."),
        Column("pooled_msd_fit", "float64", "msd", "MSD of the persistent random walk in migration_movie.csv, including localisation error."),
        Column("velocity_correlation", "float64", "plain", "Mean product of two one-frame steps at this lag, over their mean square."),
        Column("velocity_correlation_low", "float64", "plain", "Lower end of its 95 % band over tracks."),
        Column("velocity_correlation_high", "float64", "plain", "Upper end of its 95 % band over tracks."),
        Column("direction_correlation", "float64", "plain", "Mean cosine of the angle between two one-frame steps at this lag.", "gorelik2014"),
        Column("direction_correlation_low", "float64", "plain", "Lower end of its 95 % band over tracks."),
        Column("direction_correlation_high", "float64", "plain", "Upper end of its 95 % band over tracks."),
    ),
)

MIGRATION_MOVIE = TableSchema(
    "migration_movie",
    "movie, over all tracks (none without a cell)",
    "Persistent random walk, MSD exponent and shared motion of all cells.",
    (
        Column("n_tracks", "int64", "plain", "Number of tracks."),
        Column("persistent_speed", "float64", "speed", "Root mean square speed of one persistent random walk for all tracks, by maximum likelihood.", "fuerth1920"),
        Column("persistent_speed_low", "float64", "speed", "Lower end of its 95 % interval over tracks; NaN with fewer than 6 tracks.", "white1982"),
        Column("persistent_speed_high", "float64", "speed", "Upper end of its 95 % interval over tracks."),
        Column("persistence", "float64", "time", "Persistence time of that walk; NaN if too short or too long to estimate.", "fuerth1920"),
        Column("persistence_low", "float64", "time", "Lower end of its 95 % interval over tracks."),
        Column("persistence_high", "float64", "time", "Upper end of its 95 % interval over tracks."),
        Column("position_error", "float64", "length", "Localisation error: standard deviation of a position along one axis. Adds four times its square to every MSD."),
        Column("position_error_low", "float64", "length", "Lower end of its 95 % interval over tracks."),
        Column("position_error_high", "float64", "length", "Upper end of its 95 % interval over tracks."),
        Column("msd_exponent", "float64", "plain", "Exponent with which the MSD grows in time, after removing localisation error: 1 random, 2 straight; by the likelihood of fractional Brownian motion.", "mandelbrot1968"),
        Column("msd_exponent_low", "float64", "plain", "Lower end of its 95 % interval over tracks."),
        Column("msd_exponent_high", "float64", "plain", "Upper end of its 95 % interval over tracks."),
        Column("shared_velocity_y", "float64", "speed", "Velocity that all cells share, downwards; removed before the fits if there are 10 tracks or more."),
        Column("shared_velocity_x", "float64", "speed", "Velocity that all cells share, to the right."),
        Column("shared_velocity_p", "float64", "plain", "p value of the shared velocity (null hypothesis: cells have no common direction); NaN with fewer than 4 tracks.", "hotelling1931"),
    ),
)

SHAPES = TableSchema(
    "shapes",
    "cell and frame",
    "Principal shape modes and shape cluster.",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("mode_1", "float64", "plain", "Score of the outline on the first principal shape mode, in standard deviations over the cells of the movie; NaN if the frame cuts the cell.", "kuhl1982"),
        Column("mode_2", "float64", "plain", "Score on the second mode."),
        Column("mode_3", "float64", "plain", "Score on the third mode."),
        Column("mode_4", "float64", "plain", "Score on the fourth mode."),
        Column("cluster", "Int64", "plain", "Nearest shape cluster, from 1, most frequent first; empty if the frame cuts the cell."),
    ),
)

SHAPE_MODES = TableSchema(
    "shape_modes",
    "principal shape mode",
    "Fraction of the variance.",
    (
        Column("mode", "int64", "plain", "Number of the mode, from 1."),
        Column("variance_share", "float64", "plain", "Fraction of the variance of normalised outlines."),
        Column("variance_share_total", "float64", "plain", "Fraction of the variance up to and including this mode."),
    ),
)

SHAPE_OUTLINES = TableSchema(
    "shape_outlines",
    "outline point of a shape mode or cluster",
    "Mean outlines, for drawing.",
    (
        Column("of", "str", "plain", "mode or cluster."),
        Column("number", "int64", "plain", "Number of the mode or cluster."),
        Column("deviation", "float64", "plain", "Standard deviations from the mean shape along the mode; 0 for a cluster."),
        Column("point", "int64", "plain", "Number of the point along the outline, from 0."),
        Column("outline_y", "float64", "plain", "Downwards, relative to the semi-major axis of the first ellipse of the outline."),
        Column("outline_x", "float64", "plain", "To the right, relative to the same axis."),
    ),
)

SHAPE_TRANSITIONS = TableSchema(
    "shape_transitions",
    "pair of shape clusters",
    "How often cells change from one to the other.",
    (
        Column("from_cluster", "int64", "plain", "Shape cluster in a frame."),
        Column("to_cluster", "int64", "plain", "Shape cluster of the same track in the next frame."),
        Column("n", "int64", "plain", "Number of such transitions."),
        Column("probability", "float64", "plain", "Fraction of the transitions from that cluster; NaN if there are none."),
        Column("expected", "float64", "plain", "The same if the frames of each track were in random order."),
    ),
)

DIVISION_ROUNDING = TableSchema(
    "division_rounding",
    "frame before division",
    "Circularity of mother cells.",
    (
        Column("frames_before", "int64", "plain", "Frames before the last frame of the mother, which is 0."),
        Column("time_before", "float64", "time", "The same as a time."),
        Column("n_mothers", "int64", "plain", "Number of mothers seen in that frame, without those that the frame cuts."),
        Column("circularity", "float64", "plain", "Median of their circularity."),
        Column("circularity_low", "float64", "plain", "Lower quartile of their circularity."),
        Column("circularity_high", "float64", "plain", "Upper quartile of their circularity."),
        Column("rounded_share", "float64", "plain", "Fraction of them that are rounder than 95 % of the cells that do not divide."),
    ),
)

ALL_TABLES: tuple[TableSchema, ...] = (CELLS, TRACKS, PROTRUSIONS, PROTRUSION_EVENTS, EVENTS, FRAMES, MSD, MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE, SHAPES, SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, DIVISION_ROUNDING, EDGES, EDGE_EVENTS, EDGE_CORRELATION)
"""The tables of one movie's analysis folder, the most wanted first."""


def declarations_key() -> str:
    """Return a checksum of all declarations; stored measures are computed again if it changes."""
    return hashlib.sha256(repr((ALL_TABLES, KYMOGRAPHS)).encode()).hexdigest()
