"""Registry of losses, each with its own settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field
from torch import Tensor

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.networks.outputs.base import Output
from podia.networks.outputs.pixel_weights import PixelWeights
from podia.training.losses.pixelwise import (
    binary_cross_entropy,
    cross_entropy,
    dice,
    focal,
    weight_map_cross_entropy,
    weighted_bce_dice,
)
from podia.training.losses.regression import cells_and_spots, distance_regression, spot_regression

Loss = Callable[[Tensor, Tensor], Tensor]
"""``loss(logits (N, K, H, W), target (N, C, H, W)) -> scalar``; -1 in the target is unlabelled."""


class LossConfig(FrozenConfig, ABC):
    """Settings of a loss. Each head lists the losses that fit it (``Output.losses``)."""

    name: str = Field(description="Name of the loss.")
    tips_weight: float = Field(
        1.0, ge=0, description="Weight of the loss of tips, if the network has a tip output."
    )

    @abstractmethod
    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss of `logits` ``(N, K, H, W)`` for `target` ``(N, C, H, W)``."""

    @property
    def weights(self) -> PixelWeights | None:
        """Pixel weights that :func:`podia.networks.outputs.targets.make_target` must append for this loss."""
        return None

    def require_fit(self, head: Output[Any, Any]) -> None:
        """Reject settings that do not fit `head`."""


class _ClassWeights(LossConfig):
    class_weights: tuple[float, ...] | None = Field(
        None, description="One weight per class, background first; null: all 1."
    )

    def require_fit(self, head: Output[Any, Any]) -> None:
        """Reject class weights if their number differs from that of the head's classes."""
        n_classes = max(2, head.n_channels)
        if self.class_weights is not None and len(self.class_weights) != n_classes:
            raise ConfigurationError(
                f"class_weights has {len(self.class_weights)} values, but the head '{head.name}' has {n_classes} "
                "classes."
            )


class _IncompleteAnnotation(LossConfig):
    positive_weight: float = Field(
        1.0, gt=0, description="Weight of cell pixels, or of the top of a spot, relative to background."
    )
    annotated_share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Fraction of cells that are annotated; below 1, background is treated as unlabelled data that may "
        "contain cells (positive-unlabelled learning, Kiryo et al. 2017).",
    )
    ignore_above: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Ignore background where the network itself predicts a cell with a probability above this, as the "
        "cell may not have been annotated; null: ignore nothing.",
    )
    ignore_radius_px: int = Field(
        8,
        ge=1,
        le=64,
        description="Radius of the discs ignored around such predictions, and distance from annotated cells within "
        "which nothing is ignored, px.",
    )


class CrossEntropy(_ClassWeights):
    """Cross-entropy over classes."""

    name: Literal["cross_entropy"] = "cross_entropy"

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.cross_entropy`."""
        return cross_entropy(logits, target, class_weights=self.class_weights)


class BinaryCrossEntropy(_IncompleteAnnotation):
    """Cross-entropy of one probability."""

    name: Literal["binary_cross_entropy"] = "binary_cross_entropy"

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.binary_cross_entropy`."""
        return binary_cross_entropy(
            logits,
            target,
            positive_weight=self.positive_weight,
            annotated_share=self.annotated_share,
            ignore_above=self.ignore_above,
            ignore_radius_px=self.ignore_radius_px,
        )


class Dice(LossConfig):
    """Dice loss: overlap of probabilities with the truth."""

    name: Literal["dice"] = "dice"

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.dice`."""
        return dice(logits, target)


class WeightedBceDice(_ClassWeights):
    """Cross-entropy plus Dice loss, which is less affected by a large background."""

    name: Literal["weighted_bce_dice"] = "weighted_bce_dice"
    cross_entropy_weight: float = Field(1.0, ge=0, description="Weight of the cross-entropy.")
    dice_weight: float = Field(1.0, ge=0, description="Weight of the Dice loss.")

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.weighted_bce_dice`."""
        return weighted_bce_dice(
            logits,
            target,
            class_weights=self.class_weights,
            cross_entropy_weight=self.cross_entropy_weight,
            dice_weight=self.dice_weight,
        )


class Focal(_ClassWeights):
    """Focal loss: cross-entropy that emphasises misclassified pixels (Lin et al. 2017)."""

    name: Literal["focal"] = "focal"
    gamma: float = Field(
        2.0, ge=0, description="How strongly easy pixels are down-weighted (2 in Lin et al. 2017)."
    )

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.focal`."""
        return focal(logits, target, gamma=self.gamma, class_weights=self.class_weights)


class _WeightMap(LossConfig):
    alpha: float = Field(10.0, ge=0, description="Weight of outlines.")
    sigma_px: float = Field(5.0, gt=0, description="Distance from outlines over which the weight falls, px.")

    kind: ClassVar[Literal["shape", "border"]]

    @property
    def weights(self) -> PixelWeights:
        """Pixel weights of this loss."""
        return PixelWeights(kind=self.kind, alpha=self.alpha, sigma_px=self.sigma_px)

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.pixelwise.weight_map_cross_entropy`."""
        return weight_map_cross_entropy(logits, target)


class ShapeAware(_WeightMap):
    """Cross-entropy weighted by the distance to the nearest outline (Lin & Norouzi)."""

    name: Literal["shape_aware"] = "shape_aware"
    kind = "shape"


