"""The network that made the masks, as a reader must know it before trusting them."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.calibration import Calibration
from podia.networks.card import ModelCard
from podia.reporting.inputs import ReportInputs
from podia.reporting.wording import number


@dataclass(frozen=True)
class NetworkWords:
    """A network in words: its name, what it was trained on, at what scale, and where it is known to fail."""

    name: str
    trained_on: str
    scale: str
    limits: str


def network_words(inputs: ReportInputs) -> list[NetworkWords]:
    """Return what to say of each of the networks that made the masks; nothing where none did."""
    return [_words_of(card, inputs.calibration) for card in inputs.models]


def _words_of(card: ModelCard, calibration: Calibration) -> NetworkWords:
    limits = card.limits or "Its model file names none, which does not mean that there are none."
    return NetworkWords(card.name, _trained_on(card), _scale(card, calibration), limits)


def _trained_on(card: ModelCard) -> str:
    if not card.data:
        return "Its model file does not say what it was trained on."
    return f"Trained on {'; '.join(f'{data.name} ({data.licence})' for data in card.data)}."


def _scale(card: ModelCard, calibration: Calibration) -> str:
    if card.pixel_size_um is None:
        return ""
    trained_at = f"It was trained at {number(card.pixel_size_um, 'µm')} a pixel"
    if calibration.pixel_size_um is None:
        return f"{trained_at}; the pixel size of this movie is unknown, so nobody could check that its scale fits."
    return f"{trained_at}, this movie has {number(calibration.pixel_size_um, 'µm')}."
