"""A model as a bioimage.io package, for deepImageJ, ilastik, BiaPy and other programs that read them."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import OutputError
from podia.data.grey_range import GREY_PERCENTILES
from podia.data.movie import Image
from podia.segmentation.decode import decode
from podia.segmentation.export.citations import citations
from podia.segmentation.export.cover import write_cover
from podia.segmentation.export.exported import ExportedModel, destination, require_extra
from podia.segmentation.export.readme import output_channels, readme
from podia.segmentation.model_card import METADATA_KEY, ModelCard, find_model, read_card, shipped_models
from podia.segmentation.scaling import scale_grey

if TYPE_CHECKING:
    from podia.segmentation.models.network import Network

DrawFrame = Callable[[int, float | None], Image]
"""Gives an example of a frame, from its edge in px and its pixel size in um (None: any)."""

_DESCRIPTION = "rdf.yaml"
_WEIGHTS, _INPUT, _OUTPUT = "weights.onnx", "test_input.npy", "test_output.npy"
_README, _COVER, _LICENCE = "README.md", "cover.png", "LICENSE.txt"
_EXAMPLE_PX = 256
_SMALLEST_STRIDES = 4
"""Smallest frame that is promised to work, in strides."""
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive, so that the same model gives the same bytes; the earliest that ZIP knows."""
_SHORTEST_NAME = 5


