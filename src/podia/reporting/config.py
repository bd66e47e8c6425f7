"""What a reader of the report may want otherwise."""

from __future__ import annotations

from pydantic import Field

from podia.data.config import FrozenConfig


class ReportConfig(FrozenConfig):
    """How ``report.html`` and ``overlay.mp4`` are drawn. Nothing here changes a measured number."""

    max_frames: int = Field(
        120,
        ge=1,
        le=2000,
        description="Most frames that the page's viewer holds; a longer movie is sampled evenly.",
    )
    max_page_mb: float = Field(
        20.0,
        ge=1.0,
        le=500.0,
        description="Megabytes that the page's frames and outlines may take; frames are made smaller until they fit.",
    )
    frame_max_width_px: int = Field(
        1024,
        ge=64,
        le=8192,
        description="Widest that a frame in the page is stored, in px; wider ones are shrunk.",
    )
    jpeg_quality: int = Field(
        75, ge=10, le=95, description="JPEG quality of the frames in the page, 10 to 95."
    )
    outline_tolerance_px: float = Field(
        0.5, ge=0.0, le=5.0, description="How far a drawn outline may stray from the cell's edge, in px."
    )
    tail_frames: int = Field(
        10, ge=1, le=500, description="Frames of the viewer that a track's tail reaches back."
    )
    max_tracks_drawn: int = Field(
        300,
        ge=1,
        le=5000,
        description="Most tracks that a plot draws one by one; medians are always over all.",
    )
    overlay_fps: int = Field(8, ge=1, le=60, description="Movie frames that overlay.mp4 shows per second.")
    overlay_max_width_px: int = Field(
        1280, ge=64, le=4096, description="Widest that overlay.mp4 gets, in px; wider movies are shrunk."
    )
    overlay_min_width_px: int = Field(
        640,
        ge=0,
        le=4096,
        description="Movies narrower than this, in px, are enlarged by a whole factor.",
    )
    overlay_crf: int = Field(
        21,
        ge=1,
        le=51,
        description="H.264 constant rate factor of overlay.mp4: 1 is best and largest, 51 worst.",
    )
