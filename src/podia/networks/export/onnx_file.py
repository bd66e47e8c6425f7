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
    notes = [f"Frames go in scaled (see docs/export.md), their sizes multiples of {network.stride} px."]
    if n_state:
        notes.append(
            f"The state is {n_state} tensors: zeros before the first frame, then what the step before gave."
        )
    else:
        notes.append("The network has no memory: there is no state.")
    if n_state and network.window is not None:
        notes.append(
            f"The network was made for windows of {network.window} frames: podia starts each frame's window with zeros."
        )
    if network.lookahead:
        notes.append(
            f"The network can look {network.lookahead} frames ahead, this file does not: it gives what podia gives "
            "with network.lookahead=false."
        )
    return notes
