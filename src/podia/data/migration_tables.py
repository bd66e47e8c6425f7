"""Declarations of the tables of migration."""

from __future__ import annotations

from podia.data.common_columns import TRACK_COLUMN
from podia.data.schema import Column, TableSchema

MSD = TableSchema(
    "msd",
    "track and time lag",
    "Mean squared displacement.",
    (
        TRACK_COLUMN,
        Column("lag", "int64", "plain", "Time lag in frames."),
        Column("lag_time", "float64", "time", "Time lag."),
        Column("msd", "float64", "msd", "Mean squared displacement of this track over all pairs of frames at this lag."),
        Column("n_pairs", "int64", "plain", "Number of these pairs; they overlap, so they are not independent."),
    ),
)

MIGRATION = TableSchema(
    "migration",
    "track",
    "Persistent random walk, MSD exponent and straightness.",
    (
        TRACK_COLUMN,
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
        Column("shared_speed", "float64", "speed", "Speed of that velocity."),
        Column("shared_direction", "float64", "angle_deg", "Direction of that velocity, to the x axis, counter-clockwise on screen, -180 to 180; of no meaning unless its p value is small."),
        Column("shared_velocity_p", "float64", "plain", "p value of the shared velocity (null hypothesis: cells have no common direction); NaN with fewer than 4 tracks.", "hotelling1931"),
    ),
)
