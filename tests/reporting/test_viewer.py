"""The viewer's data: all there, rounded to what can be seen, bounded in size."""

from __future__ import annotations

import base64
import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from podia.data.calibration import Calibration
from podia.data.progress import silent
from podia.reporting.config import ReportConfig
from podia.reporting.outline_tracing import outlines
from podia.reporting.viewer import pack_outlines, viewer_data
from tiny_report import ARM, RADIUS, STABLE_STEP, tiny_inputs


def unpacked(content: bytes) -> dict[int, list[np.ndarray]]:
    """Return what the page's script reads, as ``(y, x)`` px."""
    found: dict[int, list[np.ndarray]] = {}
    at = 0
    while at < len(content):
        label, n_steps, x, y = struct.unpack_from("<IHHH", content, at)
        steps = np.frombuffer(content, np.int8, 2 * n_steps, at + 10).reshape(-1, 2).astype(int)
        points = np.cumsum(np.vstack([[(x, y)], steps]), axis=0) / 2 - 0.5
        found.setdefault(label, []).append(points[:, ::-1])
        at += 10 + 2 * n_steps
    return found


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 70000))
@settings(max_examples=20, deadline=None)
def test_packed_outlines_come_back_even_where_a_side_is_longer_than_a_step_can_be(height, width, label):
    labels = np.zeros((height + 3, width + 4), np.int32)
    labels[2 : 2 + height, 1 : 1 + width] = label
    (loop,) = outlines(labels)[label]
    (back,) = unpacked(pack_outlines({label: [loop]}))[label]
    for corner in loop:
        assert (back == corner).all(axis=1).any()
    # Points that were put in lie on the sides, up to the rounding to half pixels.
    assert len(back) - len(loop) <= 4 * (300 // 63 + 1)


def test_every_cell_is_there_with_its_outline_measures_and_tip():
    data = viewer_data(tiny_inputs(), ReportConfig(), silent)
    assert [frame["frame"] for frame in data["frames"]] == [0, 1, 2, 3, 4]
    assert data["frames"][4]["time"] == "0:08:00"
    for frame in data["frames"]:
        ids = [cell[0] for cell in frame["cells"]]
        assert (
            sorted(unpacked(base64.b64decode(frame["outlines"]))) == ids == [tip[0] for tip in frame["tips"]]
        )
    track, x, y, *_ = data["frames"][0]["cells"][0]
    assert (track, x, y) == (1, 15, 15)
    assert data["frames"][0]["tips"][0][1:3] == [15 + RADIUS + ARM, 15]
    assert data["tracks"]["3"] == [0, 1, pytest.approx(STABLE_STEP * 0.5 / 2, rel=1e-4), 0, [4, 5]]
    json.dumps(data, allow_nan=False)


def test_stable_positions_put_back_into_a_frame_are_the_positions_seen_there():
    data = viewer_data(tiny_inputs(), ReportConfig(), silent)
    frame = data["frames"][3]
    matrix = np.array(frame["restore"]).reshape(2, 3)
    for _, x, y, x_stable, y_stable, *_ in frame["cells"]:
        np.testing.assert_allclose(matrix @ (y_stable, x_stable, 1), (y, x), atol=1e-3)


def test_a_scale_bar_is_shown_only_where_the_pixel_size_is_known():
    # A fifth of 65 um is 13; the round length below it is 10 um, which is 20 px.
    assert viewer_data(tiny_inputs(1), ReportConfig(), silent)["bar"] == [20.0, 10.0]
    assert viewer_data(tiny_inputs(1, calibration=Calibration()), ReportConfig(), silent)["bar"] is None


def test_a_long_movie_is_sampled_evenly_with_both_ends():
    data = viewer_data(tiny_inputs(30), ReportConfig(max_frames=7), silent)
    frames = [frame["frame"] for frame in data["frames"]]
    assert frames[0] == 0
    assert frames[-1] == 29
    assert len(frames) == 7
    assert set(np.diff(frames)) <= {4, 5}


def test_pictures_shrink_until_the_page_fits():
    inputs = tiny_inputs(40)
    free = viewer_data(inputs, ReportConfig(max_frames=40), silent)
    noisy = sum(len(frame["image"]) for frame in free["frames"])
    config = ReportConfig.model_construct(**ReportConfig().model_dump() | {"max_page_mb": noisy / 1e6})
    tight = viewer_data(inputs, config, silent)
    assert len(json.dumps(tight)) < noisy
    assert picture_of(tight).width < picture_of(free).width == 130
    # The proportions stay.
    assert picture_of(tight).width / picture_of(tight).height == pytest.approx(130 / 97, rel=0.03)


def picture_of(data: dict[str, list[dict[str, str]]]) -> Image.Image:
    """Return the first picture."""
    return Image.open(io.BytesIO(base64.b64decode(data["frames"][0]["image"])))


def test_progress_tells_every_frame():
    told = []
    viewer_data(tiny_inputs(3), ReportConfig(), lambda *args: told.append(args))
    assert told == [("report", 1, 3), ("report", 2, 3), ("report", 3, 3)]
