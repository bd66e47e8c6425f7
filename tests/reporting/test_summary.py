"""The page over many movies."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Picture

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.tables import SUMMARY
from podia.reporting.film import Film, film_thumbnail
from podia.reporting.plate import PlateWell
from podia.reporting.summary import summarise

CALIBRATED = Calibration(1.0, 60.0)


def movie(name: str, **values: object) -> dict[str, object]:
    """Return a row of a movie that went well."""
    row: dict[str, object] = dict.fromkeys(SUMMARY.base_names, np.nan)
    counts = {"n_frames": 10, "n_tracks": 4, "n_divisions": 1, "n_warnings": 2}
    scale = {"pixel_size_um": 0.5, "frame_interval_s": 60.0, "speed_median": 0.25, "cells_per_frame": 3.0}
    return row | {"movie": name, "status": "done", "error": ""} | counts | scale | values


def failed(name: str, error: str) -> dict[str, object]:
    """Return a row of a movie that failed."""
    row: dict[str, object] = dict.fromkeys(SUMMARY.base_names, np.nan)
    return (
        row
        | {"movie": name, "status": "failed", "error": error}
        | dict.fromkeys(("n_frames", "n_tracks", "n_divisions", "n_warnings"), pd.NA)
    )


def page(rows, path, calibration=CALIBRATED) -> str:
    """Return the page over `rows`."""
    table = SUMMARY.conform(pd.DataFrame(rows, columns=SUMMARY.base_names), calibration)
    return summarise(table, path / "summary.html").read_text(encoding="utf-8")


def test_each_movie_links_to_its_report_and_failures_say_why(tmp_path):
    text = page([movie("one movie"), movie("b"), failed("broken", "'x.tif' is <empty>.")], tmp_path)
    assert 'href="one%20movie/report.html"' in text
    assert "3 movies" in text
    assert "2 done, 1 failed" in text
    assert "is &lt;empty&gt;." in text
    assert "µm/min" in text
    assert "://" not in text
    assert "nan" not in text.lower()


def test_all_failed_and_none_failed_leave_the_other_part_out(tmp_path):
    assert 'id="movies"' not in page([failed("a", "no")], tmp_path)
    assert 'id="failed"' not in page([movie("a")], tmp_path)


def test_undefined_values_are_said_to_be_so(tmp_path):
    assert "not defined" in page([movie("a", speed_median=np.nan)], tmp_path)


def test_movies_of_mixed_calibration_come_with_a_caution(tmp_path):
    rows = [movie("a"), movie("b", pixel_size_um=np.nan)]
    assert "Pixel size or frame interval is unknown for some movies" in page(
        rows, tmp_path, Calibration(None, 60.0)
    )
    assert "Pixel size or frame interval is unknown for some movies" not in page([movie("a")], tmp_path)


def test_another_table_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="needs the columns"):
        summarise(pd.DataFrame({"movie": ["a"]}), tmp_path / "summary.html")


def test_the_same_rows_give_the_same_bytes(tmp_path):
    assert page([movie("a")], tmp_path) == page([movie("a")], tmp_path)


def test_a_movie_is_shown_by_a_frame_of_its_film(tmp_path):
    (tmp_path / "a").mkdir()
    with Film(tmp_path / "a" / "overlay.mp4", (64, 48), fps=8, crf=21) as film:
        for grey in (0, 200, 0):
            film.add(np.full((48, 64, 3), grey, np.uint8))
    address = film_thumbnail(tmp_path / "a" / "overlay.mp4")
    picture = Picture.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))))
    assert np.asarray(picture).mean() == pytest.approx(200, abs=5)
    text = page([movie("a"), movie("b")], tmp_path)
    assert text.count(address) == 1
    assert text.count("<img") == 1


def test_a_film_that_cannot_be_read_has_no_picture(tmp_path):
    (tmp_path / "overlay.mp4").write_bytes(b"not a film")
    assert film_thumbnail(tmp_path / "overlay.mp4") == film_thumbnail(tmp_path / "none.mp4") == ""


def test_a_plate_is_a_grid_with_values_conditions_and_what_is_wrong(tmp_path):
    rows = [movie("A1"), movie("A3", cells_per_frame=0.0), movie("B2", n_warnings=5, cells_per_frame=9.0)]
    wells = {name: PlateWell(name, f"dose {name}", "1") for name in ("A1", "A3", "B2", "C1")}
    table = SUMMARY.conform(
        pd.DataFrame([*rows, failed("C1", "no file")], columns=SUMMARY.base_names), CALIBRATED
    )
    text = summarise(table, tmp_path / "summary.html", wells).read_text(encoding="utf-8")
    assert text.count('<td class="well') == 4
    assert text.count('<td class="empty">') == 5  # three rows of three columns
    assert "Wells to look at: A3: no cells found; B2: 5 warnings; C1: failed." in text
    assert 'data-cells-per-frame="1.000|9"' in text
    assert "dose B2, replicate 1" in text


def test_movies_without_wells_have_no_plate(tmp_path):
    assert 'id="plate"' not in page([movie("A1")], tmp_path)
