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
        return ", ".join(part for part in (self.short, self.title, self.where, self._number) if part)

    @property
    def brief(self) -> str:
        """Authors and year, with the DOI or the arXiv number where there is one, for narrow columns."""
        return f"{self.short} ({self._number})" if self._number else self.short

    @property
    def _number(self) -> str:
        return f"doi:{self.doi}" if self.doi else f"arXiv:{self.arxiv}" if self.arxiv else ""


REFERENCES: Mapping[str, Reference] = MappingProxyType(
    {
        "dennis2006": Reference(
            "Dennis et al. 2006",
            "Estimating density dependence, process noise, and observation error",
            "Ecological Monographs",
            doi="10.1890/0012-9615(2006)76[323:EDDPNA]2.0.CO;2",
        ),
        "humbert2009": Reference(
            "Humbert et al. 2009",
            "A better way to estimate population trends",
            "Oikos",
            doi="10.1111/j.1600-0706.2009.17839.x",
        ),
        "garwood1936": Reference(
            "Garwood 1936",
            "Fiducial limits for the Poisson distribution",
            "Biometrika",
            doi="10.1093/biomet/28.3-4.437",
        ),
        "kaplan1958": Reference(
            "Kaplan & Meier 1958",
            "Nonparametric estimation from incomplete observations",
            "Journal of the American Statistical Association",
            doi="10.1080/01621459.1958.10501452",
        ),
        "jonkman2014": Reference(
            "Jonkman et al. 2014",
            "An introduction to the wound healing assay using live-cell microscopy",
            "Cell Adhesion & Migration",
            doi="10.4161/cam.36224",
        ),
        "gomez2021": Reference(
            "Gómez-de-Mariscal et al. 2021",
            "Search for temporal cell segmentation robustness in phase-contrast microscopy videos",
            arxiv="2112.08817",
        ),
        "arbelle2019": Reference(
            "Arbelle & Riklin Raviv 2019",
            "Microscopy Cell Segmentation via Convolutional LSTM Networks",
            "ISBI, 1008-1012",
            arxiv="1805.11247",
        ),
        "ayanzadeh": Reference(
            "Ayanzadeh et al.", "a study of ResNet18-UNet and ResNet18-FPN for phase contrast"
        ),
        "ayanzadeh2021": Reference(
            "Ayanzadeh et al. 2021",
            "Improved cell segmentation using deep learning in label-free optical microscopy images",
            "Turkish Journal of Electrical Engineering and Computer Sciences 29, 2855-2868",
            doi="10.3906/elk-2105-244",
        ),
        "lin": Reference(
            "Lin & Norouzi",
            "An Effective Deep Learning Framework for Cell Segmentation in Microscopy Images",
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
            "Proceedings of the IEEE 86, 2278-2324",
            doi="10.1109/5.726791",
        ),
        "tsai2019": Reference(
            "Tsai et al. 2019",
            "Usiigaci: Instance-aware cell tracking in stain-free phase contrast microscopy "
            "enabled by machine learning",
            "SoftwareX 9, 230-237",
            doi="10.1016/j.softx.2019.02.007",
        ),
        "beltman2009": Reference(
            "Beltman et al. 2009",
            "Analysing immune cell migration",
            "Nature Reviews Immunology 9, 789-798",
            doi="10.1038/nri2638",
        ),
        "bi2015": Reference(
            "Bi et al. 2015",
            "A density-independent rigidity transition in biological tissues",
            "Nature Physics 11, 1074-1079",
            doi="10.1038/nphys3471",
        ),
        "cochran1977": Reference("Cochran 1977", "Sampling Techniques, 3rd edition", "Wiley"),
        "foxman1999": Reference(
            "Foxman et al. 1999",
            "Integrating conflicting chemotactic signals: the role of memory in leukocyte navigation",
            "Journal of Cell Biology 147, 577-588",
            doi="10.1083/jcb.147.3.577",
        ),
        "fuerth1920": Reference("Fürth 1920", "Brownian motion with persistence of direction"),
        "gorelik2014": Reference(
            "Gorelik & Gautreau 2014",
            "Quantitative and unbiased analysis of directional persistence in cell migration",
            "Nature Protocols 9, 1931-1943",
            doi="10.1038/nprot.2014.131",
        ),
        "greenwood1955": Reference(
            "Greenwood & Durand 1955",
            "The distribution of length and components of the sum of n random unit vectors",
            "Annals of Mathematical Statistics 26, 233-246",
            doi="10.1214/aoms/1177728540",
        ),
        "hotelling1931": Reference(
            "Hotelling 1931",
            "The generalization of Student's ratio",
            "Annals of Mathematical Statistics 2, 360-378",
            doi="10.1214/aoms/1177732979",
        ),
        "kuhl1982": Reference(
            "Kuhl & Giardina 1982",
            "Elliptic Fourier features of a closed contour",
            "Computer Graphics and Image Processing 18, 236-258",
            doi="10.1016/0146-664X(82)90034-X",
        ),
        "machacek2006": Reference(
            "Machacek & Danuser 2006",
            "Morphodynamic profiling of protrusion phenotypes",
            "Biophysical Journal 90, 1439-1452",
        ),
        "mandelbrot1968": Reference(
            "Mandelbrot & Van Ness 1968",
            "Fractional Brownian motions, fractional noises and applications",
            "SIAM Review 10, 422-437",
            doi="10.1137/1010093",
        ),
        "mardia2000": Reference("Mardia & Jupp 2000", "Directional Statistics", "Wiley"),
        "mokhtarian1992": Reference(
            "Mokhtarian & Mackworth 1992",
            "A theory of multiscale, curvature-based shape representation for planar curves",
            "IEEE Transactions on Pattern Analysis and Machine Intelligence 14, 789-805",
            doi="10.1109/34.149591",
        ),
        "saxton1997": Reference(
            "Saxton 1997",
            "Single-particle tracking: the distribution of diffusion coefficients",
            "Biophysical Journal 72, 1744-1753",
            doi="10.1016/S0006-3495(97)78820-9",
        ),
        "schwarz1978": Reference(
            "Schwarz 1978",
            "Estimating the dimension of a model",
            "Annals of Statistics 6, 461-464",
            doi="10.1214/aos/1176344136",
        ),
        "white1982": Reference(
            "White 1982",
            "Maximum likelihood estimation of misspecified models",
            "Econometrica 50, 1-25",
            doi="10.2307/1912526",
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
