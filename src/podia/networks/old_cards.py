"""Conversion of old model cards, in which decode settings did not yet belong to heads."""

from __future__ import annotations

from typing import Any

_HEADS: dict[str, Any] = {
    "mask": "binary",
    "foreground": {"name": "binary", "softmax": True},
    "presence": "center_classification",
}
"""Heads by their old names."""
_DEFAULT_HEADS = {
    "podia": "distance",
    "convlstm": "binary",
    "u-lstm": "contour",
    "sliding-window": "center_classification",
    "mask-rcnn": "instances",
}
"""Default heads by prefix of the architecture's name; all other architectures had the head ``mask``."""
_CELLS = ("max_hole_area_px", "min_area_px", "max_area_px", "exclude_border", "field_margin_px")
_SEEDS = ("threshold", "closing_radius_px", "seed_threshold", "seed_smoothing_px", "min_seed_area_px")
_SPOTS = ("spot_radius_px", "spot_method", "spot_threshold", "spot_distance_px")
_SETTINGS: dict[str, tuple[str, ...]] = {
    "binary": (*_CELLS, "threshold", "closing_radius_px", "split_depth_px", "split_smoothing_px"),
    "contour": (*_CELLS, *_SEEDS, "method", "contour_threshold", "contour_reach_px"),
    "distance": (*_CELLS, *_SEEDS, "min_pass_depth"),
    "spots": ("exclude_border", "field_margin_px", *_SPOTS),
    "center_classification": ("exclude_border", "field_margin_px", *_SPOTS),
    "cells_and_spots": (*_CELLS, *_SPOTS, "threshold", "closing_radius_px"),
    "instances": (*_CELLS, "threshold"),
}
"""Settings used by each head, from a list shared by all heads."""
_ALL = {name for names in _SETTINGS.values() for name in names}


def upgrade(card: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a card with current names of heads and settings."""
    decode = card.get("decode")
    if not isinstance(decode, dict) or "head" in decode:
        return card
    network = dict(card.get("network") or {})
    if network.get("head") in _HEADS:
        network["head"] = _HEADS[network["head"]]
    head = network.get("head", _default_head(str(card.get("architecture"))))
    name = head["name"] if isinstance(head, dict) else head
    return {**card, "network": network, "decode": _decode_settings(decode, name)}


def _default_head(architecture: str) -> str:
    return next((h for begin, h in _DEFAULT_HEADS.items() if architecture.startswith(begin)), "binary")


def _decode_settings(old: dict[str, Any], head: str) -> dict[str, Any]:
    values = dict(old)
    if values.get("method") == "s1":
        values["method"] = "contour_threshold"
    if values.get("spot_threshold") is None:
        values["spot_threshold"] = values.get("threshold", 0.5)
    # Unknown settings are kept, so that validation rejects them.
    used = _SETTINGS.get(head, ())
    return {"head": head, **{key: v for key, v in values.items() if key in used or key not in _ALL}}
