"""Declarations of the tables and kymographs of the cell edge."""

from __future__ import annotations

from podia.data.common_columns import FRAME_COLUMN, TIME_COLUMN, TRACK_COLUMN
from podia.data.schema import Column, TableSchema

EDGES = TableSchema(
    "edges",
    "cell and frame",
    "Fraction of the cell edge that protrudes and retracts, and its velocity.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        TRACK_COLUMN,
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
    "part of the edge that protrudes or retracts over several frames",
    "Lifetime, width, area and velocity.",
    (
        TRACK_COLUMN,
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
        TRACK_COLUMN,
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
