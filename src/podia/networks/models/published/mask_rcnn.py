"""Mask R-CNN (He et al. 2017) on torchvision's parts, as in Lin & Norouzi: instance segmentation, two classes.

It has the interface of per-pixel networks: `encode` is the ResNet with its feature pyramid; `decode` proposes boxes,
classifies them, predicts a mask in each and paints the masks into the frame (`instance_painting`). Streaming, model
files and decoding therefore need not handle boxes. Training uses :meth:`MaskRcnn.training_loss`.

torchvision is an optional dependency: this module can be imported without it, and building a network names the extra to
install.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import AfterValidator, Field, PositiveFloat
from torch import Tensor, nn
from torch.nn import functional

from podia.data.errors import InvalidInputError
from podia.networks.models.frame_network import FrameNetwork
from podia.networks.models.network import NetworkConfig, PixelLoss, Tensors
from podia.networks.models.published.detection import Detector, seen_size
from podia.networks.models.published.detection_loss import detection_loss
from podia.networks.models.published.instance_painting import paint_instances
from podia.networks.models.published.torchvision_loading import load_torchvision
from podia.networks.models.published.true_cells import TrueCells
from podia.networks.models.resnet18 import imagenet_channels
from podia.networks.outputs.instances import Instances
from podia.networks.outputs.registry import Head

_CLASSES = 2
"""Background and cell."""
_ASPECT_RATIOS = (0.5, 1.0, 2.0)
"""Aspect ratios of anchors, height over width (torchvision)."""
_POOLED_PX = 7
"""Edge length of the features pooled from a box for classification (torchvision)."""
_NORM_GROUPS = 32
"""Number of groups: Wu & He 2018, "Group Normalization"."""
_OF_CLASSES = ("roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.")
"""Layers whose size depends on the number of classes: those of COCO (91 classes) do not fit."""
_STRIDE_AT_SCALE: Mapping[float, int] = {0.5: 64, 1.0: 32, 1.5: 64, 2.0: 16}
"""Stride of frames at each scale, so that the rescaled frames are multiples of 32."""


def _known_scale(scale: float) -> float:
    if scale not in _STRIDE_AT_SCALE:
        raise ValueError("the internal scale must be 0.5, 1, 1.5 or 2")
    return scale


class MaskRcnnConfig(NetworkConfig):
    """Settings of Mask R-CNN; defaults are those of torchvision, as in Lin & Norouzi."""

    names_instances: ClassVar[bool] = True

    head: Head = Field(Instances(), description="Instances, the only supported head.")
    tips: Literal[False] = Field(
        False, description="Not available: instance detectors have no output for protrusion tips."
    )
    backbone: Literal["resnet18", "resnet34", "resnet50", "resnet101"] = Field(
        "resnet50", description="ResNet (resnet50 in Lin & Norouzi)."
    )
    norm: Literal["frozen", "batch", "group"] = Field(
        "frozen",
        description="Normalisation in the ResNet. frozen: that of the initial weights, which are then required "
        "(Lin & Norouzi); batch, group: learned; group suits small batches.",
    )
    channels: int = Field(
        256, ge=16, multiple_of=16, description="Channels of the feature pyramid and of the mask layers."
    )
    box_features: int = Field(1024, ge=16, description="Width of the two layers that classify a box.")
    anchor_sizes_px: tuple[PositiveFloat, PositiveFloat, PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        (32.0, 64.0, 128.0, 256.0, 512.0),
        description="Anchor sizes at the five levels of the pyramid, px at the internal scale.",
    )
    scale: Annotated[float, AfterValidator(_known_scale)] = Field(
        1.0,
        description="Internal scale of the frames: 0.5, 1, 1.5 or 2 (torchvision rescales the shorter side to 800 "
        "px: 1.5 for frames of 512 px).",
    )
    proposals: int = Field(
        1000, ge=1, description="Maximum number of boxes that are classified, after non-maximum suppression."
    )
    max_cells: int = Field(
        100,
        ge=1,
        description=(
            "Maximum number of cells per frame, by score (torchvision: 100); increase it for crowded fields."
        ),
    )
    min_score: float = Field(0.05, ge=0, lt=1, description="Discard boxes with a lower score.")
    max_overlap: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Maximum overlap (IoU) of two boxes; with more overlap, only the better one is kept.",
    )


class MaskRcnn(FrameNetwork):
    """ResNet, feature pyramid, region proposals, and heads for boxes and masks; tensor names are torchvision's.

    Predictions are number and score of the cell at each pixel, ``(N, 2, H, W)``, with the best cell on top.

    Raises
    ------
    MissingDependencyError
        If torchvision is not installed.
    """

    config: MaskRcnnConfig

    def __init__(self, config: MaskRcnnConfig) -> None:
        super().__init__(config)
        self.stride = _STRIDE_AT_SCALE[config.scale]
        whole = _build(config)
        self.backbone: Any = whole.backbone
        self.rpn: Any = whole.rpn
        self.roi_heads: Any = whole.roi_heads
        for part in (self.roi_heads.box_predictor, self.roi_heads.mask_predictor):
            _draw_kaiming(part)

    def encode(self, frames: Tensor) -> Tensors:
        """Return the five levels of the pyramid, finest first, for `frames` ``(N, 1, H, W)``."""
        images = imagenet_channels(frames)
        if self.config.scale != 1.0:
            size = [round(side * self.config.scale) for side in frames.shape[-2:]]
            images = functional.interpolate(images, size, mode="bilinear", align_corners=False)
        return tuple(self.backbone(images).values())

    def decode(self, features: Tensors) -> Tensor:
        """Return number and score of the cell at each pixel, ``(N, 2, H, W)``, without gradients."""
        scale = self.config.scale
        height, width = (round(side / scale) for side in seen_size(features))
        frames = [
            paint_instances(found.masks, found.boxes / scale, found.scores, (height, width))
            for found in self._detector.find(features)
        ]
        return torch.stack(frames)

    def training_loss(
        self,
        clip: Tensor,
        target: Tensor,
        loss: PixelLoss,
        state: Tensors | None = None,
    ) -> tuple[Tensor, Tensors]:
        """Return the sum of five losses: classification and offsets of proposals and of boxes, and `loss` of masks.

        `target` ``(N, T, C, H, W)`` holds labels, -1 unlabelled. Mostly unlabelled boxes are not used as background,
        and unlabelled pixels are ignored in masks.
        """
        features = self.encode(clip.flatten(0, 1))
        truths = [TrueCells.of(frame.float()) for frame in target.flatten(0, 1)]
        return detection_loss(self._detector, features, truths, loss, self.config.scale), ()

    @property
    def _detector(self) -> Detector:
        return Detector(self.rpn, self.roi_heads)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the ResNet's parameters."""
        return list(self.backbone.body.parameters())

    def load_published(self, tensors: Mapping[str, Tensor]) -> str:
        """Load torchvision's weights of a Mask R-CNN, except for its class-specific layers, or of a ResNet.

        Returns
        -------
        str
            Description of the parts that were loaded.

        Raises
        ------
        InvalidInputError
            If the weights are of another network. Partial loading is never silent.
        """
        if any(name.startswith("backbone.body.") for name in tensors):
            own: nn.Module = self
            left: tuple[str, ...]
            given = {name: t for name, t in tensors.items() if not name.startswith(_OF_CLASSES)}
            left, what = _OF_CLASSES, "All layers but those that tell classes"
        else:
            own = self.backbone.body
            given = {name: t for name, t in tensors.items() if not name.startswith("fc.")}
            left, what = (), "The layers of the encoder"
        try:
            # torchvision renames the tensors of older files here.
            missing, unknown = own.load_state_dict(given, strict=False)
        except RuntimeError as error:
            raise InvalidInputError(
                f"These weights belong to another network than {self.config.backbone} with "
                f"{self.config.channels} channels: {str(error).splitlines()[-1].strip()}"
            ) from None
        missing = [m for m in missing if not m.startswith(left) and not m.endswith("num_batches_tracked")]
        unknown = [u for u in unknown if not u.endswith("num_batches_tracked")]
        if missing or unknown:
            raise InvalidInputError(
                f"These weights belong to another network: {len(missing)} tensors are missing "
                f"({', '.join(missing[:2])}), {len(unknown)} unknown ({', '.join(unknown[:2])}). podia "
                "reads torchvision's maskrcnn_resnet50_fpn, or a ResNet of torchvision."
            )
        return what


