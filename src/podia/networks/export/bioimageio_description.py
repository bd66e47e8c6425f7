"""``rdf.yaml``, the description of a model in a bioimage.io package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bioimageio.spec import ValidationContext, get_package_content
from bioimageio.spec.model import v0_5
from bioimageio.spec.utils import get_spdx_licenses, write_yaml
from pydantic import ValidationError

from podia.data.errors import OutputError
from podia.data.grey_range import GREY_PERCENTILES
from podia.networks.card import ModelCard
from podia.networks.export.citations import citations
from podia.networks.export.readme import output_channels
from podia.networks.inference.export_onnx import OPSET
from podia.networks.models.network import Network

WEIGHTS, TEST_INPUT, TEST_OUTPUT = "weights.onnx", "test_input.npy", "test_output.npy"
README, COVER, LICENCE = "README.md", "cover.png", "LICENSE.txt"
_DESCRIPTION = "rdf.yaml"
_SMALLEST_STRIDES = 4
"""Smallest frame size that the package declares, in strides."""
_SHORTEST_NAME = 5


@dataclass(frozen=True)
class Described:
    """Facts about a model that are not in the files of the package."""

    card: ModelCard
    network: Network
    size_px: int | None
    authors: Sequence[str]
    made: datetime


def write_description(folder: Path, model: Described) -> None:
    """Write ``rdf.yaml`` for the other files in `folder`, an absolute path.

    Raises
    ------
    OutputError
        If bioimageio.spec rejects the description.
    """
    try:
        with ValidationContext(root=folder, log_warnings=False):
            content = get_package_content(_description(folder, model), bioimageio_yaml_file_name=_DESCRIPTION)
            write_yaml(content[_DESCRIPTION], folder / _DESCRIPTION)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in (error.title, *problem["loc"]))
        raise OutputError(
            f"bioimage.io does not allow {where} to be {problem['input']!r}: {problem['msg']}."
        ) from None


def has_standard_licence(card: ModelCard) -> bool:
    """Return whether the licence of the weights is an SPDX identifier."""
    return any(card.licence == entry["licenseId"] for entry in get_spdx_licenses()["licenses"])


def _description(folder: Path, model: Described) -> Any:
    own_licence = _file(folder, LICENCE) if (folder / LICENCE).exists() else None
    return v0_5.ModelDescr(
        name=_name(model.card),
        description=_summary(model.card),
        authors=[v0_5.Author(name=name) for name in model.authors],
        cite=[
            v0_5.CiteEntry(text=work.text, doi=v0_5.Doi(work.doi))
            for work in citations(model.card)
            if work.doi is not None
        ],
        license=v0_5.LicenseId(model.card.licence) if has_standard_licence(model.card) else own_licence,
        documentation=_file(folder, README),
        covers=[_file(folder, COVER)],
        tags=["segmentation", "cells", "label-free", "2d", "microscopy", "podia", "onnx"],
        inputs=[_input(folder, model)],
        outputs=[_output(folder, model)],
        weights=v0_5.WeightsDescr(onnx=v0_5.OnnxWeightsDescr(source=folder / WEIGHTS, opset_version=OPSET)),
        timestamp=v0_5.Datetime(model.made),
        config=v0_5.Config(podia=model.card.model_dump(mode="json")),
    )


def _file(folder: Path, name: str) -> Any:
    return v0_5.FileDescr(source=folder / name)


def _name(card: ModelCard) -> str:
    """Return the model's name, reduced to the characters that bioimage.io allows."""
    name = re.sub(r"[^A-Za-z0-9_+() -]", "-", card.name)
    return name if len(name) >= _SHORTEST_NAME else f"podia model {name}"


def _summary(card: ModelCard) -> str:
    trained = ", ".join(data.name for data in card.data)
    on = f" Trained on {trained}." if trained else ""
    return f"Cells in label-free microscopy, by the network '{card.architecture}' of podia.{on}"[:512]


def _input(folder: Path, model: Described) -> Any:
    stride = model.network.stride
    size = model.size_px or v0_5.ParameterizedSize(min=_SMALLEST_STRIDES * stride, step=stride)
    low, high = GREY_PERCENTILES
    to_percentiles = v0_5.ScaleRangeKwargs(
        axes=[v0_5.AxisId(axis) for axis in ("channel", "y", "x")], min_percentile=low, max_percentile=high
    )
    return v0_5.InputTensorDescr(
        id=v0_5.TensorId("image"),
        description="Grey image as recorded.",
        axes=[
            v0_5.BatchAxis(size=1),
            v0_5.ChannelAxis(channel_names=[v0_5.Identifier("grey")]),
            *(v0_5.SpaceInputAxis(id=v0_5.AxisId(axis), size=size, **_scale(model.card)) for axis in "yx"),
        ],
        test_tensor=_file(folder, TEST_INPUT),
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=[
            v0_5.ScaleRangeDescr(kwargs=to_percentiles),
            v0_5.ScaleLinearDescr(kwargs=v0_5.ScaleLinearKwargs(gain=2.0, offset=-1.0)),
        ],
    )


def _output(folder: Path, model: Described) -> Any:
    image = v0_5.TensorId("image")
    return v0_5.OutputTensorDescr(
        id=v0_5.TensorId("prediction"),
        description="Prediction for each pixel. README.md describes the decoding into cells.",
        axes=[
            v0_5.BatchAxis(size=1),
            v0_5.ChannelAxis(
                channel_names=[v0_5.Identifier(name) for name in output_channels(model.network.config)]
            ),
            *(
                v0_5.SpaceOutputAxis(
                    id=v0_5.AxisId(axis),
                    size=v0_5.SizeReference(tensor_id=image, axis_id=v0_5.AxisId(axis)),
                    **_scale(model.card),
                )
                for axis in "yx"
            ),
        ],
        test_tensor=_file(folder, TEST_OUTPUT),
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
    )


def _scale(card: ModelCard) -> dict[str, Any]:
    """Return the pixel size and its unit, if the model was trained at a known pixel size."""
    return {} if card.pixel_size_um is None else {"unit": "micrometer", "scale": card.pixel_size_um}
