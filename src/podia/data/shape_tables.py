"""Declarations of the tables of shape modes, shape clusters and mitotic rounding."""

from __future__ import annotations

from podia.data.common_columns import FRAME_COLUMN, TIME_COLUMN, TRACK_COLUMN
from podia.data.schema import Column, TableSchema

SHAPES = TableSchema(
    "shapes",
    "cell and frame",
    "Principal shape modes and shape cluster.",
    (
        FRAME_COLUMN,
        TIME_COLUMN,
        TRACK_COLUMN,
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
    "Fraction of variance explained.",
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
    "Frequency of transitions between clusters.",
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
