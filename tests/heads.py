"""Every output head by a name for tests; ``softmax`` is the head ``binary`` with two classes."""

from __future__ import annotations

from typing import Any

from podia.networks.outputs.base import Output
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.registry import parse_output

HEADS: dict[str, Output[Any, Any]] = {
    "softmax": Binary(softmax=True),
    **{
        name: parse_output(name)
        for name in (
            "binary",
            "contour",
            "distance",
            "spots",
            "cells_and_spots",
            "center_classification",
            "instances",
        )
    },
}
