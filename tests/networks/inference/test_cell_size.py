from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import podia
from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError
from podia.data.length import Length
from podia.data.movie import Movie
from podia.networks.inference.cell_size import cell_size_of, shape_for_movie, with_cell_size
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.lone_frames import busiest_window, spread_frames
from podia.networks.inference.resolve import choose_model
from podia.networks.inference.scale_looks import SCALES, ScaleLook, best_diameter, is_settled, look_at_scale
from podia.networks.model_file import load_model, save_model
from podia.networks.outputs.distance import Distance, DistanceDecode
from podia.testing.small_movies import as_phase_contrast, crawling_discs

MODEL_PX = 12.0


@pytest.fixture(scope="module")
def sized_model(tmp_path_factory: pytest.TempPathFactory, discs_model: Path) -> Path:
    """The network of the discs, whose card says how wide they are."""
    network, card = load_model(discs_model)
    path = tmp_path_factory.mktemp("sized") / "sized.safetensors"
    save_model(path, network, card.model_copy(update={"cell_diameter_px": MODEL_PX}))
    return path


def discs(pixel_size_um: float | None = None) -> Movie:
    return Movie.from_array(as_phase_contrast(crawling_discs(), seed=3), Calibration(pixel_size_um, None))


def look(scale: float, certainty: float, diameter_px: float = 40.0, n_cells: int = 5) -> ScaleLook:
    return ScaleLook(scale, n_cells, diameter_px, certainty, 0.9, 0.2)


@given(value=st.floats(0.1, 1e4), pixel_size_um=st.floats(0.01, 10))
def test_diameter_in_um_is_that_in_px_times_the_pixel_size(value, pixel_size_um):
    in_um, in_px = (
        InferenceConfig(cell_diameter=f"{value:.6f}{unit}").cell_diameter for unit in (" um", "px")
    )
    assert in_um.in_px(Calibration(pixel_size_um)) == pytest.approx(in_px.in_px() / pixel_size_um)


def test_diameter_in_um_without_a_pixel_size_names_both_ways_out(sized_model):
    config = InferenceConfig(model=str(sized_model), cell_diameter="20um")
    with pytest.raises(ConfigurationError, match=r"--pixel-size-um\), or write the length in px"):
        cell_size_of(discs(), choose_model(config), config)


@pytest.mark.parametrize("text", ["30", "px", "-3px", "0px", "30 mm", "wide"])
def test_other_lengths_are_refused(text):
    with pytest.raises(ConfigurationError, match=r"a number and a unit|30 um or 30 px|more than 0"):
        InferenceConfig.parse({"cell_diameter": text})


def test_sure_prediction_is_certain_consistent_and_as_wide_as_its_cells():
    prediction = np.zeros((3, 60, 60), np.float32)
    rows, columns = np.mgrid[:60, :60] - 30
    inside = np.hypot(rows, columns) < 10
    prediction[0] = inside
    prediction[1] = np.clip(1 - np.hypot(rows, columns) / 10, 0, 1)
    found = look_at_scale([prediction, prediction], Distance(), 0.5, DistanceDecode())
    assert found.n_cells == 2
    assert found.certainty == pytest.approx(1)
    assert found.consistency > 0.9
    assert found.diameter_px == pytest.approx(20, rel=0.05)
    assert found.foreground == pytest.approx(inside.mean())


def test_scale_at_which_cells_come_out_as_wide_as_the_models_gives_the_diameter():
    assert best_diameter([look(0.5, 0.9, 20), look(1.0, 0.9, 40), look(2.0, 0.9, 70)], 40.0) == pytest.approx(
        40
    )
    # In between, by the logarithm: 20 px at 0.5 and 80 px at 2 are 40 px at 1.
    assert best_diameter([look(2.0, 0.9, 80), look(0.5, 0.9, 20)], 40.0) == pytest.approx(40)


def test_pieces_of_cells_that_are_as_wide_as_the_models_again_do_not_count():
    looks = [look(0.25, 0.9, 30), look(0.5, 0.9, 60), look(2.0, 0.95, 38), look(4.0, 0.95, 45)]
    assert 80.0 < best_diameter(looks, 40.0) < 160.0


