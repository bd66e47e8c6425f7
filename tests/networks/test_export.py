"""Trained models as ONNX files and bioimage.io packages: what is in them, and that others compute the same."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from podia.data.errors import InvalidInputError, MissingDependencyError, OutputError, PodiaError
from podia.data.movie import Image, Movie
from podia.networks.card import ModelCard, TrainingData, read_card
from podia.networks.export import bioimageio_package, exported
from podia.networks.export.bioimageio_package import write_bioimageio
from podia.networks.export.citations import citations
from podia.networks.export.exported import ExportedModel
from podia.networks.export.onnx_file import write_onnx
from podia.networks.export.readme import readme
from podia.networks.model_file import load_model, save_model
from podia.networks.models.network import NetworkConfig
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.registry import find_output
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment
from podia.testing.small_movies import as_phase_contrast, crawling_discs
from small_networks import SMALL, build_small
from toy_network import ToyNetwork

pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # bioimageio.spec leaves them

FRAMES = as_phase_contrast(crawling_discs())
TOLERANCE = 1e-5
"""Trained networks differ by about 1e-6 from step to step; a state carries that on."""


@pytest.fixture(autouse=True, scope="module")
def _files_that_bioimageio_leaves_open() -> Iterator[None]:
    yield
    gc.collect()  # while their warnings are not errors


def discs_frame(size_px: int, _pixel_size_um: float | None) -> Image:
    """Draw the discs as often as they fit."""
    repeats = -(-size_px // FRAMES.shape[1])
    return np.tile(FRAMES[0], (repeats, repeats))[:size_px, :size_px]


def small_model(folder: Path, situation: str, **card: Any) -> Path:
    architecture, values = SMALL[situation]
    path = folder / "small.safetensors"
    save_model(
        path,
        build_small(situation),
        ModelCard(name=situation, architecture=architecture, network=values, **card),
    )
    return path


def session_of(content: Path | bytes) -> Any:
    from podia.networks.inference.onnxruntime_loading import load_onnxruntime

    given = content if isinstance(content, bytes) else str(content)
    return load_onnxruntime().InferenceSession(given, providers=["CPUExecutionProvider"])


def run_frame_by_frame(session: Any, clip: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the prediction ``(K, Y, X)`` of each frame of `clip` ``(T, Y, X)``, the state carried on."""
    _, *states = session.get_inputs()
    state = [np.zeros(_state_shape(given.shape, clip.shape[1:]), np.float32) for given in states]
    predictions = []
    for frame in clip:
        fed = {given.name: value for given, value in zip(states, state, strict=True)}
        prediction, *state = session.run(None, {"frame": frame[None, None], **fed})
        predictions.append(prediction[0])
    return predictions


def _state_shape(declared: list[Any], frame_shape: tuple[int, ...]) -> list[int]:
    """Return the size of a state declared as ``[1, 8, "height/4", "width/4"]``, or in numbers."""
    edges = [
        edge if isinstance(edge, int) else size // int(f"{edge}/1".split("/")[1])
        for edge, size in zip(declared[2:], frame_shape, strict=True)
    ]
    return [*declared[:2], *edges]


def random_frames(n: int, height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-1, 1, (n, height, width)).astype(np.float32)


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ONNX: a step in time


@pytest.mark.parametrize(
    ("situation", "note"),
    [
        ("podia, looking ahead", "can use 2 later frames, but this file cannot"),
        ("b5", "windows of 5 frames"),
        ("u-lstm-both", "The state consists of 12 tensors"),
        ("u-lstm-none", "is not recurrent"),
    ],
)
def test_a_movie_run_frame_by_frame_is_seen_as_by_torch(tmp_path: Path, situation: str, note: str) -> None:
    from podia.networks.models.activation import activate

    model = small_model(tmp_path, situation)
    network, _ = load_model(model)
    written = write_onnx(model, tmp_path / "out.onnx")
    frames = random_frames(3, 3 * network.stride, 5 * network.stride)
    network.lookahead = 0
    with torch.no_grad():
        logits, _ = network(torch.from_numpy(frames)[None, :, None])
        expected = activate(logits[0], network.config.head).numpy()
    found = run_frame_by_frame(session_of(written.path), frames)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    assert written.max_difference < TOLERANCE
    assert note in " ".join(written.notes)


