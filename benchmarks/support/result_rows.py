"""Rows of a benchmark table as lines of JSON in a file; existing rows are not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Row = dict[str, object]


@dataclass(frozen=True)
class ResultRows:
    """Rows in ``FOLDER/results.jsonl``, each told from the others by what it begins with."""

    folder: Path

    def once(self, what: Row, measure: Callable[[], dict[str, float]]) -> None:
        """Print the row that begins with `what`; measure it, and keep it, where it is not there yet."""
        known = next((row for row in self._rows() if row.items() >= what.items()), None)
        if known is None:
            known = {**what, **measure()}
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known) + "\n")
        print(json.dumps(known), flush=True)

    @property
    def _path(self) -> Path:
        return self.folder / "results.jsonl"

    def _rows(self) -> list[Row]:
        if not self._path.is_file():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