class DistanceWeighted(_WeightMap):
    """Cross-entropy weighted by the distances to the two nearest cells (Ronneberger et al. 2015)."""

    name: Literal["distance_weighted"] = "distance_weighted"
    kind = "border"


class SpotRegression(_IncompleteAnnotation):
    """Regression of Gaussian spots on cell centres."""

    name: Literal["spot_regression"] = "spot_regression"
    norm: Literal["mse", "l1_l2"] = Field(
        "mse", description="Error of spots: squared, or absolute plus squared."
    )

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.regression.spot_regression`."""
        return spot_regression(
            logits,
            target,
            norm=self.norm,
            positive_weight=self.positive_weight,
            annotated_share=self.annotated_share,
            ignore_above=self.ignore_above,
            ignore_radius_px=self.ignore_radius_px,
        )


class DistanceRegression(LossConfig):
    """Loss of foreground, cell distance and neighbour distance."""

    name: Literal["distance_regression"] = "distance_regression"
    dice_weight: float = Field(1.0, ge=0, description="Weight of the Dice loss.")
    regression_weight: float = Field(4.0, ge=0, description="Weight of the two distance maps.")
    contact_weight: float = Field(
        0.0, ge=0, description="Extra weight of the neighbour distance map where it is high, between cells."
    )

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.regression.distance_regression`."""
        return distance_regression(
            logits,
            target,
            dice_weight=self.dice_weight,
            regression_weight=self.regression_weight,
            contact_weight=self.contact_weight,
        )


class CellsAndSpotsLoss(SpotRegression):
    """Loss of foreground and spots, each where it is annotated."""

    name: Literal["cells_and_spots"] = "cells_and_spots"  # type: ignore[assignment]  # another name than the base
    dice_weight: float = Field(1.0, ge=0, description="Weight of the Dice loss.")
    regression_weight: float = Field(4.0, ge=0, description="Weight of the spots.")

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return :func:`~podia.training.losses.regression.cells_and_spots`."""
        return cells_and_spots(
            logits,
            target,
            dice_weight=self.dice_weight,
            regression_weight=self.regression_weight,
            norm=self.norm,
            positive_weight=self.positive_weight,
            annotated_share=self.annotated_share,
            ignore_above=self.ignore_above,
            ignore_radius_px=self.ignore_radius_px,
        )


class OwnLoss(LossConfig):
    """The loss that the head defines itself (``Output.loss``)."""

    name: Literal["own"] = "own"

    def of_logits(self, logits: Tensor, target: Tensor) -> Tensor:
        """Raise an error: the loss is defined by the head."""
        raise NotImplementedError("This loss is defined by the head: use build_loss.")


LOSSES: Mapping[str, type[LossConfig]] = {
    loss.model_fields["name"].default: loss
    for loss in (
        CrossEntropy,
        BinaryCrossEntropy,
        Dice,
        WeightedBceDice,
        Focal,
        ShapeAware,
        DistanceWeighted,
        SpotRegression,
        DistanceRegression,
        CellsAndSpotsLoss,
        OwnLoss,
    )
}
"""All losses by name."""


def find_loss(name: str | None, head: Output[Any, Any]) -> type[LossConfig]:
    """Return the class of the loss of this name; None gives the default of `head`.

    Raises
    ------
    ConfigurationError
        If there is no such loss, or it does not fit the head.
    """
    if name in (None, "null"):
        name = head.losses[0]
    if name not in LOSSES:
        raise ConfigurationError(
            f"Unknown loss '{name}'.{nearest_name_hint(name, LOSSES)} For the head '{head.name}' there are: "
            f"{', '.join(head.losses)}."
        )
    if name not in head.losses:
        raise ConfigurationError(
            f"The loss '{name}' does not fit the head '{head.name}'. Set loss.name to one of: "
            f"{', '.join(head.losses)}."
        )
    return LOSSES[name]


def parse_loss(values: Mapping[str, Any], head: Output[Any, Any]) -> LossConfig:
    """Return the loss described by `values`; without a name, the default of `head`.

    Raises
    ------
    ConfigurationError
        If the loss does not fit the head, the number of class weights differs from that of its classes, or a setting is
        unknown or out of bounds.
    """
    named = find_loss(values.get("name"), head)
    # A default name stays unset, so that it follows the head if the head is replaced; null removes a setting.
    changed = {
        key: value
        for key, value in values.items()
        if value not in (None, "null") or (key != "name" and key in named.model_fields)
    }
    loss = named.parse(changed, section="loss")
    loss.require_fit(head)
    return loss


def build_loss(config: LossConfig, head: Output[Any, Any], *, tips: bool = False) -> Loss:
    """Build the loss of a network with the head `head`.

    With `tips`, logits and target have a last channel for protrusion tips (0, 1, -1 unlabelled), with binary
    cross-entropy and Dice as their loss. The order of the target's channels is head, weights, tips.
    """
    loss: Loss = head.loss if isinstance(config, OwnLoss) else config.of_logits
    return partial(_with_tips, loss, head.n_channels, config.tips_weight) if tips else loss


def _with_tips(loss: Loss, n_logits: int, tips_weight: float, logits: Tensor, target: Tensor) -> Tensor:
    tips = weighted_bce_dice(logits[:, n_logits:], target[:, -1:])
    return loss(logits[:, :n_logits], target[:, :-1]) + tips_weight * tips
