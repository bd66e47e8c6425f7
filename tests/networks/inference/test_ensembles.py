"""Several models over one movie: the mean of their predictions, each with a state of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import Movie
from podia.networks.card import ModelCard
from podia.networks.inference.augment import merge_predictions
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Prediction
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.streaming import CHECKPOINT_FRAMES, StateStore
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.model_file import save_model
from podia.networks.models.registry import build_network
from podia.networks.outputs.instances import Instances
from podia.testing.counted_frames import CountedFrames

N_FRAMES = CHECKPOINT_FRAMES + 4
FRAMES = np.random.default_rng(0).integers(0, 255, (N_FRAMES, 20, 28)).astype(np.uint8)
RECURRENT = (
    "u-lstm-decoder",
    {"depths": (4, 4), "decoder_kernel": 3, "head": {"name": "binary", "softmax": True}},
)
SINGLE_FRAMES = ("linknet", {"head": {"name": "binary", "softmax": True}})


def write_model(folder: Path, name: str, kind: tuple[str, dict[str, object]], **card: object) -> str:
    architecture, settings = kind
    settings = settings | card.pop("network", {})
    path = folder / f"{name}.safetensors"
    network = build_network(architecture, settings, seed=len(name))
    save_model(path, network, ModelCard(name=name, architecture=architecture, network=settings, **card))
    return str(path)


def config_of(*models: str, **settings: object) -> InferenceConfig:
    first, *others = models
    return InferenceConfig.parse(
        {"model": first, "ensemble": others, "backend": "torch", "device": "cpu", "threads": 1, **settings}
    )


class StatesInMemory:
    """What the models of an ensemble keep, by their numbers."""

    def __init__(self) -> None:
        self.kept: dict[int, list[NDArray[np.float32]]] = {}
        self.others: dict[int, StatesInMemory] = {}

    def save(self, frame: int, arrays: Sequence[NDArray[np.float32]]) -> None:
        self.kept[frame] = [array.copy() for array in arrays]

    def load_latest(self, before: int) -> tuple[int, list[NDArray[np.float32]]] | None:
        earlier = [frame for frame in self.kept if frame < before]
        return (max(earlier), self.kept[max(earlier)]) if earlier else None

    def of_member(self, number: int) -> StatesInMemory:
        return self.others.setdefault(number, StatesInMemory())


def predict(
    frames: Sequence[int], *models: str, states: StateStore | None = None, **settings: object
) -> list[Prediction]:
    config = config_of(*models, **settings)
    movie = Movie.from_array(FRAMES)
    predictor = MoviePredictor(movie, choose_model(config), config, grey_range=(0.0, 255.0), states=states)
    return [predictor.predict(frame) for frame in frames]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A recurrent model and one that sees each frame alone; their strides differ."""
    folder = tmp_path_factory.mktemp("models")
    return write_model(folder, "remembers", RECURRENT), write_model(folder, "forgets", SINGLE_FRAMES)


def test_two_equal_models_are_the_model(models: tuple[str, str]) -> None:
    alone, both = predict(range(4), models[0]), predict(range(4), models[0], models[0])
    np.testing.assert_array_equal(alone, both)


def test_models_of_unlike_kinds_are_averaged_each_run_its_own_way(models: tuple[str, str]) -> None:
    remembers, forgets = (np.stack(predict(range(5), model)) for model in models)
    assert np.abs(remembers - forgets).max() > 0.05
    np.testing.assert_allclose(predict(range(5), *models), (remembers + forgets) / 2, atol=1e-6)


def test_flips_go_with_ensembles(models: tuple[str, str]) -> None:
    each = [predict([0], model, test_time_augmentation="flips")[0] for model in models]
    (both,) = predict([0], *models, test_time_augmentation="flips")
    np.testing.assert_allclose(both, (each[0] + each[1]) / 2, atol=1e-6)