def test_a_trained_network_remembers_in_onnx_runtime(discs_model: Path, tmp_path: Path) -> None:
    session = session_of(write_onnx(discs_model, tmp_path).path)
    frames = random_frames(2, 16, 16)
    _, second = run_frame_by_frame(session, frames)
    (alone,) = run_frame_by_frame(session, frames[1:])
    assert np.abs(second - alone).max() > 0.01


def test_sizes_are_open_unless_they_are_fixed(discs_model: Path, tmp_path: Path) -> None:
    free = session_of(write_onnx(discs_model, tmp_path / "free.onnx").path)
    fixed = session_of(write_onnx(discs_model, tmp_path / "fixed.onnx", size_px=32).path)
    assert free.get_inputs()[0].shape == [1, 1, "height", "width"]
    assert free.get_outputs()[0].shape == [1, 2, "height", "width"]
    assert {tuple(state.shape[2:]) for state in free.get_inputs()[1:]} >= {("height/2", "width/2")}
    assert fixed.get_inputs()[0].shape == [1, 1, 32, 32]
    frames = random_frames(2, 32, 32)
    expected = run_frame_by_frame(free, frames)
    np.testing.assert_allclose(run_frame_by_frame(fixed, frames), expected, atol=TOLERANCE)


def test_names_say_what_belongs_together(discs_model: Path, tmp_path: Path) -> None:
    session = session_of(write_onnx(discs_model, tmp_path).path)
    names = [given.name for given in session.get_inputs()]
    assert names == ["frame", *(f"state_{i}" for i in range(6))]
    assert [given.name for given in session.get_outputs()] == [
        "prediction",
        *(f"next_state_{i}" for i in range(6)),
    ]


def test_the_file_holds_the_card_and_the_stride(discs_model: Path, tmp_path: Path) -> None:
    metadata = session_of(write_onnx(discs_model, tmp_path).path).get_modelmeta().custom_metadata_map
    assert ModelCard.model_validate_json(metadata["podia"]) == read_card(discs_model)
    assert metadata["stride"] == "4"


def test_an_onnx_file_is_named_by_its_model_and_the_same_again(discs_model: Path, tmp_path: Path) -> None:
    once = write_onnx(discs_model, tmp_path / "once")
    again = write_onnx(discs_model, tmp_path / "deep" / "again")
    assert once.path == tmp_path / "once" / "discs.onnx"
    assert once.path.read_bytes() == again.path.read_bytes()
    assert left_in(again.path.parent) == {"discs.onnx"}


class Moody(ToyNetwork):
    """Decides by a value, which a traced graph cannot: it keeps what the example decided."""

    def encode(self, frames: Tensor) -> tuple[Tensor, ...]:
        return super().encode(frames if float(frames.abs().mean()) < 0.1 else -frames)


def test_a_graph_that_differs_from_the_network_is_refused() -> None:
    from podia.networks.inference.export_onnx import export_step

    with pytest.raises(OutputError, match=r"differs from the network by .* it was not written"):
        export_step(Moody(), metadata={})


def test_onnx_runtime_reports_nothing_and_leaves_no_identifier(tmp_path: Path) -> None:
    loading = "from podia.networks.inference.onnxruntime_loading import load_onnxruntime as load; load()"
    environment = {"HOME": str(tmp_path), "PATH": ""}
    subprocess.run([sys.executable, "-c", loading], check=True, env=environment)
    assert not left_in(tmp_path)


# bioimage.io: a package, one image at a time


