"""Write a plot of a page as a standalone SVG file."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from podia.files.atomic import atomic_path
from podia.files.printable import printable

_FONT = "svg{font:11px Arial,Helvetica,sans-serif;background:#fff}"


def write_svg(plot: Markup, path: Path) -> Path:
    """Write `plot` with the colours that the page has by day, atomically, and return the path.

    Raises
    ------
    OutputError
        If there is no space or no permission to write.
    """
    opening, rest = str(plot).split(">", 1)
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', opening)[0]
    head = opening.replace(
        "<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"', 1
    )
    with atomic_path(path) as temporary:
        page = printable(f"{head}><style>{plot_style()}</style>{rest}\n")
        temporary.write_text(page, encoding="utf-8", newline="\n")
    return path


@lru_cache(maxsize=1)
def plot_style() -> str:
    """Return the rules of the page for plots, with colours in place of variables: drawing programs do not know them."""
    sheet = files("podia.reporting").joinpath("templates", "page.css").read_text(encoding="utf-8")
    by_day = sheet[: sheet.index("@media")]
    values = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", by_day))
    rules = re.findall(r"(?:^|(?<=\} ))(\.plot[^{]*\{[^}]*\})", sheet, re.MULTILINE)
    # Within the file, the plot is the root and carries the class itself.
    return _FONT + re.sub(r"var\((--[\w-]+)\)", lambda found: values[found[1]], "".join(rules))
