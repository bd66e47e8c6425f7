"""Draws the pictures of the site from simulated movies: python docs/pictures.py [name ...]

Names are those of PICTURES below; without a name, all are drawn (about ten minutes on two cores). A picture of a how-to
guide comes out of the commands of its page. Screenshots need chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
from PIL import Image, ImageOps

import podia
from podia.simulation.config import SimulationConfig

sys.path.insert(0, str(Path(__file__).parent))

from page_commands import run_command, run_page

IMAGES = Path(__file__).parent / "images"
HOWTO = IMAGES / "howto"
_JPEG = {"quality": 82, "optimize": True}


def speed(folder: Path) -> None:
    run_page("howto/speed.md", folder)
    shutil.copy(folder / "comparison" / "figures" / "mean_speed.svg", HOWTO / "speed.svg")


def growth(folder: Path) -> None:
    run_page("howto/growth.md", folder)
    shutil.copy(folder / "results" / "growth" / "figures" / "growth.svg", HOWTO / "growth.svg")


def wound(folder: Path) -> None:
    run_page("howto/wound.md", folder)
    shutil.copy(folder / "results" / "wound" / "figures" / "wound_area.svg", HOWTO / "wound.svg")


def protrusions(folder: Path) -> None:
    run_page("howto/protrusions.md", folder)
    figures = folder / "comparison" / "figures"
    shutil.copy(figures / "protrusions_of_a_cell.svg", HOWTO / "protrusions.svg")
    film_frame(folder / "experiment" / "results" / "drug_1" / "overlay.mp4", 4).save(
        HOWTO / "protrusion_tips.jpg", **_JPEG
    )


def doses(folder: Path) -> None:
    run_page("howto/ec50.md", folder)
    shutil.copy(folder / "comparison" / "figures" / "mean_speed_drug.svg", HOWTO / "ec50.svg")


def plate(folder: Path) -> None:
    """Draw the summary of the plate of the benchmark ``plate_of_wells``: the top of the page is cut off."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.experiment.plate_of_wells import write

    write(folder)
    arguments = f"run {folder}/images --plate-map {folder}/plate.csv -o {folder}/results --method egt"
    run_command([*arguments.split(), "--frame-interval-s", "1800", "--pixel-size-um", "2"])
    screenshot(folder / "results" / "summary.html", HOWTO / "plate.png", (1100, 900), box=(0, 190, 760, 890))


def correction(folder: Path) -> None:
    """Draw the film before and after the correction, side by side."""
    page = "howto/correct.md"
    run_page(page, folder, leave_out=("correct", "apply", "train"), until="suspects")
    film = folder / "results" / "movie" / "overlay.mp4"
    before = film_frame(film, 4)
    podia.correct(folder / "results" / "movie", "delete", [1])
    after = film_frame(film, 4)
    beside([before, after]).resize((900, 446)).save(HOWTO / "correct.jpg", **_JPEG)


def modalities(_: Path) -> None:
    """Draw the same cells in each microscopy."""
    names = ("phase", "negative-phase", "dic", "brightfield", "oblique")
    frames = []
    for name in names:
        config = SimulationConfig.parse(
            {"n_frames": 1, "size_px": 240, "n_cells": 4, "seed": 5, "modality": name, "debris_per_mm2": 0.0}
        )
        frames.append(
            ImageOps.autocontrast(Image.fromarray(podia.simulate(config).movie.frame(0)), cutoff=0.2)
        )
    beside(frames, gap=6).save(IMAGES / "gallery_modalities.jpg", **_JPEG)


def concepts(folder: Path) -> None:
    """Draw masks and a kymograph of a run with podia's defaults, and the parts of a protrusion."""
    config = SimulationConfig.parse(
        {"n_frames": 12, "size_px": 384, "n_cells": 6, "seed": 3, "fibres": 0.0, "debris_per_mm2": 0.0}
    )
    movie = podia.simulate(config).movie
    podia.run(movie_file(movie, folder), folder / "results")
    film = film_frame(folder / "results" / "overlay.mp4", 8)
    raw = Image.fromarray(movie.frame(8)).resize(film.size, Image.Resampling.BICUBIC)
    beside([raw, film]).resize((1200, 596)).save(IMAGES / "concept_masks.jpg", **_JPEG)
    figures = podia.write_figures(folder / "results", folder / "figures", formats=["svg"], width_mm=120)
    kymograph = next(path for path in figures if path.name.startswith("kymograph") and path.suffix == ".svg")
    shutil.copy(kymograph, IMAGES / "concept_kymograph.svg")


def movie_file(movie: podia.Movie, folder: Path) -> Path:
    from podia.io.tiff.write_movie import write_movie_tiff

    write_movie_tiff(movie, folder / "movie.tif")
    return folder / "movie.tif"


def film_frame(film: Path, index: int) -> Image.Image:
    """Return a frame of a film."""
    with av.open(str(film)) as opened:
        return [frame.to_image() for frame in opened.decode(video=0)][index]


def beside(pictures: list[Image.Image], gap: int = 8) -> Image.Image:
    """Return pictures of one height side by side on white."""
    width = sum(picture.width for picture in pictures) + gap * (len(pictures) - 1)
    joined = Image.new("RGB", (width, pictures[0].height), (255, 255, 255))
    place = 0
    for picture in pictures:
        joined.paste(picture.convert("RGB"), (place, 0))
        place += picture.width + gap
    return joined


def screenshot(
    page: Path, target: Path, size: tuple[int, int], *, box: tuple[int, int, int, int] | None = None
) -> None:
    """Save a picture of the top of a page, or of a box of it, with few colours so that it stays small."""
    with tempfile.TemporaryDirectory() as text:
        taken = Path(text) / "page.png"
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"),
                *("--virtual-time-budget=4000", f"--window-size={size[0]},{size[1]}"),
                *(f"--screenshot={taken}", page.resolve().as_uri()),
            ],
            check=True,
            capture_output=True,
        )
        Image.open(taken).convert("RGB").crop(box or (0, 0, *size)).quantize(128).save(target, optimize=True)


PICTURES: dict[str, Callable[[Path], None]] = {
    "speed": speed,
    "growth": growth,
    "wound": wound,
    "protrusions": protrusions,
    "doses": doses,
    "plate": plate,
    "correction": correction,
    "modalities": modalities,
    "concepts": concepts,
}


def main() -> None:
    """Draw the pictures named on the command line, or all."""
    HOWTO.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        with tempfile.TemporaryDirectory() as text:
            PICTURES[name](Path(text))
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
