"""ONNX export: one time step, with the state as inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from podia.files.atomic import atomic_path
from podia.networks.card import METADATA_KEY, find_model, read_card
from podia.networks.export.exported import ExportedModel, destination, require_extra

if TYPE_CHECKING:
    from podia.networks.models.network import Network

_STRIDE_KEY = "stride"


def write_onnx(model: Path | str, output: Path, *, size_px: int | None = None) -> ExportedModel:
    """Export `model` as an ONNX file. It is written only if its outputs agree with PyTorch.

    Inputs, outputs and sizes are those of :func:`podia.networks.inference.export_onnx.export_step`. The file's metadata
    holds the model card as JSON under ``podia``, and the number that frame sizes must be a multiple of under
    ``stride``.

    Parameters
    ----------
    model
        A model file, or the name of an included model.
    output
        The file (``.onnx``), or a folder for it.
    size_px
        Height and width of frames; None allows any multiple of the network's stride.

    Raises
    ------
    MissingDependencyError
        If onnx or onnxruntime is not installed.
    InvalidInputError
        If there is no such model, or it cannot process frames of `size_px`.
    OutputError
        If the file exists already or cannot be written, or the graph's outputs differ from those of the network.
    """
    require_extra("onnx", "onnx", "onnxruntime")
    card = read_card(find_model(model))
    path = destination(output, card, ".onnx")
    from podia.networks.inference.export_onnx import export_step
    from podia.networks.model_file import load_model

    network, card = load_model(model)
    metadata = {METADATA_KEY: card.model_dump_json(), _STRIDE_KEY: str(network.stride)}
    graph = export_step(network, size_px=size_px, metadata=metadata)
    with atomic_path(path) as temporary:
        temporary.write_bytes(graph.content)
    return ExportedModel(path, graph.max_difference, tuple(_notes(network, graph.n_state)))


def _notes(network: Network, n_state: int) -> list[str]:
    notes = [
        "Input frames must be scaled (see docs/export.md), with sizes that are multiples of "
        f"{network.stride} px."
    ]
    if n_state:
        notes.append(
            f"The state consists of {n_state} tensors: zeros before the first frame, then the output of "
            "the previous step."
        )
    else:
        notes.append("The network is not recurrent and has no state.")
    if n_state and network.window is not None:
        notes.append(
            f"The network is designed for windows of {network.window} frames: podia starts the window of "
            "each frame with zeros."
        )
    if network.lookahead:
        notes.append(
            f"The network can use {network.lookahead} later frames, but this file cannot: its results are "
            "those of podia with network.lookahead=false."
        )
    return notes
