"""The network that made the masks: training data, scale and known limits."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.calibration import Calibration
from podia.networks.card import ModelCard
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import number


@dataclass(frozen=True)
class NetworkWords:
    """A network in words: name, training data, scale and known limits."""

    name: str
    trained_on: str
    scale: str
    limits: str


def network_words(inputs: ReportInputs) -> list[NetworkWords]:
    """Return the description of each network that made the masks; empty without one."""
    return [_words_of(card, inputs.calibration) for card in inputs.models]


def _words_of(card: ModelCard, calibration: Calibration) -> NetworkWords:
    limits = card.limits or "not documented in the model file, which does not mean that there are none."
    return NetworkWords(card.name, _trained_on(card), _scale(card, calibration), limits)


def _trained_on(card: ModelCard) -> str:
    if not card.data:
        return "The model file does not document the training data."
    return f"Trained on {'; '.join(f'{data.name} ({data.licence})' for data in card.data)}."


def _scale(card: ModelCard, calibration: Calibration) -> str:
    if card.pixel_size_um is None:
        return ""
    trained_at = f"Trained at {number(card.pixel_size_um, 'µm')} per pixel"
    if calibration.pixel_size_um is None:
        return f"{trained_at}; the pixel size of this movie is unknown, so the scale may not match."
    return f"{trained_at}; this movie has {number(calibration.pixel_size_um, 'µm')}."
