"""Which frames are chosen to be annotated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.movie import Movie
from podia.testing.small_movies import as_phase_contrast, crawling_discs
from podia.training.annotation.frame_choice import (
    Candidate,
    Choice,
    FrameChoiceConfig,
    candidate_frames,
    choose_frames,
)
from podia.training.annotation.frame_features import FrameFeatures, Viewer, describe_grey, entropy_of

ALIKE_IN_TIME = FrameChoiceConfig(time_weight=0, uncertainty_weight=0)


def looks_of(*values: float, entropy: list[float] | None = None) -> list[FrameFeatures]:
    sure = entropy or [float("nan")] * len(values)
    return [FrameFeatures(np.array([value]), entropy=e) for value, e in zip(values, sure, strict=True)]


def frames_of(choices: list[Choice]) -> list[int]:
    return [choice.candidate.frame for choice in choices]


def one_movie(n: int) -> list[Candidate]:
    return [Candidate(0, frame) for frame in range(n)]


def test_the_first_frame_is_the_most_typical_and_the_next_ones_are_the_most_unlike() -> None:
    looks = looks_of(30, 5, 6, 7, 6, 6, 0)
    chosen = choose_frames(one_movie(7), looks, 3, [7], ALIKE_IN_TIME)
    # The mean is 8.6: 7 is nearest. 30 is furthest from 7, then 0.
    assert frames_of(chosen) == [3, 0, 6]
    assert chosen[0].why == "most typical frame"
    assert chosen[1].why == "different: 100 %"


def test_of_frames_that_look_alike_those_are_taken_that_lie_apart_in_time() -> None:
    chosen = choose_frames(one_movie(101), looks_of(*[1.0] * 101), 3, [101], FrameChoiceConfig())
    assert sorted(frames_of(chosen)) == [0, 50, 100]


def test_a_frame_that_the_network_is_unsure_of_goes_before_one_as_unlike() -> None:
    looks = looks_of(-9, 2, 2, 0, -2, -2, 9, entropy=[0.1, *[0.2] * 5, 0.9])
    unsure = FrameChoiceConfig(time_weight=0, uncertainty_weight=0.5)
    assert frames_of(choose_frames(one_movie(7), looks, 2, [7], unsure))[1] == 6
    looks = looks_of(-9, 2, 2, 0, -2, -2, 9, entropy=[0.9, *[0.2] * 5, 0.1])
    chosen = choose_frames(one_movie(7), looks, 2, [7], unsure)
    assert frames_of(chosen)[1] == 0
    assert chosen[1].why == "different: 100 %, uncertain: 75 %", "nothing is known of flicker"


def test_every_movie_has_a_frame_before_any_has_two() -> None:
    candidates = [Candidate(movie, frame) for movie in range(3) for frame in range(4)]
    looks = looks_of(*[0, 50, 90, 200], *[1, 1, 1, 1], *[2, 2, 2, 2])
    chosen = choose_frames(candidates, looks, 4, [4, 4, 4], FrameChoiceConfig())
    assert {choice.candidate.movie for choice in chosen[:3]} == {0, 1, 2}


def test_frames_that_were_taken_before_are_not_chosen_again_and_further_ones_are_unlike_them() -> None:
    looks = looks_of(0, 0, 0, 100, 50)
    chosen = choose_frames(one_movie(5), looks, 1, [5], ALIKE_IN_TIME, taken=frozenset({3, 4}))
    assert frames_of(chosen)[0] in {0, 1, 2}


def test_no_more_frames_are_chosen_than_there_are() -> None:
    assert len(choose_frames(one_movie(3), looks_of(1, 2, 3), 12, [3], FrameChoiceConfig())) == 3


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(-50, 50), min_size=2, max_size=30),
    n=st.integers(1, 12),
    scale=st.floats(0.5, 20),
)
def test_the_choice_is_of_distinct_frames_and_does_not_depend_on_the_unit_of_grey_values(
    values: list[float], n: int, scale: float
) -> None:
    values = [round(value, 1) for value in values]
    candidates, lengths = one_movie(len(values)), [len(values)]
    chosen = frames_of(choose_frames(candidates, looks_of(*values), n, lengths, FrameChoiceConfig()))
    assert len(set(chosen)) == len(chosen) == min(n, len(values))
    scaled = looks_of(*(100 + scale * value for value in values))
    assert frames_of(choose_frames(candidates, scaled, n, lengths, FrameChoiceConfig())) == chosen


@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(1, 400), min_size=1, max_size=40), most=st.integers(1, 150))
def test_candidates_lie_in_their_movies_and_leave_none_out_where_there_is_room(
    lengths: list[int], most: int
) -> None:
    found = candidate_frames(lengths, most)
    assert len(set(found)) == len(found)
    assert all(0 <= c.frame < lengths[c.movie] for c in found)
    if len(lengths) <= most:
        assert {c.movie for c in found} == set(range(len(lengths)))
    assert len(found) <= most + len(lengths)


def test_a_flipped_frame_looks_the_same() -> None:
    image = as_phase_contrast(crawling_discs())[0].astype(np.float32)
    assert describe_grey(image[::-1]) == pytest.approx(describe_grey(image), rel=1e-5)
    assert describe_grey(image * 0) == pytest.approx(np.zeros(len(describe_grey(image))))


def test_entropy_is_that_of_a_coin() -> None:
    assert entropy_of(np.full((4, 4), 0.25, np.float32)) == pytest.approx(0.811278, abs=1e-5)
    assert entropy_of(np.zeros((4, 4), np.float32)) == pytest.approx(0, abs=1e-6)


def test_a_network_is_less_sure_of_what_it_has_never_seen(discs_model: object) -> None:
    frames = as_phase_contrast(crawling_discs())
    frames[3] = np.random.default_rng(0).permutation(frames[3].ravel()).reshape(frames[3].shape)
    looks = Viewer(str(discs_model)).look(Movie.from_array(frames), range(6))
    assert all(look.features is not None and np.isfinite(look.features).all() for look in looks)
    assert int(np.argmax([look.entropy for look in looks])) == 3
    # Frame 2 is compared with 3, and 3 with 4; the others with one like them.
    assert sorted(np.argsort([look.flicker for look in looks])[-2:].tolist()) == [2, 3]


def test_a_single_picture_has_no_flicker_and_without_a_network_nothing_is_unsure(discs_model: object) -> None:
    movie = Movie.from_array(as_phase_contrast(crawling_discs())[:1])
    (look,) = Viewer(str(discs_model)).look(movie, [0])
    assert np.isnan(look.flicker)
    assert 0 <= look.entropy <= 1
    (look,) = Viewer(None).look(movie, [0])
    assert look.features is None
    assert np.isnan(look.entropy)


def test_what_a_frame_looks_like_does_not_depend_on_which_others_are_looked_at(discs_model: object) -> None:
    movie = Movie.from_array(as_phase_contrast(crawling_discs()))
    viewer = Viewer(str(discs_model))
    alone, among = viewer.look(movie, [4])[0], viewer.look(movie, range(6))[4]
    assert (alone.entropy, alone.flicker) == (among.entropy, among.flicker)
    np.testing.assert_array_equal(alone.features, among.features)
