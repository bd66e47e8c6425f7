"""Edges that were matched before are recalled bit for bit; only those of corrected cells are matched again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.matching import Outline, match_outlines
from podia.pipeline import known_paths
from podia.pipeline.known_paths import KnownPaths

CONFIG = EdgeConfig()


def wavy(radius: float, waves: int, turn: float = 0.0) -> Outline:
    """A closed line with bumps, running the same way around."""
    angle = np.arange(0, 2 * np.pi, 0.8 / radius)
    ray = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return Outline(ray * (radius + 2 * np.sin(waves * angle + turn))[:, None], ray)


def test_paths_are_recalled_and_only_new_ones_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [wavy(12, 3), wavy(20, 4), wavy(9, 2), wavy(12, 3)]
    after = [wavy(13, 3, 0.4), wavy(19, 5), wavy(9, 2, 1.0), wavy(13, 3, 0.4)]  # the last pair is the first
    expected = match_outlines(before, after, CONFIG)
    asked: list[int] = []

    def counted(one: list[Outline], other: list[Outline], config: EdgeConfig) -> list[np.ndarray]:
        asked.append(len(one))
        return match_outlines(one, other, config)

    monkeypatch.setattr(known_paths, "match_outlines", counted)
    known = KnownPaths(tmp_path / "edges")
    for _ in range(2):
        for path, wanted in zip(known(7, before, after, CONFIG), expected, strict=True):
            np.testing.assert_array_equal(path, wanted)
    assert asked == [4]
    after[1] = wavy(21, 4)
    changed = known(7, before, after, CONFIG)
    np.testing.assert_array_equal(changed[1], match_outlines(before[1:2], after[1:2], CONFIG)[0])
    np.testing.assert_array_equal(changed[2], expected[2])
    assert asked == [4, 1]
    known(7, before, after, CONFIG.model_copy(update={"stiffness": 2 * CONFIG.stiffness}))
    known(8, before[:1], after[:1], CONFIG)
    assert asked == [4, 1, 4, 1]
