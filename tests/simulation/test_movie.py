from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from podia.data.errors import ConfigurationError
from podia.data.movie import FrameSource
from podia.simulation.config import SimulationConfig
from podia.simulation.render import illumination
from podia.simulation.simulate import SimulatedMovie, simulate


def test_the_same_configuration_gives_the_same_movie_and_truth(protruding: SimulatedMovie) -> None:
    again = simulate(protruding.config)
    assert np.array_equal(again.movie.frame(7), protruding.movie.frame(7))
    assert np.array_equal(again.labels.frame(7), protruding.labels.frame(7))
    assert again.tips.equals(protruding.tips)
    assert again.lineage.nodes.equals(protruding.lineage.nodes)


def test_another_seed_gives_another_movie(protruding: SimulatedMovie) -> None:
    other = simulate(protruding.config, seed=protruding.config.seed + 1, n_frames=1)
    assert not np.array_equal(other.movie.frame(0), protruding.movie.frame(0))
    assert not np.array_equal(other.labels.frame(0), protruding.labels.frame(0))


def test_frames_do_not_depend_on_the_order_in_which_they_are_read(protruding: SimulatedMovie) -> None:
    forwards = [protruding.movie.frame(index) for index in (2, 3, 4)]
    backwards = [protruding.movie.frame(index) for index in (4, 3, 2)]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))


def test_a_pickled_movie_gives_the_same_frames_and_holds_none(protruding: SimulatedMovie) -> None:
    for sequence in (protruding.movie, protruding.labels):
        packed = pickle.dumps(sequence)
        assert len(packed) < 2 * protruding.movie.frame(0).nbytes
        assert np.array_equal(pickle.loads(packed).frame(3), sequence.frame(3))


def test_sources_fulfil_the_contract_of_frames(protruding: SimulatedMovie) -> None:
    for sequence in (protruding.movie, protruding.labels):
        assert isinstance(sequence.source, FrameSource)
        assert sequence.frame(0).shape == sequence.frame_shape == (256, 256)
        assert sequence.frame(0).dtype == sequence.dtype
        assert sequence.calibration == protruding.config.calibration


def test_reading_a_movie_leaves_nothing_behind() -> None:
    simulated = simulate(n_frames=8, size_px=256, n_cells=2, seed=1)
    simulated.movie.frame(0)
    tracemalloc.start()
    held = []
    for _ in range(3):
        for index in range(simulated.movie.n_frames):
            simulated.movie.frame(index)
            simulated.labels.frame(index)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[2] - held[0] < simulated.movie.frame(0).nbytes


@pytest.mark.parametrize("size_px", [128, 200, 512])
def test_frames_have_the_size_asked_for(size_px: int) -> None:
    simulated = simulate(n_frames=1, size_px=size_px)
    assert simulated.movie.shape == simulated.labels.shape == (1, size_px, size_px)
    assert simulated.movie.frame(0).shape == (size_px, size_px)


def test_16_bit_movies_use_their_range() -> None:
    config = SimulationConfig(n_frames=1, size_px=128, bit_depth=16)
    frame = simulate(config).movie.frame(0)
    assert frame.dtype == np.uint16
    assert np.median(frame) == pytest.approx(
        257 * np.median(simulate(n_frames=1, size_px=128).movie.frame(0)), rel=0.02
    )


def test_settings_given_by_name_take_the_place_of_the_configuration() -> None:
    config = SimulationConfig(n_frames=9, size_px=128, fibres=0.0)
    simulated = simulate(config, n_frames=2, seed=4)
    assert simulated.config == config.model_copy(update={"n_frames": 2, "seed": 4})


def test_settings_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="do not fit"):
        simulate(size_px=128, n_cells=40)


def test_progress_is_told_of_every_frame() -> None:
    told: list[tuple[str, int, int]] = []
    simulate(n_frames=2, size_px=128, n_cells=1, progress=lambda *step: told.append(step))
    assert told == [("cells", 1, 2), ("cells", 2, 2), ("ground truth", 1, 2), ("ground truth", 2, 2)]


def test_the_true_drift_is_what_phase_correlation_finds_in_the_background() -> None:
    config = SimulationConfig(n_frames=6, size_px=256, n_cells=0, drift_px=30.0, jitter_px=1.0, seed=4)
    simulated = simulate(config)
    # The lamp does not move with the stage, and the frame's edges are no structure: both are taken out.
    lamp = illumination(config)
    fade = np.hanning(256)[:, None] * np.hanning(256)
    frames = [(frame / lamp - np.median(frame / lamp)) * fade for frame in simulated.movie]
    for index in range(1, config.n_frames):
        # The first frame, rolled by whole pixels, overlaps the later one but for a fraction.
        whole = np.rint(simulated.drift.shifts[index]).astype(int)
        rolled = np.roll(simulated.movie.frame(0) / lamp, whole, axis=(0, 1))
        found, _, _ = phase_cross_correlation(
            frames[index], (rolled - np.median(rolled)) * fade, upsample_factor=50, normalization=None
        )
        assert found + whole == pytest.approx(simulated.drift.shifts[index], abs=0.1)


def test_drift_starts_at_zero_and_stays_within_its_bounds_in_long_movies() -> None:
    config = SimulationConfig(n_frames=2000, size_px=64, n_cells=0, drift_px=8.0, jitter_px=0.2)
    shifts = simulate(config).drift.shifts
    assert np.abs(shifts[0]).max() == 0.0
    assert np.abs(shifts).max() <= 8.0 + 5 * 0.2
    assert np.abs(shifts).max() > 2.0
    assert np.abs(np.diff(shifts, axis=0)).max() < 2.5


def test_no_drift_means_a_still_background() -> None:
    config = SimulationConfig(
        n_frames=2, size_px=128, n_cells=0, drift_px=0, jitter_px=0, photons=1e9, read_noise=0
    )
    first, second = simulate(config).movie
    # What little noise is left may tip a value that lies between two grey values.
    assert np.abs(first.astype(int) - second).max() <= 1
    assert (first != second).mean() < 0.01


def test_spread_cells_are_darker_than_the_background_with_a_bright_halo() -> None:
    config = SimulationConfig(
        n_frames=1,
        size_px=256,
        n_cells=6,
        focus_wander_um=0,
        fibres=0,
        debris_per_mm2=0,
        illumination=0,
        division_rate_per_h=0,
    )
    simulated = simulate(config)
    frame, cells = simulated.movie.frame(0).astype(float), simulated.labels.frame(0) > 0
    away = ndimage.distance_transform_edt(~cells)
    background = np.median(frame[away > 40])
    assert frame[cells].mean() < background - 8
    assert frame[(away > 1.5) & (away < 5)].mean() > background + 2


def test_noise_is_that_of_the_photons() -> None:
    config = SimulationConfig(
        n_frames=2, size_px=128, n_cells=0, drift_px=0, jitter_px=0, bit_depth=16, photons=400, read_noise=0
    )
    first, second = (frame.astype(float) for frame in simulate(config).movie)
    relative = (first - second).std() / np.sqrt(2) / first.mean()
    assert relative == pytest.approx(1 / np.sqrt(400), rel=0.1)
