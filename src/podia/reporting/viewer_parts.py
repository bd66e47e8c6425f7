"""Parts of the viewer that the page is put together from."""

from __future__ import annotations

SCRIPTS = (
    *(
        f"viewer/{name}.js"
        for name in ("words", "movie", "state", "view", "layers", "told", "controls", "track_plots")
    ),
    *(
        f"review/{name}.js"
        for name in ("places", "corrections", "operations", "split_line", "suspects", "pending")
    ),
    "viewer/start.js",
)
"""In the order in which they run: each uses those before it."""

OPERATIONS = (
    ("merge", "merge", "m"),
    ("split", "split", "s"),
    ("delete", "delete", "d"),
    ("link", "link", "l"),
    ("unlink", "unlink", "u"),
    ("swap", "swap", "w"),
    ("set_division", "division", "v"),
    ("remove_division", "no division", "r"),
)
"""Operation, its button, and its key, as in ``review/operations.js``."""