def test_scales_at_which_the_network_is_unsure_do_not_count():
    unsure = [look(0.1, 0.5, 30), look(0.2, 0.5, 50)]
    sure = [look(1.0, 0.9, 30), look(2.0, 0.9, 60)]
    assert best_diameter(unsure + sure, 40.0) == best_diameter(sure, 40.0)


@given(st.lists(st.tuples(st.floats(0.5, 1), st.floats(5, 200), st.integers(0, 3)), min_size=10, max_size=10))
def test_larger_scales_never_change_an_estimate_that_is_settled(values):
    looks = [look(scale, *value) for scale, value in zip(SCALES, values, strict=True)]
    for n in range(1, len(looks)):
        if is_settled(looks[:n], 40.0):
            assert best_diameter(looks[:n], 40.0) == best_diameter(looks, 40.0)


def test_estimate_settles_at_the_first_crossing_of_sure_scales():
    looks = [look(0.5, 0.92, 30), look(1.0, 0.95, 50)]
    assert not is_settled(looks[:1], 40.0)
    assert is_settled(looks, 40.0)
    assert not is_settled([look(0.5, 0.85, 30), look(1.0, 0.95, 50)], 40.0)


def test_without_a_crossing_the_nearest_width_counts():
    assert best_diameter([look(1.0, 0.9, 10), look(2.0, 0.9, 20)], 40.0) == pytest.approx(10.0)
    assert best_diameter([look(1.0, 0.9, 80), look(2.0, 0.9, 160)], 40.0) == pytest.approx(80.0)


def test_where_nothing_is_found_cells_count_as_wide_as_the_models():
    nothing = [look(scale, 0.0, float("nan"), 0) for scale in (0.5, 1.0, 2.0)]
    assert best_diameter(nothing, 40.0) == 40.0


def test_busiest_window_holds_the_only_structure():
    image = np.zeros((300, 400), np.float32)
    image[230:250, 350:370] = np.random.default_rng(0).random((20, 20))
    rows, columns = busiest_window(image, (100, 100))
    assert (rows.stop - rows.start, columns.stop - columns.start) == (100, 100)
    assert image[rows, columns].sum() == pytest.approx(image.sum())
    assert busiest_window(image, (1000, 50))[0] == slice(0, 300)


def test_frames_without_a_picture_are_not_looked_at():
    class OnePicture:
        shape, dtype = (9, 8, 8), np.dtype(np.uint8)

        def read(self, _: int) -> np.ndarray:
            return np.zeros((8, 8), np.uint8)

        def is_blank(self, frame: int) -> bool:
            return frame != 7

    assert spread_frames(Movie(OnePicture()), 3) == [7]


def test_given_diameter_scales_frames_and_um_and_px_agree(sized_model):
    movie = discs(pixel_size_um=0.5)
    height, width = movie.frame_shape
    shapes = [
        shape_for_movie(movie, choose_model(config), config)
        for config in (
            InferenceConfig(model=str(sized_model), cell_diameter="6px"),
            InferenceConfig(model=str(sized_model), cell_diameter="3 um"),
        )
    ]
    assert shapes == [(2 * height, 2 * width)] * 2


def test_estimate_is_the_same_again_and_given_it_gives_the_same_cells(sized_model):
    movie = discs()
    config = InferenceConfig(model=str(sized_model))
    model = choose_model(config)
    size = cell_size_of(movie, model, config)
    again = cell_size_of(movie, model, config)
    assert size is not None
    assert again is not None
    assert size.diameter_px == again.diameter_px
    assert size.estimated
    settled = with_cell_size(config, size)
    np.testing.assert_array_equal(
        podia.segment(movie, settings={"network": settled.model_dump()}).frame(0),
        podia.segment(movie, settings={"network": config.model_dump()}).frame(0),
    )


def test_model_without_a_cell_width_goes_by_the_pixel_size_and_refuses_a_diameter(discs_model):
    movie = discs()
    config = InferenceConfig(model=str(discs_model))
    assert cell_size_of(movie, choose_model(config), config) is None
    given_one = config.model_copy(update={"cell_diameter": Length(px=20)})
    with pytest.raises(ConfigurationError, match="not trained at one cell diameter"):
        cell_size_of(movie, choose_model(given_one), given_one)
