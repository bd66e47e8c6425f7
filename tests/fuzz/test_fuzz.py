"""A minute of mutated files through every reader; hours of it by hand with ``fuzz.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_formats import FORMATS
from fuzz_mutation import mutate

from fuzz import findings, kept_seeds

_COUNT = 60
"""The first mutations of each format; among them are those in which faults were found when the harness was made."""


@pytest.mark.parametrize("name", FORMATS)
def test_no_mutated_file_breaks_a_reader(name: str) -> None:
    count = 10 if name == "safetensors" else _COUNT  # each builds the network that the file is for
    assert list(findings(name, 0, count)) == []


@pytest.mark.parametrize(("name", "seed"), kept_seeds())
def test_what_was_found_once_stays_mended(name: str, seed: int) -> None:
    assert list(findings(name, seed, 1)) == []


def test_a_seed_gives_the_same_mutation_and_another_one_another() -> None:
    data = bytes(range(200))
    first, again, other = (mutate(data, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != data
    assert first != other
