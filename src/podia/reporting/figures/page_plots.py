"""Plots of a page of podia, with their titles and data."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path

from podia.data.errors import InvalidInputError

_FIGURE = re.compile(r"<figure\b[^>]*>(.*?)</figure>", re.DOTALL)
_TITLE = re.compile(r"<h3[^>]*>(.*?)</h3>", re.DOTALL)
_PLOT = re.compile(r'<svg class="plot".*?</svg>', re.DOTALL)
_DATA = re.compile(r'\sdata-csv="([^"]*)"')


@dataclass(frozen=True)
class PagePlot:
    """A plot: its name for files, its title, the ``svg`` element without data, and the data as CSV, empty if none."""

    name: str
    title: str
    svg: str
    data: str


def page_plots(page: Path) -> list[PagePlot]:
    """Return the plots of a report or comparison, in the order of the page.

    Raises
    ------
    InvalidInputError
        If there is no such page, or it has no plots.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"Cannot read '{page}': {error.strerror or error}.") from None
    found: list[PagePlot] = []
    names: dict[str, int] = {}
    for figure in _FIGURE.findall(text):
        plot, title = _PLOT.search(figure), _TITLE.search(figure)
        if plot is None or title is None:
            continue
        words = html.unescape(re.sub(r"<[^>]+>", "", title[1])).strip()
        name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "plot"
        names[name] = names.get(name, 0) + 1
        data = _DATA.search(plot[0])
        found.append(
            PagePlot(
                name if names[name] == 1 else f"{name}_{names[name]}",
                words,
                _DATA.sub("", plot[0]),
                html.unescape(data[1]).strip() + "\n" if data else _drawn_numbers(plot[0]),
            )
        )
    if not found:
        raise InvalidInputError(
            f"'{page}' has no plots. Use an analysis folder or the folder of a comparison."
        )
    return found


def _drawn_numbers(svg: str) -> str:
    """Return the words of the marks, which hold their numbers, as CSV; empty without any."""
    titles = [html.unescape(title) for title in re.findall(r"<title>(.*?)</title>", svg, re.DOTALL)]
    if not titles:
        return ""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["mark"], *([title] for title in titles)])
    return out.getvalue()
