"""The tables that podia writes. Code, documents and tests read this declaration."""

from __future__ import annotations

from podia.data.schema import Column, TableSchema

_FRAME = Column("frame", "int64", "plain", "Index of the frame, from 0.")
_TIME = Column("time", "float64", "time", "Time since frame 0.")
_TRACK = Column("track_id", "int64", "plain", "The cell's track; its value in labels.ome.zarr and labels.tif.")

CELLS = TableSchema(
    "cells",
    "cell and frame",
    "Position, shape, intensity, motion and protrusions.",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("label", "int64", "plain", "The cell's value in the segmentation before tracking (in --labels FILE, if given)."),
        Column("y", "float64", "px", "Centroid, down from the top of the original frame."),
        Column("x", "float64", "px", "Centroid, right from the left of the original frame."),
        Column("y_stable", "float64", "length", "Centroid with the drift of the field taken out; motion is measured on it."),
        Column("x_stable", "float64", "length", "Centroid with the drift of the field taken out; motion is measured on it."),
        Column("bbox_top", "Int64", "px", "First row of the bounding box."),
        Column("bbox_left", "Int64", "px", "First column of the bounding box."),
        Column("bbox_bottom", "Int64", "px", "Last row of the bounding box, plus one."),
        Column("bbox_right", "Int64", "px", "Last column of the bounding box, plus one."),
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
        Column("n_protrusions", "Int64", "plain", "Number of protrusion tips; none where the frame cuts a protrusion off."),
        Column("protrusion_length_total", "float64", "length", "Sum over protrusions of the length beyond the body circle; 0 without any."),
        Column("protrusion_length_max", "float64", "length", "Longest length beyond the body circle; NaN without any."),
        Column("protrusion_polarity", "float64", "plain", "Length of the sum of its protrusions, each a vector of its length beyond the body towards its tip, over the sum of these lengths: 1 if all point one way, 0 if they cancel; NaN without any.", "mean resultant length: Mardia & Jupp, Directional Statistics 2000, weighted"),
        Column("protrusion_direction", "float64", "angle_deg", "Direction of that sum against the x axis, counter-clockwise as seen, -180 to 180; NaN without any."),
        Column("n_branch_points", "Int64", "plain", "Points of the pruned skeleton where three or more branches meet.", "S0, appendix C"),
        Column("branch_point_diameter", "float64", "length", "Mean over branch points of twice the distance to the centre of the nearest pixel that is not the cell's, which is up to 1 px more than the width; NaN without any.", "S0, appendix C"),
        Column("speed", "float64", "speed", "Stable displacement since the frame in which the track was seen before, over the time between; NaN in its first."),
        Column("turning_angle", "float64", "angle_deg", "Change of direction against the previous step, counter-clockwise as seen, above -180 to 180; NaN where a step is missing, spans a gap or is zero."),
        Column("touches_border", "bool", "plain", "Whether the cell reaches the edge of the frame, or of the part of it that is seen in all frames where the field drifts (its shape is then cut)."),
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
        Column("tip_y", "float64", "px", "Tip position in the original frame."),
        Column("tip_x", "float64", "px", "Tip position in the original frame."),
        Column("base_y", "float64", "px", "Where the shortest path to the tip leaves the body circle."),
        Column("base_x", "float64", "px", "Where the shortest path to the tip leaves the body circle."),
        Column("length", "float64", "length", "Shortest path inside the cell from the body centre to the tip.", "S0, section 4"),
        Column("length_beyond_body", "float64", "length", "That path without its part inside the body circle."),
        Column("length_error", "float64", "length", "Standard error of a length, from how the protrusion's flickers about its course: 1.4826 median |L(t-1) - 2 L(t) + L(t+1)| / sqrt 6, drawn towards the movie's median where it is seen briefly; NaN where no protrusion is seen in three frames running."),
        Column("branch_of", "Int64", "plain", "Number (tip) of the protrusion of the same cell on whose course outside the body this one branches off; empty where it springs from the body."),
        Column("branch_length", "float64", "length", "Length of the skeleton branch that ends in the tip, from its branch point or the body circle on."),
        Column("diameter", "float64", "length", "Twice the median over that branch of the distance to the centre of the nearest pixel that is not the cell's, which is up to 1 px more than the width.", "S0, appendix C"),
        Column("angle", "float64", "angle_deg", "Direction from the body centre to the tip against the x axis, counter-clockwise as seen, -180 to 180."),
        Column("angle_to_migration", "float64", "angle_deg", "That angle against the direction in which the cell migrates (its stable displacement from 2 frames before to 2 after), -180 to 180; NaN where it hardly moves."),
    ),
)

