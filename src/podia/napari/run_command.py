"""What the segmentation widget asks for, as arguments of podia and as the command that does the same."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from podia.data.errors import InvalidInputError

Method = Literal["network", "egt", "phantast"]
Model = Literal["podia-any", "podia-phase"]


@dataclass(frozen=True)
class Analysis:
    """One analysis as the widget describes it.

    Parameters
    ----------
    pixel_size_um, frame_interval_s
        None: as the file says.
    cell_diameter
        A length such as ``30px`` or ``20um``; empty: estimated. Only for the network podia-any.
    """

    method: Method = "network"
    model: Model = "podia-any"
    cell_diameter: str = ""
    pixel_size_um: float | None = None
    frame_interval_s: float | None = None

    def segmentation(self) -> dict[str, Any]:
        """Return the arguments of :func:`podia.segment`."""
        if self.method != "network":
            return {"method": self.method}
        if not self._diameter:
            return {"model": self.model}
        settings = {
            "segmentation.network.model": self.model,
            "segmentation.network.cell_diameter": self._diameter,
        }
        return {"settings": settings}

    def run(self) -> dict[str, Any]:
        """Return the arguments of :func:`podia.run` after movie and folder."""
        given = {"pixel_size_um": self.pixel_size_um, "frame_interval_s": self.frame_interval_s}
        return self.segmentation() | {name: value for name, value in given.items() if value is not None}

    def command(self, movie: str, output: str) -> str:
        """Return the command that analyses `movie` into a folder of `output`, named after the movie."""
        words = ["podia", "run", movie, "-o", output]
        if self.method != "network":
            words += ["--method", self.method]
        else:
            words += ["--model", self.model]
        if self._diameter:
            words += ["--cell-diameter", self._diameter]
        if self.pixel_size_um is not None:
            words += ["--pixel-size-um", repr(self.pixel_size_um)]
        if self.frame_interval_s is not None:
            words += ["--frame-interval-s", repr(self.frame_interval_s)]
        return shlex.join(words)

    @property
    def _diameter(self) -> str:
        uses_it = self.method == "network" and self.model == "podia-any"
        return self.cell_diameter.strip() if uses_it else ""


def number_of(text: str, what: str) -> float | None:
    """Return the positive number that was typed; None for an empty text.

    Raises
    ------
    InvalidInputError
        If it is something else; `what` names it.
    """
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise InvalidInputError(
            f"{what} is '{text}'. Write a positive number, or leave it empty if it is unknown."
        )
    return number


def default_output(movie: str) -> str:
    """Return the folder for results beside a movie; none where the movie is not a file."""
    return str(Path(movie).parent / "podia-results") if movie else ""
