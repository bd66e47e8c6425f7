"""Contact sheet of an annotation folder, with the reason for each image."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from podia.files.atomic import atomic_path
from podia.io.read import read
from podia.reporting.contrast import Contrast
from podia.training.annotation.folder import CONTACT_SHEET, AnnotationFolder, AnnotationRecord, PictureRecord

_COLUMNS = 4
_EDGE_PX = 320
_GAP_PX = 12
_FONT_PX = 14
_LINES = 2
_GROUND, _INK, _FAINT = 255, 20, 95
_EXPLANATION = (
    "different / uncertain: rank among the analysed frames, in per cent. different: from the frames already selected. "
    "uncertain: network probabilities near 0.5, or changes to the next frame."
)


def write_contact_sheet(folder: AnnotationFolder, record: AnnotationRecord) -> None:
    """Write ``contact-sheet.png``, one tile per image, in the order of selection."""
    font = ImageFont.load_default(_FONT_PX)
    caption = _LINES * (_FONT_PX + 4) + 4
    tiles = [_tile(folder, picture) for picture in record.pictures]
    height = max(tile.height for tile in tiles)
    n_rows = math.ceil(len(tiles) / _COLUMNS)
    width = _COLUMNS * (_EDGE_PX + _GAP_PX) + _GAP_PX
    foot = 2 * (_FONT_PX + 4) + _GAP_PX
    sheet = Picture.new("L", (width, n_rows * (height + caption + _GAP_PX) + _GAP_PX + foot), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for number, (picture, tile) in enumerate(zip(record.pictures, tiles, strict=True)):
        row, column = divmod(number, _COLUMNS)
        left = _GAP_PX + column * (_EDGE_PX + _GAP_PX)
        top = _GAP_PX + row * (height + caption + _GAP_PX)
        sheet.paste(tile, (left, top))
        for line, (words, ink) in enumerate(((picture.name, _INK), (picture.why, _FAINT))):
            place = (left, top + height + 4 + line * (_FONT_PX + 4))
            draw.text(place, _fitted(words, font), fill=ink, font=font)
    for line, words in enumerate(_EXPLANATION.split(". ", 1)):
        draw.text((_GAP_PX, sheet.height - foot + line * (_FONT_PX + 4)), words, fill=_FAINT, font=font)
    with atomic_path(folder.path / CONTACT_SHEET) as temporary:
        sheet.save(temporary, "PNG")


def _tile(folder: AnnotationFolder, picture: PictureRecord) -> Picture.Image:
    image = read(folder.image(picture.name)).frame(0)
    grey = Picture.fromarray(Contrast.of_frame(np.asarray(image)).apply(image))
    scale = _EDGE_PX / max(grey.size)
    width, height = (max(1, round(side * scale)) for side in grey.size)
    return grey.resize((width, height), Picture.Resampling.LANCZOS)


def _fitted(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return `words`, shortened in the middle if they are wider than a tile."""
    if font.getlength(words) <= _EDGE_PX:
        return words
    keep = len(words) - 1
    while keep > 2 and font.getlength(_cut(words, keep)) > _EDGE_PX:
        keep -= 1
    return _cut(words, keep)


def _cut(words: str, keep: int) -> str:
    half = keep // 2
    return f"{words[: keep - half]}…{words[len(words) - half :]}"