def test_each_frame_is_read_once_and_passes_each_encoder_once(
    models: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: Counter[TorchEngine] = Counter()
    encode = TorchEngine.encode

    def count(engine: TorchEngine, frame: NDArray[np.float32]) -> tuple[torch.Tensor, ...]:
        passes[engine] += 1
        return encode(engine, frame)

    monkeypatch.setattr(TorchEngine, "encode", count)
    source = CountedFrames(FRAMES)
    config = config_of(*models)
    predictor = MoviePredictor(Movie(source), choose_model(config), config, grey_range=(0.0, 255.0))
    for frame in range(8):
        predictor.predict(frame)
    assert list(passes.values()) == [8, 8]
    assert set(source.reads.values()) == {1}


def test_a_run_that_was_stopped_takes_each_models_own_state_up(
    models: tuple[str, str], tmp_path: Path
) -> None:
    second = write_model(tmp_path, "remembers too", RECURRENT)
    states = StatesInMemory()
    whole = predict(range(N_FRAMES), models[0], second, states=states)
    assert list(states.kept) == list(states.others[1].kept) == [CHECKPOINT_FRAMES - 1]
    later = range(CHECKPOINT_FRAMES, N_FRAMES)
    np.testing.assert_array_equal(predict(later, models[0], second, states=states), whole[CHECKPOINT_FRAMES:])


def test_models_that_find_cells_one_by_one_agree_on_cells_and_are_not_averaged() -> None:
    looks = np.zeros((3, 2, 6, 8), np.float32)
    for number, look in enumerate(looks, start=1):
        look[0, 1:4, 1:5], look[1, 1:4, 1:5] = number, 0.6  # the same cell by another number
    looks[2, 0, 4:, 6:], looks[2, 1, 4:, 6:] = 7, 0.9  # one model alone sees it
    merged = merge_predictions(iter(looks), Instances())
    assert np.unique(merged[0]).tolist() == [0, 1]
    assert merged[0].sum() == 12
    np.testing.assert_allclose(merged[1][1:4, 1:5], 0.6)


def test_all_models_are_known_by_their_content_and_the_first_decodes(
    models: tuple[str, str], tmp_path: Path
) -> None:
    first = write_model(tmp_path, "first", RECURRENT, decode={"head": "binary", "min_area_px": 7.0})
    chosen = choose_model(config_of(first, *models))
    assert chosen.name == "first + remembers + forgets"
    assert [member.sha256 for member in chosen.members] == [
        hashlib.sha256(Path(model).read_bytes()).hexdigest() for model in (first, *models)
    ]
    assert chosen.decode.min_area_px == 7.0


def test_a_member_that_changes_during_the_run_is_refused(models: tuple[str, str], tmp_path: Path) -> None:
    other = write_model(tmp_path, "other", RECURRENT)
    config = config_of(models[0], other)
    chosen = choose_model(config)
    write_model(tmp_path, "other", RECURRENT, limits="Trained on.")
    with pytest.raises(InvalidInputError, match=r"other\.safetensors was changed or removed"):
        MoviePredictor(Movie.from_array(FRAMES), chosen, config, grey_range=(0.0, 255.0))


def test_models_of_different_heads_are_refused(models: tuple[str, str], tmp_path: Path) -> None:
    other = write_model(tmp_path, "contours", RECURRENT, network={"head": "contour"})
    with pytest.raises(
        InvalidInputError,
        match=r"'forgets' and 'contours' .*predicts 'binary \(softmax=True\)', the other 'contour'",
    ):
        choose_model(config_of(models[1], other))


@pytest.mark.parametrize(("sizes", "told"), [((0.5, 1.0), "1 um per pixel"), ((0.5, None), "unknown")])
def test_models_of_different_pixel_sizes_are_refused_unless_frames_stay_as_they_are(
    sizes: tuple[float, float | None], told: str, tmp_path: Path
) -> None:
    models = [write_model(tmp_path, f"m{i}", RECURRENT, pixel_size_um=size) for i, size in enumerate(sizes)]
    with pytest.raises(InvalidInputError, match=rf"at 0\.5 um per pixel, .*{told}.*network\.resample=false"):
        choose_model(config_of(*models))
    assert choose_model(config_of(*models, resample=False)).name == "m0 + m1"


def test_pixel_sizes_that_nothing_is_resampled_for_are_one(tmp_path: Path) -> None:
    models = [write_model(tmp_path, f"m{size}", RECURRENT, pixel_size_um=size) for size in (0.65, 0.66)]
    assert len(choose_model(config_of(*models)).members) == 2
