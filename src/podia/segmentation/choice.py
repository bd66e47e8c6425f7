"""Method and model of a segmentation, as arguments of functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from podia.data.errors import InvalidInputError

Method = Literal["network", "egt", "phantast", "blobs"]
"""Segmentation method: a trained network, or without training a threshold (``egt``, ``phantast``) or blobs."""

ModelName: TypeAlias = str | Path
"""Name of an included model, or a model file."""


def method_settings(
    method: Method | None, model: ModelName | Sequence[ModelName] | None, *, section: str = ""
) -> dict[str, Any]:
    """Convert a method and one or several models to settings; a model alone implies the method network.

    Parameters
    ----------
    section
        Prefix of each name, such as ``segmentation``.

    Raises
    ------
    InvalidInputError
        If a model is given with another method, or is not a name, a path or several of them.
    """
    prefix = f"{section}." if section else ""
    if model is None:
        return {} if method is None else {f"{prefix}method": method}
    if method not in (None, "network"):
        raise InvalidInputError(
            f"model requires method='network', but method is {method!r}. Remove one of the two."
        )
    first, *others = _names(model)
    return {
        f"{prefix}method": "network",
        f"{prefix}network.model": first,
        f"{prefix}network.ensemble": tuple(others),
    }


def _names(model: object) -> list[str]:
    models = [model] if isinstance(model, str | Path) else model
    if (
        not isinstance(models, Sequence)
        or not models
        or not all(isinstance(one, str | Path) for one in models)
    ):
        raise InvalidInputError(
            f"model is {model!r}. Use the name of an included model ('podia models list'), a model file, "
            "or a list of them, whose predictions are averaged."
        )
    return [str(one) for one in models]
