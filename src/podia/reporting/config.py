"""Settings of report and film."""

from __future__ import annotations

from pydantic import Field

from podia.data.config import FrozenConfig


class ReportConfig(FrozenConfig):
    """How ``report.html`` and ``overlay.mp4`` are drawn. Nothing here changes a measured number."""

    basic_settings = ("max_frames", "overlay_fps")

    max_frames: int = Field(
        120,
        ge=1,
        le=2000,
        description="Maximum number of frames in the viewer of the report; longer movies are sampled evenly.",
    )
    max_page_mb: float = Field(
        20.0,
        ge=1.0,
        le=500.0,
        description="Maximum size of frames and outlines in the report (MB); frames are downscaled to fit.",
    )
    frame_max_width_px: int = Field(
        1024,
        ge=64,
        le=8192,
        description="Maximum width of frames in the report (px).",
    )
    jpeg_quality: int = Field(
        75, ge=10, le=95, description="JPEG quality of the frames in the report, 10 to 95."
    )
    outline_tolerance_px: float = Field(
        0.5, ge=0.0, le=5.0, description="Tolerance of simplified outlines (px)."
    )
    tail_frames: int = Field(10, ge=1, le=500, description="Length of track tails in the viewer (frames).")
    max_tracks_drawn: int = Field(
        300,
        ge=1,
        le=5000,
        description="Maximum number of tracks drawn in a plot; medians are always over all tracks.",
    )
    overlay_fps: int = Field(8, ge=1, le=60, description="Frame rate of overlay.mp4 (frames per second).")
    overlay_max_width_px: int = Field(
        1280, ge=64, le=4096, description="Maximum width of overlay.mp4 (px); wider movies are downscaled."
    )
    overlay_min_width_px: int = Field(
        640,
        ge=0,
        le=4096,
        description="Minimum width of overlay.mp4 (px); narrower movies are enlarged by an integer factor.",
    )
    overlay_crf: int = Field(
        21,
        ge=1,
        le=51,
        description="H.264 constant rate factor of overlay.mp4, from 1 (best, largest) to 51.",
    )
