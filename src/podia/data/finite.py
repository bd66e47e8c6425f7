"""Check that grey values are finite."""

from __future__ import annotations

import numpy as np

from podia.data.errors import InvalidInputError
from podia.data.movie import Image


def require_finite(image: Image, what: str) -> None:
    """Raise InvalidInputError, naming `what`, if `image` ``(Y, X)`` contains NaN or infinite values."""
    if np.issubdtype(image.dtype, np.floating) and not np.isfinite(image).all():
        n_bad = int(np.count_nonzero(~np.isfinite(image)))
        raise InvalidInputError(
            f"{what} holds {n_bad} values that are NaN or infinite; grey values must be finite. "
            f"Replace them first, for example with numpy.nan_to_num."
        )