def write_bioimageio(
    model: Path | str,
    output: Path,
    draw_frame: DrawFrame,
    *,
    size_px: int | None = None,
    authors: Sequence[str] = (),
) -> ExportedModel:
    """Write `model` as a bioimage.io package, whole or not at all, after bioimageio.core's own test has passed.

    bioimage.io models see one image: the network's state starts empty, inside the graph (see
    :class:`podia.segmentation.inference.export_onnx.SingleFrame`). Grey values are scaled by the package's own
    preprocessing. The weights are ONNX alone: bioimage.io takes PyTorch weights as pickles only. Nothing is downloaded.

    Parameters
    ----------
    model
        A model file, or the name of one that comes with podia.
    output
        The file (``.zip``), or a folder for it.
    draw_frame
        Draws the frame of the test and of the cover.
    size_px
        Height and width of frames; None leaves them open, as multiples of the network's stride.
    authors
        Names of who made the model; of models that come with podia, its developers.

    Raises
    ------
    MissingDependencyError
        If bioimageio.core, onnx or onnxruntime is not installed.
    InvalidInputError
        If there is no such model, or frames of `size_px` do not fit it.
    OutputError
        If the file is there already, or the test does not pass.
    """
    require_extra("bioimageio", "bioimageio.core", "onnx", "onnxruntime")
    source = find_model(model)
    path = destination(output, read_card(source), ".zip")
    from podia.segmentation.inference.export_onnx import export_single_frame
    from podia.segmentation.models.weights import load_model

    network, card = load_model(model)
    graph = export_single_frame(network, size_px=size_px, metadata={METADATA_KEY: card.model_dump_json()})
    edge = size_px or -(-_EXAMPLE_PX // network.stride) * network.stride
    package = _Package(
        card,
        network,
        size_px,
        tuple(authors) or (("The podia developers",) if str(model) in shipped_models() else ()),
        # Of the model, so that exporting it again gives the same package.
        datetime.fromtimestamp(int(source.stat().st_mtime), UTC),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".partial-") as folder:
        contents = Path(folder) / "contents"
        contents.mkdir()
        (contents / _WEIGHTS).write_bytes(graph.content)
        package.write_files(contents, draw_frame(edge, card.pixel_size_um))
        package.write_description(contents)
        archive = Path(folder) / path.name
        _zip(contents, archive)
        _require_passing(archive)
        archive.replace(path)
    return ExportedModel(path, graph.max_difference, tuple(_notes(network, package.authors)))


@dataclass(frozen=True)
class _Package:
    """What goes into the archive beside the weights."""

    card: ModelCard
    network: Network
    size_px: int | None
    authors: tuple[str, ...]
    made: datetime

    def write_files(self, folder: Path, frame: Image) -> None:
        """Write test tensors, cover, README and, where it has no standard name, the licence."""
        from podia.segmentation.inference.export_onnx import predict_single_frame

        head = self.network.config.head
        low, high = (float(np.percentile(frame, percentile)) for percentile in GREY_PERCENTILES)
        prediction = predict_single_frame(self.network, scale_grey(frame, low, high))
        _save(folder / _INPUT, frame.astype(np.float32)[None, None])
        _save(folder / _OUTPUT, prediction[None])
        write_cover(folder / _COVER, frame, decode(prediction, head, self.card.decode), (low, high))
        page = readme(self.card, head, tips=self.network.config.tips, stride=self.network.stride)
        (folder / _README).write_text(page, encoding="utf-8")
        if self.card.licence and not self._has_standard_licence():
            (folder / _LICENCE).write_text(f"{self.card.licence}\n", encoding="utf-8")

    def write_description(self, folder: Path) -> None:
        """Write ``rdf.yaml`` for the other files in `folder`; refused by bioimageio.spec where it breaks the rules."""
        from bioimageio.spec import ValidationContext, get_package_content
        from bioimageio.spec.model import v0_5
        from bioimageio.spec.utils import write_yaml

        own_licence = v0_5.FileDescr(source=folder / _LICENCE) if (folder / _LICENCE).exists() else None
        with ValidationContext(root=folder, log_warnings=False):
            description = v0_5.ModelDescr(
                name=self._name(),
                description=self._summary(),
                authors=[v0_5.Author(name=name) for name in self.authors],
                cite=[
                    v0_5.CiteEntry(text=work.text, doi=v0_5.Doi(work.doi))
                    for work in citations(self.card)
                    if work.doi is not None
                ],
                license=v0_5.LicenseId(self.card.licence) if self._has_standard_licence() else own_licence,
                documentation=v0_5.FileDescr(source=folder / _README),
                covers=[v0_5.FileDescr(source=folder / _COVER)],
                tags=["segmentation", "cells", "label-free", "2d", "microscopy", "podia", "onnx"],
                inputs=[self._input(folder)],
                outputs=[self._output(folder)],
                weights=v0_5.WeightsDescr(onnx=self._weights(folder)),
                timestamp=v0_5.Datetime(self.made),
                config=v0_5.Config(podia=self.card.model_dump(mode="json")),
            )
            content = get_package_content(description, bioimageio_yaml_file_name=_DESCRIPTION)
            write_yaml(content[_DESCRIPTION], folder / _DESCRIPTION)

    def _name(self) -> str:
        """Return the model's name in letters that bioimage.io allows."""
        name = re.sub(r"[^A-Za-z0-9_+() -]", "-", self.card.name)
        return name if len(name) >= _SHORTEST_NAME else f"podia model {name}"

    def _summary(self) -> str:
        trained = ", ".join(data.name for data in self.card.data)
        on = f" Trained on {trained}." if trained else ""
        return f"Cells in label-free microscopy, by the network '{self.card.architecture}' of podia.{on}"[
            :512
        ]

    def _has_standard_licence(self) -> bool:
        from bioimageio.spec.utils import get_spdx_licenses

        return any(self.card.licence == entry["licenseId"] for entry in get_spdx_licenses()["licenses"])

    def _weights(self, folder: Path) -> Any:
        from bioimageio.spec.model import v0_5

        from podia.segmentation.inference.export_onnx import OPSET

        return v0_5.OnnxWeightsDescr(source=folder / _WEIGHTS, opset_version=OPSET)

    def _input(self, folder: Path) -> Any:
        from bioimageio.spec.model import v0_5

        stride = self.network.stride
        size = self.size_px or v0_5.ParameterizedSize(min=_SMALLEST_STRIDES * stride, step=stride)
        low, high = GREY_PERCENTILES
        return v0_5.InputTensorDescr(
            id=v0_5.TensorId("image"),
            description="Grey image as recorded.",
            axes=[
                v0_5.BatchAxis(size=1),
                v0_5.ChannelAxis(channel_names=[v0_5.Identifier("grey")]),
                *(v0_5.SpaceInputAxis(id=v0_5.AxisId(axis), size=size, **self._scale()) for axis in "yx"),
            ],
            test_tensor=v0_5.FileDescr(source=folder / _INPUT),
            data=v0_5.IntervalOrRatioDataDescr(type="float32"),
            preprocessing=[
                v0_5.ScaleRangeDescr(
                    kwargs=v0_5.ScaleRangeKwargs(
                        axes=[v0_5.AxisId(axis) for axis in ("channel", "y", "x")],
                        min_percentile=low,
                        max_percentile=high,
                    )
                ),
                v0_5.ScaleLinearDescr(kwargs=v0_5.ScaleLinearKwargs(gain=2.0, offset=-1.0)),
            ],
        )

    def _output(self, folder: Path) -> Any:
        from bioimageio.spec.model import v0_5

        config = self.network.config
        channels = output_channels(config.head, tips=config.tips)
        image = v0_5.TensorId("image")
        return v0_5.OutputTensorDescr(
            id=v0_5.TensorId("prediction"),
            description="What the network says of each pixel; README.md tells how cells are made of it.",
            axes=[
                v0_5.BatchAxis(size=1),
                v0_5.ChannelAxis(channel_names=[v0_5.Identifier(channel) for channel in channels]),
                *(
                    v0_5.SpaceOutputAxis(
                        id=v0_5.AxisId(axis),
                        size=v0_5.SizeReference(tensor_id=image, axis_id=v0_5.AxisId(axis)),
                        **self._scale(),
                    )
                    for axis in "yx"
                ),
            ],
            test_tensor=v0_5.FileDescr(source=folder / _OUTPUT),
            data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        )

    def _scale(self) -> dict[str, Any]:
        """Return unit and size of a pixel, where the model was trained at a known one."""
        pixel_size_um = self.card.pixel_size_um
        return {} if pixel_size_um is None else {"unit": "micrometer", "scale": pixel_size_um}


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
        first = next((error.msg for detail in summary.details for error in detail.errors), summary.status)
        raise OutputError(f"The package does not pass bioimageio.core's test, so it was not written: {first}")


def _notes(network: Network, authors: Sequence[str]) -> list[str]:
    notes = ["It passed bioimageio.core's own test."]
    if network.recurrent:
        notes.append("It sees one image at a time, without the network's memory of earlier frames.")
    if not authors:
        notes.append("It names no author: bioimage.io asks for one on upload (--author).")
    return notes
