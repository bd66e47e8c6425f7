"""Pairs of truth and result, and the folders of their pages."""

from pathlib import Path

import pytest

from podia.data.errors import InvalidInputError, OutputError
from podia.evaluation.many import Pair, page_folders, pair_up

A, B, C, D = map(Path, "abcd")


def test_a_single_path_is_a_result_without_truth() -> None:
    assert pair_up([A]) == (Pair(None, A),)


def test_paths_are_pairs_of_truth_and_result() -> None:
    assert pair_up([A, B, C, D]) == (Pair(A, B), Pair(C, D))
    assert pair_up([A, B, C, D], [B, A]) == (Pair(A, B, B), Pair(C, D, A))


def test_an_odd_path_and_a_missing_second_result_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="3 paths are not pairs"):
        pair_up([A, B, C])
    with pytest.raises(InvalidInputError, match="1 given for 2 pairs"):
        pair_up([A, B, C, D], [A])


def test_several_movies_have_a_page_each(tmp_path: Path) -> None:
    assert page_folders(tmp_path, 1) == (tmp_path,)
    assert page_folders(tmp_path, 2) == (tmp_path / "01", tmp_path / "02")
    (tmp_path / ".podia").mkdir()
    with pytest.raises(OutputError, match="is an analysis folder"):
        page_folders(tmp_path, 1)
