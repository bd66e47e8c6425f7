import numpy as np
import pytest

from podia.data.errors import InvalidInputError
from podia.evaluation.bootstrap import bootstrap_cells, compare_paired


def test_an_interval_over_cells_has_the_width_of_the_standard_error() -> None:
    values = np.random.default_rng(0).normal(0.8, 0.1, 400)
    interval = bootstrap_cells(values, np.random.default_rng(1))
    # 2 x 1.96 standard errors of 0.1 / sqrt(400), within the noise of 2000 samples.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.1 / 20, rel=0.15)
    assert interval.low < interval.mean < interval.high


def test_a_constant_difference_in_five_pairs_has_the_exact_p_of_two_in_32() -> None:
    comparison = compare_paired(np.full(5, 0.9), np.full(5, 0.8), np.random.default_rng(0))
    assert comparison.p_value == pytest.approx(2 / 32)
    assert comparison.difference.mean == pytest.approx(0.1)


def test_a_random_p_value_agrees_with_the_t_test_for_many_pairs() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(3)
    one = rng.normal(0, 1, 60)
    other = one + rng.normal(0.25, 1, 60)
    p = compare_paired(one, other, np.random.default_rng(0)).p_value
    assert p == pytest.approx(ttest_rel(one, other).pvalue, abs=0.02)


def test_equal_results_do_not_differ() -> None:
    comparison = compare_paired(np.ones(30), np.ones(30), np.random.default_rng(0))
    assert (comparison.p_value, comparison.difference.mean) == (1.0, 0.0)


def test_without_values_there_is_no_interval() -> None:
    assert np.isnan(bootstrap_cells(np.array([]), np.random.default_rng(0)).mean)


def test_unpaired_scores_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="same units"):
        compare_paired(np.ones(3), np.ones(4), np.random.default_rng(0))


@pytest.mark.parametrize("n", [2, 3, 6, 11])
@pytest.mark.parametrize("decimals", [1, 8], ids=["with ties", "without ties"])
def test_exact_p_values_are_those_of_scipys_permutation_test(n: int, decimals: int) -> None:
    from scipy.stats import permutation_test

    difference = np.random.default_rng(n).normal(0.4, 1, n).round(decimals)
    difference = difference[difference != 0]
    expected = permutation_test((difference,), np.mean, permutation_type="samples", n_resamples=2**n)
    found = compare_paired(difference, np.zeros(len(difference)), np.random.default_rng(0), n_samples=10)
    assert found.p_value == pytest.approx(expected.pvalue)
