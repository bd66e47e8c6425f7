"""docs/networks.md says what the networks are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from golden_networks import GOLDEN_FILE
from podia.networks.models.registry import ARCHITECTURES
from small_networks import SMALL, build_small

TEXT = (Path(__file__).parents[3] / "docs" / "networks.md").read_text(encoding="utf-8")
FRAME_MEGAPIXELS = 992**2 / 1e6


def test_the_table_has_every_architecture_with_what_it_costs() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (?:[\w ]+) \| ([\d.]+) \| ([\d.]+) \|", TEXT, re.MULTILINE)
    costs = json.loads(GOLDEN_FILE.read_text())["costs"]
    expected = [
        (
            name,
            f"{costs[name]['parameters']['fine_tuning'] / 1e6:.1f}",
            f"{sum(costs[name]['multiply_adds'].values()) * FRAME_MEGAPIXELS / 1e9:.1f}",
        )
        for name in ARCHITECTURES
        if name in costs
    ]
    assert rows == expected


def test_what_a_network_sees_is_as_it_says() -> None:
    said = dict(re.findall(r"^\| `([\w-]+)` \| (5 frames|state|frame) \|", TEXT, re.MULTILINE))
    for situation, (architecture, values) in SMALL.items():
        if "recurrent" not in values:
            network = build_small(situation)
            seen = f"{network.window} frames" if network.window else "state"
            assert said[architecture] == (seen if network.recurrent else "frame")


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", TEXT)
    assert pictures
    assert all((Path(__file__).parents[3] / "docs" / picture).is_file() for picture in pictures)
