"""Training history, one row per step: CSV, and TensorBoard if it is installed."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path
from typing import Any

COLUMNS = (
    "step",
    "stage",
    "loss",
    "learning_rate",
    "SEG",
    "Jaccard",
    "F",
    "tip_F",
    "seconds",
    "seconds_waited",
)
"""Columns of ``history.csv``. Scores are empty between validations, and ``nan`` if a validation had nothing to score;
seconds, and those spent waiting for data, count from the start, over stages and resumed calls.
"""


class History:
    """Writer of ``history.csv``; when training resumes, rows after the checkpoint are dropped first."""

    def __init__(self, folder: Path, *, from_step: int) -> None:
        self.path = folder / "history.csv"
        kept = [row for row in read_history(self.path) if int(row["step"]) <= from_step]
        folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(kept)
        self._board = _board(folder, from_step)

    def add(self, **values: Any) -> None:
        """Append one row; the keys are :data:`COLUMNS`."""
        row = {name: _as_text(values[name]) for name in COLUMNS if values.get(name) is not None}
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, COLUMNS).writerow(row)
        if self._board is not None:
            for name, value in values.items():
                if name not in ("step", "stage") and value is not None:
                    self._board.add_scalar(name, value, values["step"])

    def close(self) -> None:
        """Flush the TensorBoard writer."""
        if self._board is not None:
            self._board.close()


def read_history(path: Path) -> list[dict[str, str]]:
    """Return the rows of a ``history.csv``; none if the file is missing."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _board(folder: Path, from_step: int) -> Any:
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"), purge_step=from_step + 1)


def _as_text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
