"""Check of the optional packages for training."""

from __future__ import annotations

from importlib.util import find_spec

from podia.data.errors import MissingDependencyError


def require_training_extra() -> None:
    """Raise an error if the packages for training are missing.

    Raises
    ------
    MissingDependencyError
        With the extra to install.
    """
    if find_spec("lightning_fabric") is None:
        raise MissingDependencyError('Training requires additional packages: pip install "podia[train]".')
