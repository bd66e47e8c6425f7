"""Figures for publications: every plot of a page, drawn by matplotlib as the page draws it."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="podia[figures] is not installed")

import numpy as np
from markupsafe import Markup
from PIL import Image

from podia.data.errors import InvalidInputError
from podia.reporting.charts.polar import direction_histogram
from podia.reporting.charts.series import series
from podia.reporting.figures.draw import draw_plot
from podia.reporting.figures.page_plots import page_plots
from podia.reporting.figures.style import Element, style_of
from podia.reporting.figures.write import write_figures


def page_with(folder: Path, *plots: Markup | None, title: str = "Cells &amp; time") -> Path:
    figures = "".join(f'<figure class="card"><h3>{title}</h3>{plot}</figure>' for plot in plots)
    path = folder / "report.html"
    path.write_text(f"<html><body>{figures}</body></html>", encoding="utf-8")
    return path


def cells_over_time() -> Markup:
    plot = series(
        [0.0, 1, 2],
        {"cells": [3.0, 4, 6]},
        time_label="time (h)",
        label="cells",
        band=([2.0, 3, 5], [4.0, 5, 7]),
        limit=(8.0, "limit"),
        events=[(1.0, "a division")],
    )
    assert plot is not None
    return plot


def test_each_plot_is_written_in_each_format_with_its_data(tmp_path: Path) -> None:
    page_with(tmp_path, cells_over_time(), cells_over_time())
    written = write_figures(tmp_path, width_mm=85, dpi=100)
    assert sorted(path.name for path in written) == [
        f"cells_time{number}.{suffix}" for number in ("", "_2") for suffix in ("csv", "pdf", "png", "svg")
    ]
    assert (tmp_path / "figures" / "cells_time.csv").read_text(encoding="utf-8").splitlines()[1] == "low,0,2"
    with Image.open(tmp_path / "figures" / "cells_time.png") as picture:
        assert picture.width == pytest.approx(85 / 25.4 * 100, abs=1)
    text = (tmp_path / "figures" / "cells_time.svg").read_text(encoding="utf-8")
    assert "time (h)" in text  # texts stay texts
    assert (tmp_path / "figures" / "cells_time.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    page_with(tmp_path, cells_over_time())
    one, two = (write_figures(tmp_path, tmp_path / name, dpi=60) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_band_is_pale_and_a_line_is_not() -> None:
    figure = draw_plot(str(cells_over_time()), 85)
    (axes,) = figure.axes
    fills = [patch.get_facecolor() for patch in axes.patches if patch.get_facecolor()[3] > 0]
    assert min(fill[3] for fill in fills) < 0.3
    edges = [patch.get_edgecolor() for patch in axes.patches if patch.get_linewidth() > 1]
    assert max(edge[3] for edge in edges) == 1


def test_sectors_of_a_circle_have_the_area_of_their_counts() -> None:
    plot = direction_histogram(np.array([0.0, 0.0, 180.0]), counted="tracks")
    assert plot is not None
    (axes,) = draw_plot(str(plot), 85).axes
    boxes = [patch.get_path().get_extents() for patch in axes.patches if len(patch.get_path().vertices) == 19]
    filled = sorted(box.width * box.height for box in boxes if box.width * box.height > 1)
    assert filled[-1] / filled[0] == pytest.approx(2, rel=0.05)


def test_rules_with_more_classes_and_ancestors_win() -> None:
    plot = Element("svg", frozenset({"plot"}), "plot")
    line = Element("path", frozenset({"series", "group-2"}), "series group-2")
    assert (
        style_of((plot, line), {})["stroke"]
        != style_of((plot, Element("path", frozenset({"series"}), "series")), {})["stroke"]
    )
    inside = (plot, Element("g", frozenset({"track"}), "track"), Element("path", frozenset(), ""))
    assert "opacity" in style_of(inside, {})


def test_a_folder_without_page_a_page_without_plots_and_a_wrong_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"neither report.html nor compare.html"):
        write_figures(tmp_path)
    page = page_with(tmp_path)
    with pytest.raises(InvalidInputError, match="has no plots"):
        page_plots(page)
    with pytest.raises(InvalidInputError, match=r"no format 'eps'\. Supported: pdf, svg, png"):
        write_figures(tmp_path, formats=("eps",))
    with pytest.raises(InvalidInputError, match="20 to 500 mm"):
        write_figures(tmp_path, width_mm=3)


def test_svg_files_are_xml(tmp_path: Path) -> None:
    page_with(tmp_path, cells_over_time())
    write_figures(tmp_path, formats=("svg",))
    assert ElementTree.parse(tmp_path / "figures" / "cells_time.svg").getroot().tag.endswith("svg")
