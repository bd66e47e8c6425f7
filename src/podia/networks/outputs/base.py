"""Base class of output heads: channels, training target, and decoding into cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.config import FrozenConfig
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage
from podia.labels.cleaning import fill_cell_holes, keep_cells

if TYPE_CHECKING:
    from torch import Tensor

Prediction = NDArray[np.float32]
"""Output of a network for one frame after activation, ``(K, Y, X)``."""
Channels = list[NDArray[np.float32]]
"""Channels of a target, ``(Y, X)`` each; -1 where unlabelled."""


class DecodeConfig(FrozenConfig):
    """Settings for decoding a prediction into cells; every head adds its own.

    Sizes are in pixels at the network's scale: they belong to the model and are stored in its file.
    """

    head: str = Field(description="Head that these settings belong to.")
    exclude_border: bool = Field(False, description="Drop cells that touch the edge of the frame.")
    field_margin_px: int = Field(
        0,
        ge=0,
        description="Drop cells that lie entirely within this distance of the frame's edge, px; 0 keeps all (the "
        "field of interest of the Cell Tracking Challenge).",
    )

    def keep_in_field(self, labels: LabelImage) -> LabelImage:
        """Drop cells at the border and outside the field of interest; number the others from top to bottom."""
        return keep_cells(labels, exclude_border=self.exclude_border, field_margin_px=self.field_margin_px)


class CellDecodeConfig(DecodeConfig):
    """Decode settings of heads that predict outlines."""

    max_hole_area_px: float | None = Field(
        None, ge=0, description="Largest hole inside a cell that is filled, px; null fills all holes."
    )
    min_area_px: float = Field(
        0.0, ge=0, description="Drop cells smaller than this, px. Discs on positions are kept."
    )
    max_area_px: float | None = Field(
        None, gt=0, description="Drop cells larger than this, px; null keeps all."
    )

    def keep(self, labels: LabelImage) -> LabelImage:
        """Drop cells outside the size limits, at the border and outside the field of interest."""
        return keep_cells(
            labels,
            min_area_px=self.min_area_px,
            max_area_px=self.max_area_px,
            exclude_border=self.exclude_border,
            field_margin_px=self.field_margin_px,
        )

    def clean(self, labels: LabelImage) -> LabelImage:
        """Fill holes, then drop cells as :meth:`keep` does."""
        return self.keep(fill_cell_holes(labels, self.max_hole_area_px))


class TargetConfig(FrozenConfig):
    """Settings for drawing targets from labels; every head adds its own.

    Sizes are in pixels at the network's scale.
    """

    head: str = Field(description="Head that these settings belong to.")
    tip_radius_px: float = Field(3.0, gt=0, description="Radius of the disc on a protrusion tip, px.")


class PartialTargetConfig(TargetConfig):
    """Target settings of heads that can be trained on partly annotated frames."""

    ignore_beyond_px: float | None = Field(
        None,
        gt=0,
        description="Ignore background farther than this from every annotated cell (from its centre, for point "
        "annotation or heads with only spots), px: a cell there may not have been annotated. null: use "
        "all.",
    )
    background_spacing_px: int | None = Field(
        8,
        ge=1,
        description="Beyond ignore_beyond_px, keep one pixel per block of this size as background, so that empty "
        "regions stay empty, px; null keeps none.",
    )


@dataclass(frozen=True)
class AnnotationType:
    """Content of the labels of a frame.

    Parameters
    ----------
    instances
        Each cell has its own label; otherwise labels only separate cells from background.
    outlines
        Labels follow the outlines of cells; otherwise they are discs on positions.
    pixel_size_um
        Pixel size, if it is known.
    """

    instances: bool = True
    outlines: bool = True
    pixel_size_um: float | None = None


D = TypeVar("D", bound=DecodeConfig)
T = TypeVar("T", bound=TargetConfig)


class Output(FrozenConfig, ABC, Generic[D, T]):
    """An output head: channels, activation, target, decoding and default loss.

    To add a head, write a subclass with the class attributes below, :meth:`draw_target` and :meth:`cells`, and add one
    line to :mod:`podia.networks.outputs.registry`; or, from another package, an entry point of the group
    ``podia.outputs``. Fields of the subclass are settings that change the channels (``softmax`` of ``binary``).
    """

    name: str

    decode_config: ClassVar[type[DecodeConfig]]
    """Class of the decode settings, D."""
    target_config: ClassVar[type[TargetConfig]]
    """Class of the target settings, T."""
    per_pixel: ClassVar[bool] = True
    """Whether each pixel is predicted independently.

    Only then can predictions be averaged or assembled from tiles, and only then does the network have a fixed graph
    that other runtimes can run.
    """
    positions_only: ClassVar[bool] = False
    """Whether the head predicts positions of cells without outlines."""
    learns_from_points: ClassVar[bool] = False
    """Whether point annotation is sufficient for at least one channel."""
    needs_instances: ClassVar[bool] = True
    """Whether training needs instance labels."""
    common_channels: ClassVar[bool] = True
    """Whether channels mean the same as channels of the same name in other heads, so that weights can be reused."""

    @property
    @abstractmethod
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in order. Channels after these belong to protrusion tips."""

    @property
    @abstractmethod
    def losses(self) -> tuple[str, ...]:
        """Names of suitable losses (:mod:`podia.training.losses.registry`), the default first.

        ``own`` is :meth:`loss`.
        """

    @property
    @abstractmethod
    def meaning(self) -> str:
        """Description of the channels, in one sentence."""

    @property
    def n_channels(self) -> int:
        """Number of channels, K."""
        return len(self.channels)

    def activate(self, logits: Tensor) -> Tensor:
        """Return the prediction for `logits` ``(..., K, H, W)``. Default: sigmoid of each channel."""
        return logits.sigmoid()

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss ``own`` of `logits` ``(N, K, H, W)`` for `target` ``(N, C, H, W)``, -1 where unlabelled."""
        raise NotImplementedError(f"The head '{self.name}' has no loss of its own.")

    @abstractmethod
    def draw_target(self, labels: LabelImage, config: T, kind: AnnotationType) -> Channels:
        """Return the target channels for `labels` ``(Y, X)``, treated as fully annotated.

        :func:`podia.networks.outputs.targets.make_target` then marks unlabelled pixels.
        """

    def target_reach_px(self, config: T, kind: AnnotationType) -> float:
        """Return the reach of a cell's target from its centre, px; 0 if the target ends with the cell."""
        return 0.0

    def ignore_instances(
        self, channels: Channels, labels: LabelImage, config: T, kind: AnnotationType
    ) -> None:
        """Mark as unlabelled, in place, what depends on instances. Default: the last channel in and near cells."""
        if (labels > 0).any():
            near = ndi.distance_transform_edt(labels <= 0) <= self.target_reach_px(config, kind)
            channels[-1][near] = -1.0

    def ignore_outlines(self, channels: Channels) -> None:
        """Mark as unlabelled, in place, what depends on outlines. Default: all channels."""
        for channel in channels:
            channel[:] = -1.0

    @abstractmethod
    def cells(self, prediction: Prediction, config: D) -> LabelImage:
        """Return the cells in a prediction that has exactly the head's channels; see :meth:`decode`."""

    def decode(self, prediction: Prediction, config: D | None = None) -> LabelImage:
        """Decode a prediction into cells ``(Y, X)``, numbered 1, 2, ... from the top; each is one 8-connected region.

        Parameters
        ----------
        prediction
            ``(K, Y, X)`` after activation; additional channels (tips) are ignored.
        config
            Decode settings; sizes are in pixels of the prediction.

        Raises
        ------
        InvalidInputError
            If the prediction has fewer channels than the head.

        Examples
        --------
        >>> from podia.networks.outputs.binary import Binary
        >>> probability = np.zeros((1, 4, 8), np.float32)
        >>> probability[0, 1:3, 1:3] = probability[0, 1:3, 5:7] = 0.9
        >>> Binary().decode(probability)[1]
        array([0, 1, 1, 0, 0, 2, 2, 0], dtype=int32)
        """
        if prediction.ndim != 3 or prediction.shape[0] < self.n_channels:
            raise InvalidInputError(
                f"The head '{self.name}' needs a prediction of {self.n_channels} channels (K, Y, X), not an array of "
                f"shape {prediction.shape}."
            )
        return self.cells(prediction[: self.n_channels], config or self.default_decoding())

    def default_decoding(self) -> D:
        """Return the default decode settings."""
        return cast("D", self.decode_config.parse({}))

    def default_target(self) -> T:
        """Return the default target settings."""
        return cast("T", self.target_config.parse({}))

    def foreground(self, prediction: Prediction) -> NDArray[np.float32]:
        """Return the probability of a cell ``(Y, X)``. Default: the first channel."""
        return np.asarray(np.clip(prediction[0], 0, 1))

    def confidence(self, prediction: Prediction, labels: LabelImage) -> NDArray[np.float32]:
        """Return the confidence at each pixel of the decoded cells `labels`, ``(Y, X)`` in 0..1.

        The mean over a cell is the cell's confidence. Default: the probability of a cell.
        """
        return self.foreground(prediction)

    @abstractmethod
    def explain_decoding(self, config: D) -> str:
        """Describe the decoding in a sentence or two, so that another program can approximate it."""