PROTRUSION_EVENTS = TableSchema(
    "protrusion_events",
    "protrusion, followed through time",
    "Lifetime, growth and retraction, beginning and end.",
    (
        Column("protrusion_id", "int64", "plain", "The protrusion."),
        _TRACK,
        Column("first_frame", "int64", "plain", "Frame of its first tip."),
        Column("last_frame", "int64", "plain", "Frame of its last tip."),
        Column("n_frames", "int64", "plain", "Frames in which its tip is seen."),
        Column("lifetime", "float64", "time", "From the first frame to the last, both counted."),
        Column("length_max", "float64", "length", "Longest length beyond the body circle."),
        Column("length_mean", "float64", "length", "Mean length beyond the body circle."),
        Column("length_error", "float64", "length", "Standard error of one of its lengths, as in protrusions.csv."),
        Column("extension_speed", "float64", "speed", "Mean speed at which that length grows, over phases of steady growth that bring more than 3 standard errors and 3 um (a setting), each weighted by what it brings; NaN without one.", "phases: piecewise lines by Schwarz's criterion, Annals of Statistics 1978"),
        Column("retraction_speed", "float64", "speed", "The same of phases in which it shrinks; NaN without one."),
        Column("extension_time", "float64", "time", "Time in phases of growth."),
        Column("retraction_time", "float64", "time", "Time in phases of shrinking."),
        Column("growth_persistence", "float64", "plain", "Net growth over the sum of all changes of the length, from its first frame to that of its greatest length: 1 where it never falls back; NaN where the first is the greatest.", "directionality ratio of Gorelik & Gautreau, Nature Protocols 2014, of a length"),
        Column("straightness", "float64", "plain", "Mean of straight distance from base to tip over length beyond the body, at most 1."),
        Column("base_y", "float64", "px", "Base in its first frame, in the original frame."),
        Column("base_x", "float64", "px", "Base in its first frame, in the original frame."),
        Column("base_angle", "float64", "angle_deg", "Circular mean of the direction from the body centre to its base."),
        Column("angle_mean", "float64", "angle_deg", "Circular mean of its angle."),
        Column("angle_to_migration", "float64", "angle_deg", "Circular mean of its angle to the direction of migration; NaN where the cell hardly moves."),
        Column("side", "str", "plain", "leading (that angle within 60 deg), trailing (120 deg or more) or lateral; empty where the cell hardly moves."),
        Column("begins_by", "str", "plain", "birth, split (branches off another protrusion), division (the mother had it) or unseen (its cell was not seen whole in the frame before)."),
        Column("ends_by", "str", "plain", "death, merge (into the protrusion that it shared a stem with), division (a daughter has it) or unseen (its cell was not seen whole in the frame after)."),
        Column("parent_protrusion_id", "Int64", "plain", "The protrusion that it split from or inherited; empty otherwise."),
        Column("merged_into_id", "Int64", "plain", "The protrusion that it merged into; empty otherwise."),
        Column("born_in_movie", "bool", "plain", "Whether it begins by birth or split, so that its lifetime is not cut at its start."),
        Column("died_in_movie", "bool", "plain", "Whether it ends by death or merge, so that its lifetime is not cut at its end."),
    ),
)

TRACKS = TableSchema(
    "tracks",
    "track",
    "Duration, path, speed, directionality and mean area.",
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
    "track and time lag",
    "Mean squared displacement.",
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
    "event of a track",
    "Divisions, appearances, disappearances, gaps and merges.",
    (
        _FRAME,
        _TIME,
        Column("event", "str", "plain", "division (a row a daughter, in its first frame), appearance (after frame 0, without a parent), disappearance (in its last frame, if nothing else ends it), gap (in the last frame before it) or merge (in its last frame)."),
        _TRACK,
        Column("other_track_id", "Int64", "plain", "The daughter of a division, the survivor of a merge; empty otherwise."),
        Column("y", "float64", "px", "Where the cell is in the original frame; for a division, the daughter."),
        Column("x", "float64", "px", "Where the cell is in the original frame; for a division, the daughter."),
        Column("at_border", "bool", "plain", "Whether that cell touches the border (touches_border in cells)."),
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
        Column("covered", "float64", "plain", "Share of the field of view that tracked cells cover: of the frame, without what drift correction crops."),
        Column("drift_y", "float64", "px", "How far the field has moved down since frame 0."),
        Column("drift_x", "float64", "px", "How far the field has moved right since frame 0."),
        Column("intensity_mean", "float64", "grey", "Mean grey value of the frame."),
        Column("intensity_std", "float64", "grey", "Standard deviation of it."),
        Column("area_flicker", "float64", "plain", "Median over cells of |a(t-1) - 2 a(t) + a(t+1)| / a(t); NaN at the ends. A steady segmentation stays below 0.1."),
    ),
)

