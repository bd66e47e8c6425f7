"""The packages that training needs beyond those of podia itself."""

from __future__ import annotations

from importlib.util import find_spec

from podia.data.errors import MissingDependencyError


def require_training_extra() -> None:
    """Refuse to start where the packages for training are not installed.

    Raises
    ------
    MissingDependencyError
        Naming what to install.
    """
    if find_spec("lightning_fabric") is None:
        raise MissingDependencyError('Training needs further packages: pip install "podia[train]".')
