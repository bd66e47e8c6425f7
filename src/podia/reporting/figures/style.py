"""Style of the elements of a plot, from the style sheet of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from podia.reporting.standalone import plot_style

Properties = dict[str, str]

_COMPOUND = re.compile(r"([a-z]*)((?:\.[\w-]+)*)(\[class\*=\"([\w-]+)\"\])?")


@dataclass(frozen=True)
class Element:
    """Tag and classes of an element."""

    tag: str
    classes: frozenset[str]
    class_text: str


@dataclass(frozen=True)
class _Rule:
    parts: tuple[tuple[str, frozenset[str], str], ...]
    weight: int
    properties: tuple[tuple[str, str], ...]

    def fits(self, path: Sequence[Element]) -> bool:
        """Return whether the last element of `path` is meant; the others are its ancestors."""
        *ancestors, own = self.parts
        if not _fits(own, path[-1]):
            return False
        rest = list(path[:-1])
        for part in reversed(ancestors):
            while rest and not _fits(part, rest[-1]):
                rest.pop()
            if not rest:
                return False
            rest.pop()
        return True


def style_of(path: Sequence[Element], attributes: Mapping[str, str]) -> Properties:
    """Return the properties of the last element of `path`: attributes, then rules by weight and order."""
    found: Properties = {
        name: value
        for name, value in attributes.items()
        if name in ("fill", "stroke", "stroke-width", "opacity", "fill-opacity", "stroke-dasharray")
    }
    for rule in sorted((one for one in _rules() if one.fits(path)), key=lambda one: one.weight):
        found |= dict(rule.properties)
    return found


@lru_cache(maxsize=1)
def _rules() -> tuple[_Rule, ...]:
    rules = []
    for selectors, body in re.findall(r"(\.plot[^{}]*)\{([^}]*)\}", plot_style()):
        properties = tuple(
            (name.strip(), value.strip()) for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", body)
        )
        for selector in selectors.split(","):
            words = selector.split()[1:]
            if words and ":" not in selector:
                parts = tuple(_compound(word) for word in words)
                weight = sum(10 * (len(classes) + bool(part)) + bool(tag) for tag, classes, part in parts)
                rules.append(_Rule(parts, weight, properties))
    return tuple(rules)


def _compound(word: str) -> tuple[str, frozenset[str], str]:
    found = _COMPOUND.fullmatch(word)
    if found is None:
        return "nothing", frozenset(), ""
    return found[1], frozenset(found[2].split(".")[1:]), found[4] or ""


def _fits(part: tuple[str, frozenset[str], str], element: Element) -> bool:
    tag, classes, piece = part
    return (not tag or tag == element.tag) and classes <= element.classes and piece in element.class_text
