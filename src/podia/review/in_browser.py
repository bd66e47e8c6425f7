"""``podia review FOLDER --browser``: an analysis in the browser."""

from __future__ import annotations

import webbrowser

from podia.io.layout import REPORT
from podia.results.results import Results


def review_in_browser(results: Results) -> None:
    """Open the report of an analysis in the browser."""
    results.require("report")
    webbrowser.open((results / REPORT).resolve().as_uri())
