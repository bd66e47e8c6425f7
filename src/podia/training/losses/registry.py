"""Losses by name, with the heads that they fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from pydantic import Field
from torch import Tensor

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError
from podia.networks.outputs.heads import HEADS, Head
from podia.networks.outputs.pixel_weights import PixelWeights
from podia.training.losses.binary_cross_entropy import binary_cross_entropy
from podia.training.losses.cells_and_spots import cells_and_spots
from podia.training.losses.cross_entropy import cross_entropy
from podia.training.losses.dice import dice
from podia.training.losses.distance_regression import distance_regression
from podia.training.losses.focal import focal
from podia.training.losses.spot_regression import spot_regression
from podia.training.losses.weight_map import weight_map_cross_entropy
from podia.training.losses.weighted_bce_dice import weighted_bce_dice

Loss = Callable[[Tensor, Tensor], Tensor]
"""``loss(logits (N, K, H, W), target (N, C, H, W)) -> scalar``; -1 in the target is unlabelled."""

LossName = Literal[
    "cross_entropy",
    "binary_cross_entropy",
    "dice",
    "weighted_bce_dice",
    "focal",
    "shape_aware",
    "distance_weighted",
    "spot_regression",
    "distance_regression",
    "cells_and_spots",
]


class LossConfig(FrozenConfig):
    """What a training makes small. A setting that the loss does not look at must be left at its default."""

    name: LossName | None = Field(
        None, description="Which loss; none (null) takes the usual one of the head."
    )
    class_weights: tuple[float, ...] | None = Field(
        None,
        description="A weight a class, background first, for cross_entropy (S1: 0.15, 0.25, 0.6), weighted_bce_dice "
        "and focal (Lin et al. 2017: 0.75, 0.25); none (null) weighs all alike.",
    )
    positive_weight: float = Field(
        1.0,
        gt=0,
        description="Weight of a cell's pixel against background, for binary_cross_entropy; of a spot's top, for "
        "spot_regression and cells_and_spots.",
    )
    cross_entropy_weight: float = Field(
        1.0, ge=0, description="Weight of cross-entropy in weighted_bce_dice."
    )
    dice_weight: float = Field(
        1.0, ge=0, description="Weight of Dice in weighted_bce_dice, distance_regression and cells_and_spots."
    )
    gamma: float = Field(2.0, ge=0, description="How much focal leaves easy pixels out (Lin et al. 2017: 2).")
    alpha: float = Field(
        10.0, ge=0, description="Weight of outlines in shape_aware and distance_weighted (both papers: 10)."
    )
    sigma_px: float = Field(
        5.0, gt=0, description="Reach of outlines in shape_aware and distance_weighted, px (both papers: 5)."
    )
    norm: Literal["mse", "l1_l2"] = Field(
        "mse",
        description="Norm of spot_regression and cells_and_spots: squared error (S4), or absolute plus squared error.",
    )
    regression_weight: float = Field(
        4.0, ge=0, description="Weight of distances in distance_regression, of spots in cells_and_spots."
    )
    annotated_share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of cells that are annotated, for spot_regression, cells_and_spots (its spots) and "
        "binary_cross_entropy; below 1 the rest may be among what counts as background (Kiryo et al. 2017).",
    )
    ignore_above: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Background where the network itself says a cell with a higher probability is left out, as a cell "
        "may not have been annotated, for the same losses; none (null) leaves out nothing.",
    )
    ignore_radius_px: int = Field(
        8,
        ge=1,
        le=64,
        description="Radius of the discs that are left out so, and distance from annotated cells within which nothing "
        "is, px.",
    )
    tips_weight: float = Field(1.0, ge=0, description="Weight of the tips' loss, where the network has tips.")


@dataclass(frozen=True)
class LossInfo:
    """Heads that a loss fits, the settings that it looks at, and the function."""

    heads: tuple[Head, ...]
    settings: tuple[str, ...]
    function: Callable[..., Tensor]
    weights: Literal["shape", "border"] | None = None


_CLASSES: tuple[Head, ...] = ("foreground", "contour", "mask")
_INCOMPLETE = ("annotated_share", "ignore_above", "ignore_radius_px")
"""Settings of losses that know that cells may not have been annotated."""

LOSSES: dict[LossName, LossInfo] = {
    "cross_entropy": LossInfo(("foreground", "contour"), ("class_weights",), cross_entropy),
    "binary_cross_entropy": LossInfo(
        ("mask", "presence", "instances"), ("positive_weight", *_INCOMPLETE), binary_cross_entropy
    ),
    "dice": LossInfo(_CLASSES, (), dice),
    "weighted_bce_dice": LossInfo(
        _CLASSES, ("class_weights", "cross_entropy_weight", "dice_weight"), weighted_bce_dice
    ),
    "focal": LossInfo((*_CLASSES, "instances"), ("gamma", "class_weights"), focal),
    "shape_aware": LossInfo(
        (*_CLASSES, "instances"), ("alpha", "sigma_px"), weight_map_cross_entropy, weights="shape"
    ),
    "distance_weighted": LossInfo(
        ("foreground", "mask"), ("alpha", "sigma_px"), weight_map_cross_entropy, weights="border"
    ),
    "spot_regression": LossInfo(("spots",), ("norm", "positive_weight", *_INCOMPLETE), spot_regression),
    "distance_regression": LossInfo(("distance",), ("dice_weight", "regression_weight"), distance_regression),
    "cells_and_spots": LossInfo(
        ("cells_and_spots",),
        ("dice_weight", "regression_weight", "norm", "positive_weight", *_INCOMPLETE),
        cells_and_spots,
    ),
}
"""Every loss."""

_USUAL: dict[Head, LossName] = {
    "foreground": "cross_entropy",
    "contour": "cross_entropy",
    "distance": "distance_regression",
    "mask": "weighted_bce_dice",
    "spots": "spot_regression",
    "cells_and_spots": "cells_and_spots",
    "presence": "binary_cross_entropy",
    "instances": "binary_cross_entropy",
}


def weights_of(config: LossConfig) -> PixelWeights | None:
    """Return the weights that :func:`podia.networks.outputs.targets.make_target` must append for this loss."""
    kind = None if config.name is None else LOSSES[config.name].weights
    return None if kind is None else PixelWeights(kind=kind, alpha=config.alpha, sigma_px=config.sigma_px)


def n_weight_channels(config: LossConfig) -> int:
    """Return how many channels of weights the target has after those of the head: 0 or 1."""
    return 0 if weights_of(config) is None else 1


def build_loss(config: LossConfig, head: Head, *, tips: bool = False) -> Loss:
    """Return the loss of a network.

    Parameters
    ----------
    config
        Which, and its settings.
    head
        What the logits say.
    tips
        Whether logits and target have a last channel for protrusion tips (0, 1, -1 unlabelled), learned with binary
        cross-entropy and Dice. The order of the target's channels is head, weights, tips.

    Raises
    ------
    ConfigurationError
        If the loss does not fit the head, the number of class weights is not that of its classes, or a setting is
        changed that the loss does not look at.
    """
    name = config.name or _USUAL[head]
    info = LOSSES[name]
    _require_fit(config, name, head)
    settings = {} if info.weights else {key: getattr(config, key) for key in info.settings}
    loss: Loss = partial(info.function, **settings)
    n_logits = HEADS[head].n_channels
    return partial(_with_tips, loss, n_logits, config.tips_weight) if tips else loss


def _with_tips(loss: Loss, n_logits: int, tips_weight: float, logits: Tensor, target: Tensor) -> Tensor:
    tips = weighted_bce_dice(logits[:, n_logits:], target[:, -1:])
    return loss(logits[:, :n_logits], target[:, :-1]) + tips_weight * tips


def _require_fit(config: LossConfig, name: LossName, head: Head) -> None:
    info = LOSSES[name]
    if head not in info.heads:
        fitting = [other for other in get_args(LossName) if head in LOSSES[other].heads]
        raise ConfigurationError(
            f"The loss '{name}' does not fit the head '{head}', but {', '.join(info.heads)}. "
            f"For '{head}' take one of: {', '.join(fitting)}."
        )
    for key, field in LossConfig.model_fields.items():
        if key not in ("name", "tips_weight", *info.settings) and getattr(config, key) != field.default:
            raise ConfigurationError(
                f"The loss '{name}' does not look at '{key}' (set to {getattr(config, key)!r}): leave it out. "
                f"Its settings: {', '.join(info.settings) or 'none'}."
            )
    n_classes = max(2, HEADS[head].n_channels)
    if config.class_weights is not None and len(config.class_weights) != n_classes:
        raise ConfigurationError(
            f"class_weights has {len(config.class_weights)} values, but the head '{head}' has {n_classes} classes."
        )
