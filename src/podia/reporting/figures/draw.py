"""Draw a plot of a page with matplotlib."""

from __future__ import annotations

import base64
import io
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

import numpy as np

from podia.reporting.figures.style import Element, Properties, style_of

_POINTS_PER_MM = 72 / 25.4
_DEFAULT_TEXT = 11.0
_DEFAULT_COLOUR = "#000000"


def draw_plot(svg: str, width_mm: float) -> Any:
    """Return a matplotlib figure with the lines, areas, texts and pictures of an ``svg`` element of podia.

    Parameters
    ----------
    svg
        As podia writes it: lines, circles, rectangles, texts, pictures, and paths of the commands M, L, H, V, A, Z and
        their relative forms.
    width_mm
        Width of the figure; all sizes follow, texts included.
    """
    from matplotlib.figure import Figure

    root = ElementTree.fromstring(re.sub(r"<svg ", '<svg xmlns:xlink="x" ', svg, count=1))
    _, _, width, height = (float(word) for word in root.attrib["viewBox"].split())
    inches = width_mm / 25.4
    figure = Figure(figsize=(inches, inches * height / width))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    _Drawing(axes, width_mm * _POINTS_PER_MM / width).draw(root, ())
    return figure


class _Drawing:
    """Draws elements onto axes in the units of the SVG; `scale` is that of a unit in points."""

    def __init__(self, axes: Any, scale: float) -> None:
        self._axes, self._scale, self._order = axes, scale, 1.0

    def draw(self, element: ElementTree.Element, ancestors: tuple[Element, ...]) -> None:
        tag, text = element.tag, element.attrib.get("class", "")
        path = (*ancestors, Element(tag, frozenset(text.split()), text))
        style = style_of(path, element.attrib)
        self._order += 1
        number = {name: float(v) for name, v in element.attrib.items() if re.fullmatch(r"-?[\d.]+", v)}
        if tag == "text":
            self._text(element, number, style)
        elif tag == "image":
            self._picture(element, number)
        elif tag in ("line", "circle", "rect", "path"):
            self._patch(_outline(tag, number, element.attrib), style, closed=tag != "line")
        for child in element:
            if child.tag != "title":
                self.draw(child, path)

    def _patch(self, outline: Any, style: Properties, *, closed: bool) -> None:
        from matplotlib.patches import PathPatch

        width = _number(style, "stroke-width", 1.0)
        alpha = _number(style, "opacity", 1.0)
        fill = style.get("fill", _DEFAULT_COLOUR if closed else "none")
        stroke = style.get("stroke", "none")
        dashes = [float(word) / max(width, 0.1) for word in style.get("stroke-dasharray", "").split()]
        # A half transparent fill keeps its outline as it is.
        face: Any = "none" if fill == "none" else _rgba(fill, alpha * _number(style, "fill-opacity", 1.0))
        edge: Any = "none" if stroke == "none" else _rgba(stroke, alpha)
        self._axes.add_patch(
            PathPatch(
                outline,
                facecolor=face,
                edgecolor=edge,
                linewidth=width * self._scale if stroke != "none" else 0,
                linestyle=(0, dashes) if dashes else "solid",
                capstyle="butt" if dashes else "round",
                joinstyle="round",
                zorder=self._order,
            )
        )

    def _text(self, element: ElementTree.Element, number: Mapping[str, float], style: Properties) -> None:
        from matplotlib.patheffects import withStroke

        size = float(style.get("font-size", f"{_DEFAULT_TEXT}px").removesuffix("px"))
        drawn = self._axes.text(
            number.get("x", 0.0),
            number.get("y", 0.0),
            "".join(element.itertext()).replace("$", r"\$"),
            fontsize=size * self._scale,
            color=style.get("fill", _DEFAULT_COLOUR),
            ha={"middle": "center", "end": "right"}.get(element.attrib.get("text-anchor", ""), "left"),
            va="baseline",
            fontweight="bold" if int(_number(style, "font-weight", 400)) >= 600 else "normal",
            zorder=self._order,
        )
        if style.get("paint-order") == "stroke" and style.get("stroke", "none") != "none":
            width = _number(style, "stroke-width", 3.0) * self._scale
            drawn.set_path_effects([withStroke(linewidth=width, foreground=style["stroke"])])

    def _picture(self, element: ElementTree.Element, number: Mapping[str, float]) -> None:
        from PIL import Image

        content = base64.b64decode(element.attrib["href"].partition(",")[2])
        picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
        left, top = number["x"], number["y"]
        extent = (left, left + number["width"], top + number["height"], top)
        self._axes.imshow(picture, extent=extent, interpolation="nearest", aspect="auto", zorder=self._order)


