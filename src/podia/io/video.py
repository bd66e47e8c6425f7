"""Reader for AVI, MP4 and other videos, one frame at a time, with PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.damaged import unreadable_file, unreadable_frame
from podia.io.opened_image import OpenedImage


@dataclass(frozen=True, eq=False)
class VideoFrames:
    """Frames of a video as grey values; `times` are their time stamps."""

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    times: NDArray[np.int64] = field(repr=False)

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if it cannot be decoded."""
        try:
            pixels = _reader(self.path).grey(int(self.times[frame]), self.dtype)
        except Exception as error:  # codecs raise arbitrary exceptions
            _reader.cache_clear()
            raise unreadable_frame(self.path, frame, error) from error
        if pixels.shape != self.shape[1:]:
            raise MovieReadError(f"Frame {frame} of '{self.path}' differs in size from the first.")
        return pixels


def open_video(path: Path) -> OpenedImage:
    """Open a video. Its frame rate is that of playback, so the frame interval is unknown.

    Raises
    ------
    MovieReadError
        If it is not a video, or contains no frames.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
            height, width, kind = stream.height, stream.width, str(stream.pix_fmt)
    except Exception as error:  # codecs raise arbitrary exceptions
        raise unreadable_file(path, "film", error) from error
    if not times:
        raise MovieReadError(f"'{path}' contains no frames.")
    deep = kind.startswith("gray1")
    dtype = np.dtype(np.uint16 if deep else np.uint8)
    colours = "" if kind.startswith("gray") else " Colours are converted to brightness."
    note = (
        f"'{path}' is a video: its frame rate is that of playback, not of the recording. Give the time "
        f"between frames with --frame-interval-s, and the pixel size with --pixel-size-um.{colours}"
    )
    source = VideoFrames(path, (len(times), height, width), dtype, np.array(times, np.int64))
    return OpenedImage(source, notes=(note,))


class _Reader:
    """An open video with the last decoded frame, so that reading in order decodes each frame once."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._frames: Iterator[Any] = self._container.decode(self._stream)
        self._last = -1

    def grey(self, time: int, dtype: np.dtype[Any]) -> Image:
        """Return the frame with time stamp `time`."""
        if time <= self._last:
            self._container.seek(time, stream=self._stream, backward=True)
            self._frames = self._container.decode(self._stream)
        for frame in self._frames:
            self._last = frame.pts
            if frame.pts >= time:
                pixels = frame.to_ndarray(format="gray16le" if dtype.itemsize == 2 else "gray")
                return np.ascontiguousarray(pixels, dtype=dtype)
        raise EOFError("the video ends before this frame")


@lru_cache(maxsize=1)
def _reader(path: Path) -> _Reader:
    return _Reader(path)
