"""Write MP4 films that browsers, presentations and players show, and take single pictures from them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_KEYFRAME_EVERY = 12
"""Short enough to jump about in a film of a few hundred frames."""


class Film:
    """Writes RGB frames to an H.264 film (MPEG-4 part 2 where the encoder library lacks H.264).

    Use as a context manager; frames added are encoded at once, none is kept. One thread and no free text in the
    file make the bytes repeat.

    Parameters
    ----------
    path
        Where the film goes, whatever its ending.
    size
        Width and height in px, both even.
    fps
        Frames shown per second.
    crf
        Constant rate factor of H.264.
    """

    def __init__(self, path: Path, size: tuple[int, int], *, fps: int, crf: int) -> None:
        import av

        # The index goes first, so that a browser can start before it has the whole file.
        self._container = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        self._stream: Any = self._container.add_stream(codec, rate=fps)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.thread_count = 1
        context.gop_size = _KEYFRAME_EVERY
        options = {"flags": "+bitexact"}
        if codec == "libx264":
            options |= {"crf": str(crf), "preset": "superfast"}
        else:
            options |= {"qscale": str(max(1, crf // 5))}
        context.options = options

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Append a frame, ``(Y, X, 3)`` RGB of the film's size."""
        import av

        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error the file is thrown away, but the encoder still has to be let go.
        try:
            if error is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


def film_thumbnail(path: Path, *, width_px: int = 336) -> str:
    """Return the middle frame of a film as a small JPEG in a ``data:`` address, empty if there is no readable film."""
    import base64
    import io

    import av

    if not path.is_file():
        return ""
    try:
        with av.open(str(path)) as container:
            (stream,) = container.streams.video
            middle = (stream.frames or 1) // 2
            picture = next(
                frame for index, frame in enumerate(container.decode(stream)) if index >= middle
            ).to_image()
    except (av.FFmpegError, OSError, StopIteration, ValueError):
        return ""
    picture.thumbnail((width_px, width_px))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
