"""Works that podia builds on: key, short citation, full citation and DOI. The lowest layer: everything may cite.

Text that a person reads carries the short citation (``Arbelle & Riklin Raviv 2019``); :func:`cite` gives the full one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Reference:
    """A published work."""

    short: str
    """Authors and year, as in running text."""
    title: str
    where: str = ""
    """Journal or conference."""
    doi: str | None = None
    """Without ``https://doi.org/``."""
    arxiv: str | None = None
    """Number, without ``arXiv:``."""

    @property
    def full(self) -> str:
        """The citation in one line, with the DOI or the arXiv number where there is one."""
        number = f"doi:{self.doi}" if self.doi else f"arXiv:{self.arxiv}" if self.arxiv else ""
        return ", ".join(part for part in (self.short, self.title, self.where, number) if part)


REFERENCES: Mapping[str, Reference] = MappingProxyType(
    {
        "gomez2021": Reference(
            "Gómez-de-Mariscal et al. 2021",
            "Search for temporal cell segmentation robustness in phase-contrast microscopy videos",
            arxiv="2112.08817",
        ),
        "arbelle2019": Reference(
            "Arbelle & Riklin Raviv 2019",
            "Microscopy Cell Segmentation via Convolutional LSTM Networks",
            "ISBI",
            arxiv="1805.11247",
        ),
        "ayanzadeh": Reference("Ayanzadeh et al.", "ResNet18-UNet and ResNet18-FPN for phase contrast"),
        "ayanzadeh2019": Reference("Ayanzadeh et al. 2019", "TipNet", "TIPTEKNO"),
        "lin2021": Reference(
            "Lin & Norouzi 2021",
            "An Effective Deep Learning Framework for Cell Segmentation in Microscopy Images",
            "EMBC",
        ),
        "scarce_annotation": Reference(
            "study on scarce annotation",
            "a study on learning from scarce annotation of HT1080 cells",
        ),
        "ronneberger2015": Reference(
            "Ronneberger et al. 2015",
            "U-Net: Convolutional Networks for Biomedical Image Segmentation",
            "MICCAI",
            arxiv="1505.04597",
        ),
        "chaurasia2017": Reference(
            "Chaurasia & Culurciello 2017",
            "LinkNet: Exploiting Encoder Representations for Efficient Semantic Segmentation",
            "VCIP",
            arxiv="1707.03718",
        ),
        "he2017": Reference("He et al. 2017", "Mask R-CNN", "ICCV", arxiv="1703.06870"),
        "lecun1998": Reference(
            "LeCun et al. 1998",
            "Gradient-based learning applied to document recognition",
            "Proc. IEEE 86",
            doi="10.1109/5.726791",
        ),
        "tsai2019": Reference(
            "Tsai et al. 2019",
            "Usiigaci: Instance-aware cell tracking in stain-free phase contrast microscopy "
            "enabled by machine learning",
            "SoftwareX 9, 230-237",
            doi="10.1016/j.softx.2019.02.007",
        ),
    }
)
"""Key to work."""


def cite(key: str) -> str:
    """Return the full citation of the work with that key.

    Examples
    --------
    >>> cite("he2017")
    'He et al. 2017, Mask R-CNN, ICCV, arXiv:1703.06870'
    """
    return REFERENCES[key].full
