"""Sheets of the best, median and worst image of each set, from the overlays that `score_runs.py -o OVERLAYS` wrote.

python -m benchmarks.default_model.best_and_worst OVERLAYS

Truth is green, the result orange. The score is SEG of the image; of the foreground, or of centres, where that is all
that is known.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

EDGE_PX = 640


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("overlays", type=Path)
    folder = parser.parse_args().overlays
    for path in sorted(folder.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        values = np.array([score(row) for row in found["rows"]])
        order = np.argsort(-values, kind="stable")
        chosen = dict.fromkeys((order[0], order[len(order) // 2], order[-1]))
        tiles = [
            _tile(folder / f"{path.stem}-{found['names'][i]}.jpg", f"{found['names'][i]}: {values[i]:.2f}")
            for i in chosen
        ]
        _beside(tiles).save(folder / f"sheet-{path.stem}.png")
        print(path.stem, *(f"{found['names'][i]} {values[i]:.2f}" for i in chosen))


def score(row: dict[str, float]) -> float:
    """Return SEG, the IoU of the foreground, or F1, whichever is known."""
    if "both" in row:
        return row["both"] / max(1, row["either"])
    if "seg" in row:
        return row["seg"] / max(1, row["truth"])
    return 2 * row["matched"] / max(1, row["truth"] + row["found"])


def _tile(path: Path, caption: str) -> Picture.Image:
    picture = Picture.open(path)
    picture.thumbnail((EDGE_PX, EDGE_PX))
    tile = Picture.new("RGB", (EDGE_PX, EDGE_PX + 20), "white")
    tile.paste(picture, (0, 20))
    ImageDraw.Draw(tile).text((4, 4), caption, fill="black")
    return tile


def _beside(tiles: list[Picture.Image]) -> Picture.Image:
    sheet = Picture.new("RGB", (sum(tile.width for tile in tiles), tiles[0].height), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i * EDGE_PX, 0))
    return sheet


if __name__ == "__main__":
    main()
