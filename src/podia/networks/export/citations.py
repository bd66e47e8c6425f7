"""Citations of an exported model, with the DOI that bioimage.io requires."""

from __future__ import annotations

import re
from dataclasses import dataclass

from podia.networks.card import ModelCard
from podia.networks.models.registry import architecture_names, find_architecture

_DOI = re.compile(r"\b10\.\d{4,9}/(?:\([^\s()]*\)|[^\s;,()\]])+")
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})", re.IGNORECASE)


@dataclass(frozen=True)
class Citation:
    """A work to cite; `doi` is None if its text contains none."""

    text: str
    doi: str | None


def citations(card: ModelCard) -> list[Citation]:
    """Return the publications of a model's architecture and training data, without repeats."""
    known = card.architecture in architecture_names()
    texts = [f"Architecture: {find_architecture(card.architecture).source}"] if known else []
    texts += [f"{data.name}: {data.citation}" for data in card.data if data.citation]
    return [Citation(text, find_doi(text)) for text in dict.fromkeys(texts)]


def find_doi(text: str) -> str | None:
    """Return the first DOI in `text`; an arXiv number is converted to its DOI.

    Examples
    --------
    >>> find_doi("Arbelle & Riklin Raviv, ISBI 2019, arXiv:1805.11247")
    '10.48550/arXiv.1805.11247'
    >>> find_doi("Tsai et al. 2019 (https://doi.org/10.1038/s41592-019-0403-1).")
    '10.1038/s41592-019-0403-1'
    >>> find_doi("Hu 1990 (doi:10.1016/S0092-8674(00)81683-9)")
    '10.1016/S0092-8674(00)81683-9'
    """
    doi, arxiv = _DOI.search(text), _ARXIV.search(text)
    if doi is not None:
        return doi[0].rstrip(".")
    return None if arxiv is None else f"10.48550/arXiv.{arxiv[1]}"