@pytest.fixture(scope="module")
def package(discs_model: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportedModel:
    pytest.importorskip("bioimageio.core", reason="the extra 'bioimageio' is not installed")
    return write_bioimageio(discs_model, tmp_path_factory.mktemp("package"), discs_frame)


def contents(package: ExportedModel) -> dict[str, bytes]:
    with zipfile.ZipFile(package.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_package_passes_bioimageios_own_test_offline(
    package: ExportedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bioimageio.core import test_model as run_test

    def refuse(*_: object) -> None:
        raise AssertionError("the test asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    summary = run_test(package.path, weight_format="onnx")
    assert summary.status == "passed", summary.format()


def test_the_package_says_what_goes_in_and_what_it_is_made_of(
    package: ExportedModel, discs_model: Path
) -> None:
    from bioimageio.spec import load_model_description

    described: Any = load_model_description(package.path)
    (given,) = described.inputs
    assert [axis.id for axis in given.axes] == ["batch", "channel", "y", "x"]
    assert (given.axes[2].size.min, given.axes[2].size.step) == (16, 4)
    assert given.preprocessing[1].kwargs.max_percentile == 99.1
    assert described.outputs[0].axes[1].channel_names == ["background", "cell"]
    assert described.config.podia == read_card(discs_model).model_dump(mode="json")
    assert described.license is None
    page = contents(package)["README.md"].decode()
    assert "multiples of 4 px" in page
    assert "recurrent state" in page


def test_the_packages_cells_are_podias_of_a_movie_of_one_frame(
    package: ExportedModel, discs_model: Path
) -> None:
    from bioimageio.core import Tensor as Member
    from bioimageio.core import predict

    image = Member.from_numpy(FRAMES[0].astype(np.float32)[None, None], dims=["batch", "channel", "y", "x"])
    prediction = predict(model=package.path, inputs={"image": image}).members["prediction"].data.to_numpy()
    card = read_card(discs_model)
    config = SegmentationConfig.parse(
        {"method": "network", "network": {"model": str(discs_model), "backend": "torch"}}
    )
    (expected,) = segment(Movie.from_array(FRAMES[:1]), config)
    np.testing.assert_array_equal(Binary(softmax=True).decode(prediction[0], card.decode), expected)
    assert expected.max() == 3


def test_a_package_is_the_same_again_and_may_go_to_a_relative_path(
    package: ExportedModel, discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    again = write_bioimageio(discs_model, Path(), discs_frame)
    assert again.path.read_bytes() == package.path.read_bytes()
    assert left_in(tmp_path) == {"discs.zip"}


def test_a_package_of_fixed_size_names_authors_data_and_a_licence_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("bioimageio.core", reason="the extra 'bioimageio' is not installed")
    from bioimageio.spec import load_model_description

    data = TrainingData(
        name="stars", licence="CC0-1.0", citation="Who 1990 (doi:10.1016/S0092-8674(00)81683-9)."
    )
    model = small_model(tmp_path, "u-lstm-none", data=(data,), licence="Ask us first.", pixel_size_um=0.65)
    written = write_bioimageio(
        model, tmp_path / "p.zip", discs_frame, size_px=64, authors=["A. One", "B. Two"]
    )
    described: Any = load_model_description(written.path)
    assert [axis.size for axis in described.inputs[0].axes[2:]] == [64, 64]
    assert (described.inputs[0].axes[2].unit, described.inputs[0].axes[2].scale) == ("micrometer", 0.65)
    assert [author.name for author in described.authors] == ["A. One", "B. Two"]
    assert "10.1016/S0092-8674(00)81683-9" in {work.doi for work in described.cite}
    assert contents(written)["LICENSE.txt"] == b"Ask us first.\n"
    page = contents(written)["README.md"].decode()
    assert "stars (licence: CC0-1.0)" in page
    assert "earlier frames" not in page


@pytest.mark.parametrize(
    ("head", "decode_as", "told"),
    [
        ("contour", {}, "a watershed grows them over all pixels that are more likely cell"),
        ("contour", {"method": "contour_threshold"}, "goes to the nearest of them within the contour reach"),
        (
            "spots",
            {},
            "Each local maximum of `spot` above the threshold, with no higher one nearby, is a cell.",
        ),
        (
            "center_classification",
            {"spot_method": "moments"},
            "The centre of mass of each region where `spot` exceeds the",
        ),
        ("cells_and_spots", {"spot_method": "moments"}, "is a cell; a watershed grows them over all pixels"),
    ],
)
def test_the_page_tells_the_way_from_output_to_cells_that_the_model_uses(
    head: str, decode_as: dict[str, str], told: str
) -> None:
    card = ModelCard(name="m", architecture="unet", decode=find_output(head).decode_config.parse(decode_as))
    page = readme(card, ToyNetwork(NetworkConfig.parse({"head": head})))
    assert told in page


def test_works_without_a_doi_are_cited_in_words() -> None:
    data = TrainingData(name="dots", licence="MIT", citation="Our wiki.")
    (architecture, dots) = citations(ModelCard(name="m", architecture="u-lstm-none", data=(data, data)))
    assert architecture.doi == "10.48550/arXiv.1805.11247"
    assert (dots.text, dots.doi) == ("dots: Our wiki.", None)


# What cannot be written is said in a line, and nothing is left


def write(format_: str, model: Path | str, output: Path, **options: Any) -> ExportedModel:
    if format_ == "onnx":
        return write_onnx(model, output, **options)
    pytest.importorskip("bioimageio.core", reason="the extra 'bioimageio' is not installed")
    return write_bioimageio(model, output, discs_frame, **options)


FORMATS = pytest.mark.parametrize(("format_", "suffix"), [("onnx", ".onnx"), ("bioimageio", ".zip")])


@FORMATS
def test_a_file_that_is_there_is_kept(discs_model: Path, tmp_path: Path, format_: str, suffix: str) -> None:
    there = tmp_path / f"discs{suffix}"
    there.write_text("mine")
    for output in (there, tmp_path):
        with pytest.raises(OutputError, match=f"discs{suffix} already exists. Choose another output"):
            write(format_, discs_model, output)
    assert there.read_text() == "mine"


@FORMATS
@pytest.mark.parametrize(
    ("output", "options", "error", "message"),
    [
        ("new/out", {"size_px": 30}, InvalidInputError, "30 px does not fit.*multiples of 4 px, such as 32"),
        ("new/out", {"size_px": 1}, InvalidInputError, "1 px does not fit.*such as 4"),
        ("file/out", {}, OutputError, "file is a file, not a folder"),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    discs_model: Path,
    tmp_path: Path,
    format_: str,
    suffix: str,
    output: str,
    options: dict[str, Any],
    error: type[PodiaError],
    message: str,
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(error, match=message) as raised:
        write(format_, discs_model, tmp_path / f"{output}{suffix}", **options)
    assert "\n" not in str(raised.value)
    assert left_in(tmp_path) == {"file"}


def test_the_ending_of_another_format_is_refused(discs_model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"written as \.onnx, not as 'out\.ZIP'"):
        write_onnx(discs_model, tmp_path / "out.ZIP")
    assert not left_in(tmp_path)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"There is no model 'none\.safetensors'"):
        write_onnx("none.safetensors", tmp_path)


def test_a_full_disk_leaves_no_part_of_a_file(
    discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(path: Path, _: Path) -> None:
        assert path.is_file()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fill)
    with pytest.raises(OutputError, match=r"no space left to write '.*discs.onnx'"):
        write_onnx(discs_model, tmp_path)
    assert not left_in(tmp_path)


@FORMATS
def test_a_missing_extra_is_named(
    discs_model: Path, tmp_path: Path, format_: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=rf'needs .*onnx.* pip install "podia\[{format_}\]"'):
        write(format_, discs_model, tmp_path / f"out{suffix}")
    assert not left_in(tmp_path)


def test_an_extra_counts_as_missing_where_its_package_is_no_package() -> None:
    with pytest.raises(MissingDependencyError, match=r"needs no_such_package\.core, which is not installed"):
        exported.require_extra("none", "json", "no_such_package.core")


def test_what_bioimageio_does_not_allow_is_said_in_a_line(discs_model: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"does not allow Author\.name to be 'Us/Them'") as raised:
        write("bioimageio", discs_model, tmp_path, authors=["Us/Them"])
    assert "\n" not in str(raised.value)
    assert not left_in(tmp_path)


def test_a_package_that_fails_the_test_is_not_written(
    discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = bioimageio_package._save
    monkeypatch.setattr(bioimageio_package, "_save", lambda path, array: save(path, array * 2 + 1))
    with pytest.raises(OutputError, match=r"does not pass bioimageio\.core's test, so it was not") as raised:
        write("bioimageio", discs_model, tmp_path)
    assert "\n" not in str(raised.value)
    assert not left_in(tmp_path)
