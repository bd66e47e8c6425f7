"""A model as one ONNX file: a step in time, with the state as inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from podia.segmentation.export.exported import ExportedModel, destination, require_extra
from podia.segmentation.model_card import METADATA_KEY, find_model, read_card

if TYPE_CHECKING:
    from podia.segmentation.models.network import Network


def write_onnx(model: Path | str, output: Path, *, size_px: int | None = None) -> ExportedModel:
    """Write `model` as an ONNX file, whole or not at all, after it was compared with PyTorch.

    Inputs, outputs and sizes are those of :func:`podia.segmentation.inference.export_onnx.export_step`; the model card
    is in the file's metadata as JSON, under ``podia``.

    Parameters
    ----------
    model
        A model file, or the name of one that comes with podia.
    output
        The file (``.onnx``), or a folder for it.
    size_px
        Height and width of frames; None leaves them open, as multiples of the network's stride.

    Raises
    ------
    MissingDependencyError
        If onnx or onnxruntime is not installed.
    InvalidInputError
        If there is no such model, or frames of `size_px` do not fit it.
    OutputError
        If the file is there already, or the graph does not give what the network gives.
    """
    require_extra("onnx", "onnx", "onnxruntime")
    card = read_card(find_model(model))
    path = destination(output, card, ".onnx")
    from podia.segmentation.inference.export_onnx import export_step
    from podia.segmentation.models.weights import load_model

    network, card = load_model(model)
    graph = export_step(network, size_px=size_px, metadata={METADATA_KEY: card.model_dump_json()})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(graph.content)
    partial.replace(path)
    return ExportedModel(path, graph.max_difference, tuple(_notes(network, len(graph.inputs) - 1)))


def _notes(network: Network, n_state: int) -> list[str]:
    notes = []
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
