"""constraints-minimum.txt has the oldest release that each lower bound of pyproject.toml allows."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_minimum_versions_are_the_lower_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ("train", "figures", "openvino")
    texts = [*project["dependencies"], *(d for e in extras for d in project["optional-dependencies"][e])]
    bounds = dict(re.match(r"([\w.-]+)>=([\d.]+)", text).groups() for text in texts)  # type: ignore[union-attr]
    lines = (ROOT / "constraints-minimum.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert set(pinned) == set(bounds)
    # A release may have more digits than the bound: 2025.3.30 is the first of 2025.3.
    assert all(f"{pinned[name]}.".startswith(f"{bound}.") for name, bound in bounds.items())
