"""Columns shared by several tables."""

from __future__ import annotations

from podia.data.schema import Column

FRAME_COLUMN = Column("frame", "int64", "plain", "Frame index, from 0.")
TIME_COLUMN = Column("time", "float64", "time", "Time since frame 0.")
TRACK_COLUMN = Column(
    "track_id", "int64", "plain", "Track of the cell; its value in the label images in masks/."
)