def _build(config: MaskRcnnConfig) -> Any:
    """Return torchvision's Mask R-CNN for two classes."""
    load_torchvision()
    models = import_module("torchvision.models")
    detection = import_module("torchvision.models.detection")
    resnet = getattr(models, config.backbone)(weights=None, norm_layer=_norm_layer(config.norm))
    stages = {f"layer{k + 1}": level for k, level in enumerate(("0", "1", "2", "3"))}
    widths = [resnet.inplanes // 8 * 2**k for k in range(4)]
    utilities = import_module("torchvision.models.detection.backbone_utils")
    boxes = import_module("torchvision.models.detection.faster_rcnn")
    masks = import_module("torchvision.models.detection.mask_rcnn")
    anchors = import_module("torchvision.models.detection.anchor_utils")
    channels = config.channels
    return detection.MaskRCNN(
        utilities.BackboneWithFPN(resnet, stages, widths, channels),
        rpn_anchor_generator=anchors.AnchorGenerator(
            tuple((side,) for side in config.anchor_sizes_px), (_ASPECT_RATIOS,) * len(config.anchor_sizes_px)
        ),
        rpn_post_nms_top_n_test=config.proposals,
        box_head=boxes.TwoMLPHead(channels * _POOLED_PX**2, config.box_features),
        box_predictor=boxes.FastRCNNPredictor(config.box_features, _CLASSES),
        box_score_thresh=config.min_score,
        box_nms_thresh=config.max_overlap,
        box_detections_per_img=config.max_cells,
        mask_head=masks.MaskRCNNHeads(channels, (channels,) * 4, 1),
        mask_predictor=masks.MaskRCNNPredictor(channels, channels, _CLASSES),
    )


def _norm_layer(norm: Literal["frozen", "batch", "group"]) -> Callable[[int], nn.Module]:
    if norm == "frozen":
        frozen: Callable[[int], nn.Module] = import_module("torchvision.ops").FrozenBatchNorm2d
        return frozen
    return nn.BatchNorm2d if norm == "batch" else partial(nn.GroupNorm, _NORM_GROUPS)


def _draw_kaiming(part: nn.Module) -> None:
    """Draw the weights of new layers (Kaiming normal); biases become zero."""
    for module in part.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