EDGES = TableSchema(
    "edges",
    "cell and frame",
    "How much of the cell's edge protrudes and retracts, and how fast.",
    (
        _FRAME,
        _TIME,
        _TRACK,
        Column("edge_length", "float64", "length", "Length of its smoothed outline, without what the frame's edge cuts."),
        Column("cut_share", "float64", "plain", "Share of the outline that the frame's edge cuts; nothing is measured there."),
        Column("edge_velocity_mean", "float64", "speed", "Mean velocity of the edge along its outward normals since the frame before, by length of edge as it was there; NaN in a track's first frame.", "Machacek & Danuser, Biophysical Journal 2006"),
        Column("protruding_share", "float64", "plain", "Share of the edge, as it was in the frame before, that moved outwards by more than its accuracy (0.5 px from frame to frame, a setting)."),
        Column("retracting_share", "float64", "plain", "Share of that edge that moved inwards by more."),
        Column("protrusion_velocity", "float64", "speed", "Mean velocity of the protruding edge; NaN without any."),
        Column("retraction_velocity", "float64", "speed", "Mean velocity of the retracting edge, negative; NaN without any."),
        Column("curvature_abs_mean", "float64", "per_length", "Mean absolute curvature: 1 / radius for a disc, more for ragged edges.", "Mokhtarian & Mackworth, IEEE PAMI 1992"),
        Column("edge_intensity_mean", "float64", "grey", "Mean grey value of the band of 3 um (a setting) under the edge."),
    ),
)

EDGE_EVENTS = TableSchema(
    "edge_events",
    "stretch of edge that protrudes or retracts over several frames",
    "Duration, width, area and velocity.",
    (
        _TRACK,
        Column("event", "str", "plain", "protrusion or retraction: positions side by side and frames on end in which the edge moves by more than its accuracy."),
        Column("first_frame", "int64", "plain", "First frame into which it moves."),
        Column("last_frame", "int64", "plain", "Last frame into which it moves."),
        Column("duration", "float64", "time", "From the first frame to the last, both counted."),
        Column("width", "float64", "length", "Length of edge that takes part, mean over its frames."),
        Column("area", "float64", "area", "Area that it gains, or loses if negative: what lies between the outlines of each frame and the frame before."),
        Column("velocity_mean", "float64", "speed", "Mean velocity along the normals, negative for retractions."),
        Column("velocity_max", "float64", "speed", "Greatest speed among positions and frames, negative for retractions."),
        Column("position", "float64", "plain", "Circular mean of its position around the cell, 0 to 1, as in kymographs.npz."),
        Column("is_whole", "bool", "plain", "Whether the cell's edge is known in the frames before and after, so that its duration is not cut."),
    ),
)

EDGE_CORRELATION = TableSchema(
    "edge_correlation",
    "track and time lag",
    "Correlations of edge velocity and intensity.",
    (
        _TRACK,
        Column("lag", "int64", "plain", "Lag in frames; negative where intensity comes before velocity."),
        Column("lag_time", "float64", "time", "Lag as a time."),
        Column("velocity_autocorrelation", "float64", "plain", "Correlation of the edge's velocity with itself a lag away at the same position, each position's mean taken out."),
        Column("velocity_intensity_correlation", "float64", "plain", "Correlation of velocity with the grey value under the edge a lag later, each position's means taken out."),
        Column("n_pairs", "int64", "plain", "Positions times frames that it rests on; neighbours are not independent."),
    ),
)