def _outline(tag: str, number: Mapping[str, float], attributes: Mapping[str, str]) -> Any:
    from matplotlib.path import Path as Outline

    if tag == "circle":
        return Outline.circle((number["cx"], number["cy"]), number["r"])
    if tag == "line":
        return Outline([(number["x1"], number["y1"]), (number["x2"], number["y2"])])
    if tag == "rect":
        x, y, width, height = (number.get(name, 0.0) for name in ("x", "y", "width", "height"))
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        return Outline(corners, closed=True)
    return _path(attributes["d"])


def _path(commands: str) -> Any:
    """Return the outline that the commands of a path describe; arcs are of circles."""
    from matplotlib.path import Path as Outline

    points: list[tuple[float, float]] = []
    codes: list[int] = []
    x = y = 0.0
    start = (0.0, 0.0)
    for command, text in re.findall(r"([MLHVAZmlhvz])([^A-Za-z]*)", commands):
        numbers = [float(word) for word in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", text)]
        relative = command.islower()
        kind = command.upper()
        if kind == "Z":
            points.append(start)
            codes.append(int(Outline.CLOSEPOLY))
            x, y = start
            continue
        if kind == "A":
            arc = _arc((x, y), (numbers[5], numbers[6]), numbers[0], sweeps=numbers[4] > 0)
            points += arc
            codes += [int(Outline.LINETO)] * len(arc)
            x, y = arc[-1]
            continue
        size = 1 if kind in "HV" else 2
        for place in range(0, len(numbers), size):
            step = numbers[place : place + size]
            if kind in "ML":
                x, y = (x + step[0], y + step[1]) if relative else (step[0], step[1])
            elif kind == "H":
                x = x + step[0] if relative else step[0]
            else:
                y = y + step[0] if relative else step[0]
            moves = kind == "M" and place == 0
            start = (x, y) if moves else start
            points.append((x, y))
            codes.append(int(Outline.MOVETO if moves else Outline.LINETO))
    return Outline(points, codes)


def _arc(
    start: tuple[float, float], end: tuple[float, float], radius: float, *, sweeps: bool
) -> list[tuple[float, float]]:
    """Return points on the smaller arc of a circle from `start` to `end`; `sweeps` in the direction of y to x."""
    (x0, y0), (x1, y1) = start, end
    half = math.hypot(x1 - x0, y1 - y0) / 2
    if half == 0 or radius == 0:
        return [end]
    away = math.sqrt(max(radius**2 - half**2, 0.0)) / (2 * half)
    side = 1.0 if sweeps else -1.0
    cx, cy = (x0 + x1) / 2 - side * (y1 - y0) * away, (y0 + y1) / 2 + side * (x1 - x0) * away
    first, last = math.atan2(y0 - cy, x0 - cx), math.atan2(y1 - cy, x1 - cx)
    turn = (last - first + math.pi) % (2 * math.pi) - math.pi
    reach = max(radius, half)
    return [
        (cx + reach * math.cos(first + turn * t), cy + reach * math.sin(first + turn * t))
        for t in np.linspace(0, 1, 17)[1:]
    ]


def _number(style: Properties, name: str, default: float) -> float:
    return float(style[name].removesuffix("px")) if name in style else default


def _rgba(colour: str, alpha: float) -> Any:
    from matplotlib.colors import to_rgba

    found = re.fullmatch(r"rgba?\(([^)]*)\)", colour)
    if found:
        parts = [float(word.strip(" %")) for word in re.split(r"[,/ ]+", found[1].strip())]
        own = parts[3] if len(parts) > 3 else 1.0
        return (parts[0] / 255, parts[1] / 255, parts[2] / 255, own * alpha)
    red, green, blue, own = to_rgba(colour)
    return red, green, blue, own * alpha
