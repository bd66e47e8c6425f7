"""Model card: metadata of a trained model, stored in the safetensors file with its weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveFloat, ValidationError

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, InvalidInputError, nearest_name_hint
from podia.networks.old_cards import upgrade
from podia.networks.outputs.registry import AnyDecodeConfig
from podia.version import __version__

METADATA_KEY = "podia"
"""Key of the card in the metadata of a safetensors file."""
_SHIPPED = Path(__file__).parent / "weights"
_SUFFIX = ".safetensors"
_LONGEST_HEADER_BYTES = 100_000_000
"""Limit of the safetensors format."""


class TrainingData(FrozenConfig):
    """A data set used to train a model."""

    name: str = Field(description="Name of the data set.")
    licence: str = Field(description="Licence of the data set.")
    citation: str = Field("", description="Whom to cite.")
    sha256: str | None = Field(None, description="Hash over the names and contents of its files, in order.")


class ModelCard(FrozenConfig):
    """Metadata of a trained model."""

    name: str = Field(description="Name of the trained model.")
    architecture: str = Field(description="Name of the architecture.")
    network: dict[str, Any] = Field(default_factory=dict, description="Settings of the architecture.")
    decode: AnyDecodeConfig = Field(
        None, description="Settings for decoding predictions into cells; null: defaults of the head."
    )
    pixel_size_um: PositiveFloat | None = Field(
        None, description="Pixel size at which the model was trained."
    )
    cell_diameter_px: PositiveFloat | None = Field(
        None,
        description="Median cell diameter at which the model was trained, px (that of a disc of the same area). "
        "Movies are rescaled to it, and pixel_size_um is ignored.",
    )
    frame_interval_s: PositiveFloat | None = Field(
        None, description="Time between frames at which the model was trained."
    )
    data: tuple[TrainingData, ...] = Field((), description="Data sets used for training.")
    recipe: dict[str, Any] = Field(default_factory=dict, description="Description of the training.")
    scores: dict[str, float] = Field(default_factory=dict, description="Scores on held-out data.")
    limits: str = Field("", description="Known limitations.")
    licence: str = Field("", description="Licence of the weights.")
    podia: str = Field(__version__, description="Version of podia used for training.")


def read_card(path: Path) -> ModelCard:
    """Return the card of the model file at `path`; the weights are not read.

    Raises
    ------
    InvalidInputError
        If the file is missing, is not a safetensors file, or has no podia card.
    """
    metadata = _read_metadata(path)
    if METADATA_KEY not in metadata:
        raise InvalidInputError(
            f"{path} contains weights but no model card of podia (metadata key '{METADATA_KEY}'). Use a "
            "model written by podia train."
        )
    try:
        return ModelCard.model_validate(upgrade(json.loads(metadata[METADATA_KEY])))
    except ConfigurationError as error:
        raise InvalidInputError(
            f"The model card in {path} does not fit podia {__version__}: {error} "
            "Was it written by a newer podia? Then update podia."
        ) from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise InvalidInputError(
            f"The model card in {path} does not fit podia {__version__}: '{where}': {problem['msg']}. "
            "Was it written by a newer podia? Then update podia."
        ) from None


def holds_card(path: Path) -> bool:
    """Return whether the safetensors file at `path` is a podia model.

    Raises
    ------
    InvalidInputError
        If it cannot be read, or is not a safetensors file.
    """
    return METADATA_KEY in _read_metadata(path)


def shipped_models() -> dict[str, Path]:
    """Return the files of the models included in podia, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob(f"*{_SUFFIX}"))}


def find_model(path_or_name: Path | str) -> Path:
    """Return the file of a model, given its path or the name of an included model.

    Raises
    ------
    InvalidInputError
        If there is no such file or model.
    """
    shipped = shipped_models()
    if str(path_or_name) in shipped:
        return shipped[str(path_or_name)]
    path = Path(path_or_name)
    if path.is_file():
        return path
    names = ", ".join(shipped) or "none"
    raise InvalidInputError(
        f"There is no model '{path_or_name}'.{nearest_name_hint(str(path_or_name), shipped)} Use a "
        f"{_SUFFIX} file written by podia train, or an included model: {names}."
    )


def _read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file, from its header: the length (8 bytes, little endian), then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEADER_BYTES:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
            metadata: dict[str, str] = header.get("__metadata__", {})
    except OSError as error:
        raise InvalidInputError(f"Cannot read the model file {path}: {error.strerror or error}.") from None
    except (struct.error, ValueError, AttributeError):
        raise InvalidInputError(
            f"{path} is not a safetensors file. podia reads models as safetensors only, never as pickles."
        ) from None
    return metadata
