"""Edges that were followed before are recalled bit for bit; only those that a correction changed are followed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage
from podia.measurement.edge import following
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.following import EdgeFollower
from podia.measurement.edge.matching import Outline, match_outlines
from podia.measurement.edge.outlines import Outlines, find_outlines
from podia.measurement.regions import find_regions
from podia.pipeline.known_edges import KnownEdges

CONFIG = EdgeConfig(n_positions=32)
N_FRAMES, N_CELLS = 6, 3
DRIFT = Drift.from_shifts(np.array([[0.1 * frame, -0.2 * frame] for frame in range(N_FRAMES)]))


def _frames(changed: tuple[int, int] | None = None) -> list[LabelImage]:
    """Discs that grow and move, one below the other; the disc ``(frame, label)`` of `changed` is larger."""
    y, x = np.mgrid[:90, :50]
    frames = []
    for frame in range(N_FRAMES):
        image = np.zeros(y.shape, np.int32)
        for label in range(1, N_CELLS + 1):
            radius = 7 + 0.4 * label * frame + 2.5 * (changed == (frame, label))
            image[(y - 28 * label + 13) ** 2 + (x - 20 - label - frame) ** 2 < radius**2] = label
        frames.append(image)
    return frames


def _outlines(frames: list[LabelImage]) -> list[Outlines]:
    return [
        find_outlines(find_regions(image), np.arange(image.size).reshape(image.shape) % 97, CONFIG, 3.0)
        for image in frames
    ]


def _lineage(track_of: dict[tuple[int, int], int]) -> Lineage:
    rows = [(frame, label, track, 0.0, 0.0) for (frame, label), track in sorted(track_of.items())]
    return Lineage(pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"]))


def _followed(outlines: list[Outlines], lineage: Lineage, memory: KnownEdges | None) -> EdgeFollower:
    edges = EdgeFollower(lineage, DRIFT, CONFIG, memory=memory)
    for frame, found in enumerate(outlines):
        edges.add(frame, found)
    return edges


def _same(one: EdgeFollower, other: EdgeFollower) -> None:
    pd.testing.assert_frame_equal(one.edges(), other.edges(), check_exact=True)
    for name, values in one.kymographs().arrays.items():
        np.testing.assert_array_equal(values, other.kymographs().arrays[name], err_msg=name)


PLAIN = {(frame, label): label for frame in range(N_FRAMES) for label in range(1, N_CELLS + 1)}


@given(
    cut=st.tuples(st.integers(1, N_FRAMES - 1), st.integers(1, N_CELLS)),
    swapped=st.integers(1, N_FRAMES - 1),
    missing=st.tuples(st.integers(0, N_FRAMES - 1), st.integers(1, N_CELLS)),
    changed=st.tuples(st.integers(0, N_FRAMES - 1), st.integers(1, N_CELLS)),
)
@settings(max_examples=4, deadline=None)
def test_after_any_correction_edges_are_those_of_a_movie_that_was_followed_anew(
    tmp_path_factory: pytest.TempPathFactory,
    cut: tuple[int, int],
    swapped: int,
    missing: tuple[int, int],
    changed: tuple[int, int],
) -> None:
    memory = KnownEdges(tmp_path_factory.mktemp("edges"))
    plain, larger = _outlines(_frames()), _outlines(_frames(changed))
    _followed(plain, _lineage(PLAIN), memory)
    corrected = [
        PLAIN | {(frame, cut[1]): 99 for frame in range(cut[0], N_FRAMES)},
        PLAIN
        | {(frame, 1): 2 for frame in range(swapped, N_FRAMES)}
        | {(frame, 2): 1 for frame in range(swapped, N_FRAMES)},
        {cell: track for cell, track in PLAIN.items() if cell != missing},
        PLAIN,
    ]
    for track_of in corrected:
        for outlines in (plain, larger):
            lineage = _lineage(track_of)
            _same(_followed(outlines, lineage, memory), _followed(outlines, lineage, None))


def test_only_what_a_correction_changed_is_followed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matched: list[int] = []

    def counted(before: list[Outline], after: list[Outline], config: EdgeConfig) -> list[np.ndarray]:
        matched.append(len(before))
        return match_outlines(before, after, config)

    monkeypatch.setattr(following, "match_outlines", counted)
    memory, outlines = KnownEdges(tmp_path / "edges"), _outlines(_frames())
    _followed(outlines, _lineage(PLAIN), memory)
    assert matched == [N_CELLS] * (N_FRAMES - 1)
    matched.clear()
    _followed(outlines, _lineage(PLAIN), memory)
    assert matched == []
    # A track that is cut in frame 3 begins anew there, and the steps after that are new.
    cut = _lineage(PLAIN | {(frame, 1): 99 for frame in range(3, N_FRAMES)})
    _followed(outlines, cut, memory)
    assert matched == [1] * (N_FRAMES - 4)
    matched.clear()
    # A cell that is another one in frame 4 changes the steps into it and after it.
    _followed(_outlines(_frames((4, 2))), cut, memory)
    assert matched == [1] * (N_FRAMES - 4)
    matched.clear()
    other = EdgeFollower(
        cut, DRIFT, CONFIG.model_copy(update={"stiffness": 2 * CONFIG.stiffness}), memory=memory
    )
    for frame, found in enumerate(outlines):
        other.add(frame, found)
    assert sum(matched) == N_CELLS * (N_FRAMES - 1) - 1
