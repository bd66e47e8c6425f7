"""Draws the picture in the README: a simulated movie, run with podia's defaults, one frame of its film.

python examples/readme_picture.py docs/images/overlay.jpg
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import av

import podia
from podia.simulation.config import SimulationConfig
from podia.simulation.write import write_simulation

FRAME = 8


def main() -> None:
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        scene = SimulationConfig(n_frames=12, size_px=512, n_cells=14, seed=5, fibres=0, debris_per_mm2=0)
        write_simulation(podia.simulate(scene), folder / "simulated")
        results = podia.run(folder / "simulated" / "movie.tif", folder / "results")
        with av.open(str(results / "overlay.mp4")) as film:
            frames = [frame.to_image() for frame in film.decode(video=0)]
    frames[FRAME].crop((0, 0, 1024, 700)).save(target, quality=85)


if __name__ == "__main__":
    main()
