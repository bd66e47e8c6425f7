"""What is trained on and what is held back."""

from __future__ import annotations

import pytest

from annotated_movies import annotated_discs
from podia.data.errors import InvalidInputError
from podia.training.split import SplitConfig, split_movies


def test_whole_movies_of_each_data_set_are_held_back() -> None:
    movies = [annotated_discs(name=f"{name}{k}", dataset=name) for name in "ab" for k in range(5)]
    split = split_movies(movies)
    held = [part.name for part in split.validation]
    assert split.kind == "movie"
    assert sorted(name[0] for name in held) == ["a", "b"]
    assert sorted(held + [part.name for part in split.train]) == sorted(movie.name for movie in movies)
    assert all((part.first, part.last) == (0, 5) for part in (*split.train, *split.validation))


def test_a_data_set_of_one_movie_is_trained_on() -> None:
    movies = [annotated_discs(name=n, dataset=n[0]) for n in ("a1", "a2", "b1")]
    split = split_movies(movies)
    assert [part.name[0] for part in split.validation] == ["a"]


def test_lone_movies_of_several_data_sets_still_give_a_validation() -> None:
    split = split_movies([annotated_discs(name=n, dataset=n) for n in "abc"])
    assert (len(split.train), len(split.validation)) == (2, 1)


def test_the_same_seed_holds_back_the_same_movies_and_another_seed_others() -> None:
    movies = [annotated_discs(name=str(k)) for k in range(10)]
    held = [{p.name for p in split_movies(movies, SplitConfig(seed=s)).validation} for s in (0, 0, 1, 2)]
    assert held[0] == held[1]
    assert len(set(map(frozenset, held))) > 1


def test_masks_and_points_of_one_recording_stay_on_one_side() -> None:
    movies = [annotated_discs(name=name) for name in "abcde" for _ in range(2)]
    for seed in range(5):
        split = split_movies(movies, SplitConfig(seed=seed))
        assert [part.name for part in split.validation] == [split.validation[0].name] * 2
        assert {part.name for part in split.train}.isdisjoint(part.name for part in split.validation)


def test_one_recording_with_masks_and_points_is_split_in_time() -> None:
    assert split_movies([annotated_discs(name="a", n_frames=10)] * 2).kind == "time"


def test_masks_and_points_of_one_recording_are_cut_at_one_frame() -> None:
    masks, clicks = (
        annotated_discs((0, 2, 4), name="a", n_frames=12),
        annotated_discs((1, 5, 8, 11), name="a", n_frames=12),
    )
    split = split_movies([masks, clicks], SplitConfig(kind="time", validation_fraction=0.3))
    assert [part.annotated_frames for part in split.train] == [(0, 2, 4), (1, 5)]
    assert [(part.annotated_frames, part.first) for part in split.validation] == [((8, 11), 8)]
    assert all(part.last < 8 for part in split.train)
    assert split.note == "The end of each movie is held out: a from frame 8."


def test_a_single_movie_is_split_in_time_and_says_so() -> None:
    split = split_movies([annotated_discs(n_frames=10)])
    (train,), (validation,) = split.train, split.validation
    assert (train.first, train.last, train.annotated_frames) == (0, 7, tuple(range(8)))
    assert (validation.first, validation.last, validation.annotated_frames) == (8, 9, (8, 9))
    assert split.kind == "time"
    assert split.note.startswith("There is only one movie")


def test_in_time_the_share_is_that_of_the_annotated_frames() -> None:
    split = split_movies(
        [annotated_discs((0, 3, 5, 6, 9), n_frames=12)], SplitConfig(kind="time", validation_fraction=0.4)
    )
    assert (split.train[0].annotated_frames, split.train[0].last) == ((0, 3, 5), 5)
    assert (split.validation[0].annotated_frames, split.validation[0].first) == ((6, 9), 6)


def test_frames_drawn_at_random_warn_that_neighbours_leak() -> None:
    with pytest.warns(UserWarning, match="neighbours are used for training"):
        split = split_movies([annotated_discs(n_frames=10)], SplitConfig(kind="frame"))
    train, validation = split.train[0].annotated_frames, split.validation[0].annotated_frames
    assert len(validation) == 2
    assert sorted(train + validation) == list(range(10))


def test_nothing_is_held_back_on_request() -> None:
    split = split_movies([annotated_discs((2,))], SplitConfig(validation_fraction=0))
    assert (len(split.train), len(split.validation)) == (1, 0)


def test_a_single_annotated_frame_cannot_be_split() -> None:
    with pytest.raises(InvalidInputError, match="Annotate more frames, or set the validation fraction to 0"):
        split_movies([annotated_discs((2,))])


def test_no_movie_at_all_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no annotated movie"):
        split_movies([])


def test_a_run_keeps_within_the_part_and_off_gaps() -> None:
    movie = annotated_discs(n_frames=6, frame_numbers=(98, 122, 150, 151, 152, 153))
    train = split_movies([movie], SplitConfig(validation_fraction=0.2)).train[0]
    assert (train.run_of(0), train.run_of(3)) == (range(1), range(2, 5))
