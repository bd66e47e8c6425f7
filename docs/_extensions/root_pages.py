"""Pages of the repository's root, such as ARCHITECTURE.md, shown on the site with links that work there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_FOLDER = "development/"


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    if not page.startswith(_FOLDER):
        return
    root = Path(app.srcdir).parent
    names = {path.name: f"{path.stem.lower()}.md" for path in root.glob("*.md")}
    text = (root / f"{page.removeprefix(_FOLDER).upper()}.md").read_text(encoding="utf-8")

    def target(link: re.Match[str]) -> str:
        words, goal = link[1], link[2]
        if goal.startswith("docs/"):
            return f"[{words}](../{goal.removeprefix('docs/')})"
        return f"[{words}]({names[goal]})" if goal in names else words

    source[0] = re.sub(r"\[([^\]]*)\]\((?!https?:|#)([^)]*)\)", target, text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Read the pages of the root in place of those that stand for them."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
