"""Track ids and other words, rendered once and pasted often."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from podia.reporting.colours import RGB

_MAX_KEPT = 4000


@dataclass(frozen=True)
class _Sprite:
    """The letters, and the letters with their dark rim, as masks of one size."""

    letters: Picture.Image
    rim: Picture.Image


class LabelSprites:
    """Words in the font that Pillow brings along, so that films are the same on every machine.

    Parameters
    ----------
    height_px
        Size of the font.
    """

    def __init__(self, height_px: int) -> None:
        self._font = ImageFont.load_default(height_px)
        self._rim = max(1, round(height_px / 10))
        self._ready: dict[str, _Sprite] = {}

    def size(self, words: str) -> tuple[int, int]:
        """Return width and height of `words` with their rim, in px."""
        return self._sprite(words).letters.size

    def put(self, picture: Picture.Image, words: str, centre: tuple[float, float], colour: RGB) -> None:
        """Draw `words` into `picture` around `centre` ``(x, y)``, moved inside where they would stick out."""
        sprite = self._sprite(words)
        corner = tuple(
            min(max(0, round(middle - length / 2)), max(0, whole - length))
            for middle, length, whole in zip(centre, sprite.letters.size, picture.size, strict=True)
        )
        left, top = corner
        picture.paste((0, 0, 0), (left, top), sprite.rim)
        picture.paste(colour, (left, top), sprite.letters)

    def _sprite(self, words: str) -> _Sprite:
        if words not in self._ready:
            # Ids and times of a long movie are many: rather draw some again than keep them all.
            if len(self._ready) >= _MAX_KEPT:
                self._ready.clear()
            self._ready[words] = self._draw(words)
        return self._ready[words]

    def _draw(self, words: str) -> _Sprite:
        # Pillow's font has no µ: draw a u, and the stroke that it lacks.
        strokes = [self._stroke(words[:place]) for place, letter in enumerate(words) if letter == "µ"]
        words = words.replace("µ", "u")
        left, top, right, bottom = self._font.getbbox(words, stroke_width=self._rim)
        bottom = max([bottom, *(stroke[3] + self._rim for stroke in strokes)])
        size = (round(right - left), math.ceil(bottom - top))
        masks = []
        for rim in (0, self._rim):
            mask = Picture.new("L", size)
            draw = ImageDraw.Draw(mask)
            draw.text((-left, -top), words, fill=255, font=self._font, stroke_width=rim)
            for x0, y0, x1, y1 in strokes:
                box = (x0 - rim - left, y0 - rim - top, x1 + rim - left, y1 + rim - top)
                draw.rectangle(box, fill=255)
            masks.append(mask)
        return _Sprite(*masks)

    def _stroke(self, before: str) -> tuple[float, float, float, float]:
        """Return the left stroke of a µ that follows `before`, from the line of the letters downwards, in px."""
        start = self._font.getlength(before.replace("µ", "u"))
        left, top, _, bottom = self._font.getbbox("u")
        x = round(start + left)
        return x, top + 1, x + max(1, round(self._rim * 0.9)), bottom + round((bottom - top) * 0.35)
