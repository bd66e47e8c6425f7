"""Networks for single frames, with the interface of temporal networks."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from podia.networks.models.initialisation import Initialisation
from podia.networks.models.network import Network, NetworkConfig, Tensors
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.registry import Head


class FrameNetworkConfig(NetworkConfig):
    """Settings of all single-frame networks."""

    head: Head = Field(Binary(), description="What the network predicts.")
    initialisation: Initialisation = Field(
        "lecun_uniform",
        description="Distribution of random initial weights; pretrained weights replace them.",
    )


class FrameNetwork(Network):
    """A network with two parts, `encode` and `decode`, and no state."""

    @property
    def recurrent(self) -> bool:
        """False: there is no state."""
        return False

    def initial_state(self, features: Tensors) -> Tensors:
        """Return an empty state."""
        return ()

    def recur(
        self,
        features: Tensors,
        state: Tensors | None,
        ahead: Sequence[Tensors] = (),
    ) -> tuple[Tensors, Tensors]:
        """Return the features unchanged, and no state."""
        return features, ()
