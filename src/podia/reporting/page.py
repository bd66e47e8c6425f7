"""Render HTML pages from templates, self-contained and escaped."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from podia.files.atomic import atomic_path
from podia.files.printable import printable

_OWN = "podia.reporting"


@lru_cache(maxsize=4)
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, _OWN))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["part"] = partial(_part, package)
    environment.filters["json_in_html"] = json_in_html
    return environment


def write_page(template: str, path: Path, *, package: str = _OWN, **content: Any) -> Path:
    """Write a page atomically: a reader sees the old one or the new one, never half of one.

    Parameters
    ----------
    template
        Name of a file in ``templates``.
    path
        Where the page goes.
    package
        Whose ``templates`` hold the template, beside those of this package: their pieces and style are shared.
    content
        What the template asks for; anything it asks for and does not get is an error.
    """
    # In pieces: a page with its pictures is large, and joined it would stand in memory several times over.
    pieces = _environment(package).get_template(template).generate(**content)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as page:
        page.writelines(map(printable, pieces))
    return path


def _part(package: str, name: str) -> Markup:
    """Return a style sheet or script of `package`, or else of this one, as it is."""
    found = files(package) / "templates" / name
    part = found if found.is_file() else files(_OWN) / "templates" / name
    return Markup(part.read_text(encoding="utf-8"))


def json_in_html(value: Any) -> Markup:
    """Return `value` as JSON that no ``</script>`` inside a text can end early."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    # These three characters mean the same in JSON when escaped, and nothing to HTML.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
