"""The optional packages for training."""

from __future__ import annotations

from importlib.util import find_spec

from podia.data.errors import MissingDependencyError


def require_training_extra() -> None:
    """Refuse to start without the packages for training.

    Raises
    ------
    MissingDependencyError
        Naming what to install.
    """
    if find_spec("lightning_fabric") is None:
        raise MissingDependencyError('Training requires additional packages: pip install "podia[train]".')