KYMOGRAPHS = TableSchema(
    "kymographs",
    "cell and frame, one column per position on its edge (one array each in kymographs.npz)",
    "Edge velocity, curvature, intensity, position, length and area.",
    (
        Column("velocity", "float64", "speed", "Velocity of the edge along its outward normal since the frame before."),
        Column("curvature", "float64", "per_length", "Curvature of the outline, positive where it bulges out."),
        Column("intensity", "float64", "grey", "Mean grey value of the band under it."),
        Column("y", "float64", "px", "Where it is in the original frame."),
        Column("x", "float64", "px", "Where it is in the original frame."),
        Column("length", "float64", "length", "Length of its stretch of the edge in the frame before; NaN where velocity is."),
        Column("area_gained", "float64", "area", "Area that its stretch has swept since the frame before, negative where it retracts; NaN where velocity is."),
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

MIGRATION = TableSchema(
    "migration",
    "track",
    "Persistent random walk, Hurst exponent and straightness.",
    (
        _TRACK,
        Column("persistent_speed", "float64", "speed", "Root mean square speed of the persistent random walk, by maximum likelihood, the motion that all cells share and the error of positions taken out; NaN with fewer than 5 steps or no persistence that the frame interval shows.", "Fuerth, Zeitschrift fuer Physik 1920"),
        Column("persistent_speed_low", "float64", "speed", "Low end of its 95 % interval; NaN where not bounded."),
        Column("persistent_speed_high", "float64", "speed", "High end of it."),
        Column("persistence", "float64", "time", "Persistence time of that walk; NaN where it is too short to show or too long to end within the track.", "Fuerth, Zeitschrift fuer Physik 1920"),
        Column("persistence_low", "float64", "time", "Low end of its 95 % interval; NaN where not bounded."),
        Column("persistence_high", "float64", "time", "High end of it."),
        Column("hurst", "float64", "plain", "Hurst exponent of fractional Brownian motion, by maximum likelihood: 0.5 random, towards 1 straight.", "Mandelbrot & Van Ness, SIAM Review 1968"),
        Column("hurst_low", "float64", "plain", "Low end of its 95 % interval; NaN where not bounded."),
        Column("hurst_high", "float64", "plain", "High end of it."),
        Column("outreach_ratio", "float64", "plain", "Largest distance from the start over path length; NaN where the path is zero.", "Mort et al., Biology Open 2016"),
        Column("meandering_index", "float64", "plain", "Displacement over path length, times the root of the number of steps: about 1 for a random walk of any length.", "Beltman et al., Nature Reviews Immunology 2009"),
        Column("forward_index_x", "float64", "plain", "Displacement to the right over path length (forward migration index).", "Foxman et al., Journal of Cell Biology 1999"),
        Column("forward_index_y", "float64", "plain", "Displacement upwards, as seen, over path length.", "Foxman et al., Journal of Cell Biology 1999"),
        Column("random_walk_p", "float64", "plain", "Probability that a random walk of the same steps gets at least as far from its start.", "Greenwood & Durand, Annals of Mathematical Statistics 1955"),
    ),
)

MIGRATION_LAGS = TableSchema(
    "migration_lags",
    "time lag, over all tracks",
    "Mean squared displacement and correlations, with 95 % bands.",
    (
        Column("lag", "int64", "plain", "Lag in frames."),
        Column("lag_time", "float64", "time", "Lag as a time."),
        Column("n_tracks", "int64", "plain", "Tracks with a pair of frames that far apart."),
        Column("n_pairs", "int64", "plain", "Number of those pairs; they overlap."),
        Column("msd", "float64", "msd", "Mean squared displacement over all pairs of all tracks, the motion that all cells share taken out."),
        Column("msd_low", "float64", "msd", "Low end of its 95 % band over tracks; NaN with fewer than 3.", "Cochran, Sampling Techniques 1977, section 2.11"),
        Column("msd_high", "float64", "msd", "High end of it."),
        Column("msd_fit", "float64", "msd", "What the walk in migration_movie gives there, the error of positions included."),
        Column("velocity_correlation", "float64", "plain", "Mean product of two steps of one frame that far apart, over their mean square."),
        Column("velocity_correlation_low", "float64", "plain", "Low end of its 95 % band over tracks."),
        Column("velocity_correlation_high", "float64", "plain", "High end of it."),
        Column("direction_correlation", "float64", "plain", "Mean cosine of the angle between two steps of one frame that far apart.", "Gorelik & Gautreau, Nature Protocols 2014"),
        Column("direction_correlation_low", "float64", "plain", "Low end of its 95 % band over tracks."),
        Column("direction_correlation_high", "float64", "plain", "High end of it."),
    ),
)

MIGRATION_MOVIE = TableSchema(
    "migration_movie",
    "movie, over all tracks (none without a cell)",
    "Persistent random walk, MSD exponent and shared motion of all cells.",
    (
        Column("n_tracks", "int64", "plain", "Number of tracks."),
        Column("persistent_speed", "float64", "speed", "Root mean square speed of one persistent random walk for all tracks, by maximum likelihood.", "Fuerth, Zeitschrift fuer Physik 1920"),
        Column("persistent_speed_low", "float64", "speed", "Low end of its 95 % interval over tracks; all NaN with fewer than 6.", "White, Econometrica 1982"),
        Column("persistent_speed_high", "float64", "speed", "High end of it."),
        Column("persistence", "float64", "time", "Persistence time of that walk; NaN where it is too short to show or too long to end."),
        Column("persistence_low", "float64", "time", "Low end of its 95 % interval over tracks."),
        Column("persistence_high", "float64", "time", "High end of it."),
        Column("position_error", "float64", "length", "Standard deviation of the error of positions along an axis; adds four times its square to every MSD."),
        Column("position_error_low", "float64", "length", "Low end of its 95 % interval over tracks."),
        Column("position_error_high", "float64", "length", "High end of it."),
        Column("msd_exponent", "float64", "plain", "Power of time with which MSD grows, the error of positions taken out: 1 random, 2 straight; by the likelihood of fractional Brownian motion.", "Mandelbrot & Van Ness, SIAM Review 1968"),
        Column("msd_exponent_low", "float64", "plain", "Low end of its 95 % interval over tracks."),
        Column("msd_exponent_high", "float64", "plain", "High end of it."),
        Column("drift_y", "float64", "speed", "Velocity that all cells share, downwards; taken out of the fits from 10 tracks on."),
        Column("drift_x", "float64", "speed", "Velocity that all cells share, to the right."),
        Column("drift_p", "float64", "plain", "Probability of so large a mean velocity if cells went nowhere together; NaN with fewer than 4 tracks.", "Hotelling, Annals of Mathematical Statistics 1931"),
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
        Column("mode_1", "float64", "plain", "How far the outline goes along the first principal shape mode, in standard deviations of the movie's cells; NaN where the frame's edge cuts the cell.", "Kuhl & Giardina, Computer Graphics and Image Processing 1982"),
        Column("mode_2", "float64", "plain", "Along the second."),
        Column("mode_3", "float64", "plain", "Along the third."),
        Column("mode_4", "float64", "plain", "Along the fourth."),
        Column("cluster", "Int64", "plain", "Shape that it is nearest to, from 1, the most frequent first; empty where the frame's edge cuts the cell."),
    ),
)

SHAPE_MODES = TableSchema(
    "shape_modes",
    "principal shape mode",
    "Share of the variance.",
    (
        Column("mode", "int64", "plain", "Number of the mode, from 1."),
        Column("variance_share", "float64", "plain", "Share of the variance of normalised outlines that it holds."),
        Column("variance_share_total", "float64", "plain", "Share that it and the modes before it hold."),
    ),
)

SHAPE_OUTLINES = TableSchema(
    "shape_outlines",
    "outline point of a shape mode or cluster",
    "Mean outlines, for drawing.",
    (
        Column("of", "str", "plain", "mode or cluster."),
        Column("number", "int64", "plain", "Which mode or cluster."),
        Column("deviation", "float64", "plain", "Standard deviations from the mean shape along the mode; 0 for a cluster."),
        Column("point", "int64", "plain", "Number of the point along the outline, from 0."),
        Column("y", "float64", "plain", "Downwards, in half lengths of the outline's first ellipse."),
        Column("x", "float64", "plain", "To the right, in the same."),
    ),
)

SHAPE_TRANSITIONS = TableSchema(
    "shape_transitions",
    "pair of shape clusters",
    "How often cells change from one to the other.",
    (
        Column("from_cluster", "int64", "plain", "Shape in a frame."),
        Column("to_cluster", "int64", "plain", "Shape of the same track in the next frame."),
        Column("n", "int64", "plain", "How often."),
        Column("probability", "float64", "plain", "Share of the frames that begin in that shape; NaN where none does."),
        Column("expected", "float64", "plain", "The same if frames of a track were in random order."),
    ),
)

DIVISION_ROUNDING = TableSchema(
    "division_rounding",
    "frame before division",
    "Circularity of mother cells.",
    (
        Column("frames_before", "int64", "plain", "Frames before the mother's last, which is 0."),
        Column("time_before", "float64", "time", "The same as a time."),
        Column("n_mothers", "int64", "plain", "Mothers seen in that frame, away from the frame's edge."),
        Column("circularity", "float64", "plain", "Median of their circularity."),
        Column("circularity_low", "float64", "plain", "Lower quartile of it."),
        Column("circularity_high", "float64", "plain", "Upper quartile of it."),
        Column("rounded_share", "float64", "plain", "Share of them that are rounder than 95 % of the cells that do not divide."),
    ),
)

ALL_TABLES: tuple[TableSchema, ...] = (CELLS, PROTRUSIONS, PROTRUSION_EVENTS, TRACKS, MSD, EVENTS, FRAMES, MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE, SHAPES, SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, DIVISION_ROUNDING, EDGES, EDGE_EVENTS, EDGE_CORRELATION)
"""The tables of one movie's analysis folder."""
