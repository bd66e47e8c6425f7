"""The film: plays anywhere, shows what was found, is the same every time."""

from __future__ import annotations

import av
import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie, Movie
from podia.reporting.colours import track_colour
from podia.reporting.config import ReportConfig
from podia.reporting.overlay import write_overlay
from tiny_report import tiny_inputs

PLAIN = ReportConfig(overlay_min_width_px=0)


def film(inputs, path, config=PLAIN):
    """Return the film's stream facts and its frames, ``(T, Y, X, 3)``."""
    write_overlay(inputs.movie, inputs.labels, inputs.tables, path, config)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        facts = (stream.codec_context.name, stream.pix_fmt, stream.width, stream.height, stream.average_rate)
        return facts, np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_the_film_has_every_frame_even_sides_and_the_format_that_browsers_play(tmp_path):
    (codec, pixels, width, height, rate), frames = film(tiny_inputs(7), tmp_path / "overlay.mp4")
    assert codec in ("h264", "mpeg4")
    assert pixels == "yuv420p"
    # 97 x 130 is made even by a black row.
    assert (height, width, rate) == (98, 130, 8)
    assert len(frames) == 7


@pytest.mark.parametrize(("n_frames", "n_cells"), [(1, 3), (1, 0), (4, 0)])
def test_one_frame_and_no_cells_give_a_film_too(n_frames, n_cells, tmp_path):
    _, frames = film(tiny_inputs(n_frames, n_cells), tmp_path / "overlay.mp4")
    assert len(frames) == n_frames


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        film(tiny_inputs(6), tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_outlines_have_their_tracks_colour_and_tips_are_white(tmp_path):
    inputs = tiny_inputs(2)
    config = ReportConfig(overlay_min_width_px=0, overlay_crf=1)
    _, frames = film(inputs, tmp_path / "overlay.mp4", config)
    # The disc of track 2 has its centre at (43, 15) and its radius is 9; look at its lower left edge.
    y, x = 43 + 7, 15 - 7
    patch = frames[0][y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
    wanted = np.array(track_colour(2))
    grey = np.ptp(patch, axis=1).min()
    closest = np.abs(patch - wanted).sum(axis=1).min()
    assert closest < 150
    assert grey < 40
    tip_y, tip_x = 43, 15 + 9 + 14
    assert frames[0][tip_y - 1 : tip_y + 2, tip_x - 1 : tip_x + 2].max() > 200


def test_a_narrow_movie_is_enlarged_by_a_whole_factor_and_a_wide_one_shrunk(tmp_path):
    inputs = tiny_inputs(1)
    _, large = film(inputs, tmp_path / "a.mp4", ReportConfig(overlay_min_width_px=300))
    assert large.shape[1:3] == (292, 390)
    _, small = film(inputs, tmp_path / "b.mp4", ReportConfig(overlay_min_width_px=0, overlay_max_width_px=64))
    assert small.shape[1:3] == (48, 64)


def test_an_uncalibrated_movie_has_no_scale_bar(tmp_path):
    corners = []
    for name, calibration in (("a", Calibration(pixel_size_um=0.5)), ("b", Calibration())):
        inputs = tiny_inputs(1, 0, calibration)
        _, frames = film(inputs, tmp_path / f"{name}.mp4")
        # The bar's black backing against the noise of the image.
        corners.append((frames[0][80:90, 95:120].max(axis=-1) < 20).mean())
    assert corners[0] > 0.3
    assert corners[1] < 0.05


def test_frames_are_read_once_each_but_for_the_few_that_set_the_contrast(tmp_path):
    inputs = tiny_inputs(20)
    reads = []

    def note(index, frame):
        reads.append(index)
        return frame

    watched = inputs.movie.map_frames(note)
    write_overlay(watched, inputs.labels, inputs.tables, tmp_path / "overlay.mp4", PLAIN)
    assert len(reads) == 20 + 8


def test_labels_of_another_shape_are_refused(tmp_path):
    inputs = tiny_inputs(2)
    labels = LabelMovie.from_array(np.zeros((2, 5, 5), np.int32))
    with pytest.raises(InvalidInputError, match="must be the same"):
        write_overlay(inputs.movie, labels, inputs.tables, tmp_path / "overlay.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_film_leaves_nothing(tmp_path):
    inputs = tiny_inputs(3)

    def fails(index, frame):
        if index == 2:
            raise RuntimeError("unreadable")
        return frame

    movie: Movie = inputs.movie.map_frames(fails)
    with pytest.raises(RuntimeError, match="unreadable"):
        write_overlay(movie, inputs.labels, inputs.tables, tmp_path / "overlay.mp4", PLAIN)
    assert list(tmp_path.iterdir()) == []
