"""Safe XML parsing, without entities, which hostile files use to exhaust memory or to read files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from podia.data.errors import MovieReadError

_PROLOGUE_BYTES = 1 << 16


def parse_xml(text: str) -> ElementTree.Element | None:
    """Return the root of an XML document; None if it is not well-formed or declares entities."""
    if declares_entities(text):
        return None
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def declares_entities(text: str) -> bool:
    """Return whether a document has a document type declaration, as no microscopy format does."""
    return "<!DOCTYPE" in text or "<!ENTITY" in text


def require_no_entities(path: Path) -> None:
    """Reject an XML file that declares entities; only its start is read, where declarations must be.

    Raises
    ------
    MovieReadError
        If it has a document type declaration.
    """
    with path.open("rb") as stream:
        head = stream.read(_PROLOGUE_BYTES).replace(b"\0", b"")  # UTF-16 has zeros between letters
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise MovieReadError(
            f"'{path}' declares XML entities, which tracking programs do not write. podia does not read "
            "such files."
        )
