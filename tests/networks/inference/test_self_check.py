from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from podia.data.movie import Movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.scale_looks import ScaleLook
from podia.networks.inference.self_check import check_movie, trust_in
from podia.networks.inference.trust import TRUST_LIMIT, Trust
from podia.networks.model_file import load_model, save_model

LOOK = ScaleLook(1.0, 5, 40.0, 0.9, 0.9, 0.2)
SHARES = st.floats(0, 1)


@given(certainty=SHARES, consistency=SHARES, more=st.floats(0, 0.2))
def test_trust_is_a_share_and_rises_with_certainty_and_consistency(certainty, consistency, more):
    look = replace(LOOK, certainty=certainty, consistency=consistency)
    trust = trust_in(look)
    assert 0 <= trust <= 1
    assert trust_in(replace(look, certainty=certainty + more)) >= trust
    assert trust_in(replace(look, consistency=consistency + more)) >= trust


def test_frames_without_cells_are_not_trusted():
    assert trust_in(replace(LOOK, n_cells=0)) == 0


def test_noise_without_cells_is_told_and_the_frames_looked_at_are_named(tmp_path: Path):
    network, card = load_model("podia-phase")
    save_model(tmp_path / "sized.safetensors", network, card.model_copy(update={"cell_diameter_px": 40.0}))
    movie = Movie.from_array(np.random.default_rng(0).integers(0, 255, (9, 96, 96)).astype(np.uint8))
    config = InferenceConfig(model=str(tmp_path / "sized.safetensors"), cell_diameter="40px")
    trust = check_movie(movie, choose_model(config), config)
    assert trust is not None
    assert trust == check_movie(movie, choose_model(config), config)
    assert not trust.knows
    assert sorted(trust.frames) == [1, 3, 5, 7]


def test_models_of_other_heads_or_without_a_cell_width_say_nothing(discs_model: Path):
    movie = Movie.from_array(np.zeros((2, 64, 64), np.uint8))
    for model in (str(discs_model), "podia-phase"):
        config = InferenceConfig(model=model)
        assert check_movie(movie, choose_model(config), config) is None


def test_limit_itself_is_trusted():
    assert Trust(TRUST_LIMIT, (0,)).knows
    assert not Trust(TRUST_LIMIT - 0.01, (0,)).knows
