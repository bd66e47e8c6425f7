"""A model as a bioimage.io package, for deepImageJ, ilastik and other programs that run ONNX weights."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import OutputError
from podia.data.grey_range import GREY_PERCENTILES
from podia.data.movie import Image
from podia.files.atomic import atomic_path
from podia.networks.card import METADATA_KEY, find_model, read_card, shipped_models
from podia.networks.export.cover import write_cover
from podia.networks.export.exported import ExportedModel, destination, require_extra
from podia.networks.export.readme import readme
from podia.networks.grey_scaling import scale_grey

if TYPE_CHECKING:
    from podia.networks.export.bioimageio_description import Described

DrawFrame = Callable[[int, float | None], Image]
"""Draws an example frame, given its edge in px and its pixel size in um (None: any)."""

_EXAMPLE_PX = 256
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""Modification time of every file in the archive: the earliest that ZIP supports. With a fixed time, the same model
always gives the same bytes.
"""


def write_bioimageio(
    model: Path | str,
    output: Path,
    draw_frame: DrawFrame,
    *,
    size_px: int | None = None,
    authors: Sequence[str] = (),
) -> ExportedModel:
    """Export `model` as a bioimage.io package. It is written only if bioimageio.core's own test passes.

    bioimage.io models process one image: the network's state starts empty, inside the graph (see
    :class:`podia.networks.inference.export_onnx.SingleFrame`). Grey values are scaled by the package's own
    preprocessing. The weights are ONNX alone: bioimage.io takes PyTorch weights as pickles only. Nothing is downloaded.

    Parameters
    ----------
    model
        A model file, or the name of an included model.
    output
        The file (``.zip``), or a folder for it.
    draw_frame
        Draws the frame used for the test and the cover.
    size_px
        Height and width of frames; None allows any multiple of the network's stride.
    authors
        Names of the people who made the model; for included models, the developers of podia.

    Raises
    ------
    MissingDependencyError
        If bioimageio.core, onnx or onnxruntime is not installed.
    InvalidInputError
        If there is no such model, or it cannot process frames of `size_px`.
    OutputError
        If the file exists already or cannot be written, bioimage.io rejects the description, or the test fails.
    """
    require_extra("bioimageio", "bioimageio.core", "onnx", "onnxruntime")
    source = find_model(model)
    path = destination(output, read_card(source), ".zip")
    from podia.networks.export.bioimageio_description import WEIGHTS, Described, write_description
    from podia.networks.inference.export_onnx import export_single_frame
    from podia.networks.model_file import load_model

    network, card = load_model(model)
    graph = export_single_frame(network, size_px=size_px, metadata={METADATA_KEY: card.model_dump_json()})
    names = tuple(authors) or (("The podia developers",) if str(model) in shipped_models() else ())
    # The time when the model was made, so that a second export gives the same package.
    made = datetime.fromtimestamp(int(source.stat().st_mtime), UTC)
    described = Described(card, network, size_px, names, made)
    # bioimageio.core leaves files open, and Windows cannot remove open files.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        contents = Path(folder).resolve() / "contents"
        contents.mkdir()
        (contents / WEIGHTS).write_bytes(graph.content)
        edge = size_px or -(-_EXAMPLE_PX // network.stride) * network.stride
        _write_files(contents, described, draw_frame(edge, card.pixel_size_um))
        write_description(contents, described)
        archive = contents.with_suffix(".zip")
        _zip(contents, archive)
        _require_passing(archive)
        with atomic_path(path) as temporary:
            temporary.write_bytes(archive.read_bytes())
    return ExportedModel(path, graph.max_difference, tuple(_notes(described)))


def _write_files(folder: Path, model: Described, frame: Image) -> None:
    """Write test tensors, cover, README, and the licence if it has no SPDX identifier."""
    from podia.networks.export import bioimageio_description as names
    from podia.networks.inference.export_onnx import predict_single_frame

    card, network = model.card, model.network
    low, high = (float(np.percentile(frame, percentile)) for percentile in GREY_PERCENTILES)
    prediction = predict_single_frame(network, scale_grey(frame, low, high))
    _save(folder / names.TEST_INPUT, frame.astype(np.float32)[None, None])
    _save(folder / names.TEST_OUTPUT, prediction[None])
    labels = network.config.head.decode(prediction, card.decode)
    write_cover(folder / names.COVER, frame, labels, (low, high))
    (folder / names.README).write_text(readme(card, network), encoding="utf-8")
    if card.licence and not names.has_standard_licence(card):
        (folder / names.LICENCE).write_text(f"{card.licence}\n", encoding="utf-8")


def _save(path: Path, array: NDArray[np.float32]) -> None:
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def _zip(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as package:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name, _FIRST_DATE)
            entry.external_attr = 0o644 << 16  # readable for all where it is unpacked
            package.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def _require_passing(archive: Path) -> None:
    from bioimageio.core import test_model

    summary = test_model(archive, weight_format="onnx", devices=["CPUExecutionProvider"])
    if summary.status != "passed":
        found = next((error.msg for detail in summary.details for error in detail.errors), summary.status)
        first = found.strip().splitlines()[0]
        raise OutputError(f"The package does not pass bioimageio.core's test, so it was not written: {first}")


def _notes(model: Described) -> list[str]:
    notes = ["It passed bioimageio.core's own test."]
    if model.network.recurrent:
        notes.append("It processes one image at a time, without the network's state from earlier frames.")
    if not model.authors:
        notes.append("It has no author. bioimage.io requires one for an upload (--author).")
    return notes
