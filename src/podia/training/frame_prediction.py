"""Prediction for one frame of an annotated movie, with the temporal context of a run."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.resampling import resample_values
from podia.networks.models.activation import activate
from podia.networks.models.network import Network, Tensors
from podia.training.clips.training_movies import scale_of
from podia.training.clips.transform import scaled_shape
from podia.training.data.annotated import UsableMovie
from podia.training.recipe import Recipe


def predict_frame(network: Network, usable: UsableMovie, frame: int, recipe: Recipe) -> NDArray[np.float32]:
    """Return the prediction ``(K, Y, X)`` for a frame, at the network's scale.

    It equals that of ``podia run`` for networks without state, for networks with a window, and for the first
    ``validation.context_frames`` frames of a movie. For later frames, only this number of previous frames is processed,
    whereas in a run the state starts at the beginning of the movie.
    """
    movie = usable.annotated
    shape = scaled_shape(movie.movie.frame_shape, scale_of(movie, recipe.clips))

    def read(t: int) -> NDArray[np.float32]:
        return scale_grey(resample_values(movie.movie.frame(t), shape), *movie.grey_range)

    before, ahead = _frames_seen(network, usable.run_of(frame), frame, recipe.validation.context_frames)
    order = [*before, frame, *ahead]
    return _predict(network, {t: read(t) for t in sorted(set(order))}, order, len(before))


def _frames_seen(network: Network, run: range, frame: int, n_context: int) -> tuple[list[int], list[int]]:
    """Return the frames of `run` that `network` processes before `frame`, and those ahead of it.

    Before the first frame, the first frame is repeated, as in :class:`podia.networks.inference.streaming.WindowStream`,
    or the frames after it are used in reverse, as in ``StateStream``.
    """
    ahead = list(range(frame + 1, min(frame + network.lookahead, run.stop - 1) + 1))
    if not network.recurrent:
        return [], []
    if network.window is not None:
        return [max(t, run.start) for t in range(frame - network.window + 1, frame)], ahead
    if frame - run.start > n_context:
        return list(range(frame - n_context, frame)), ahead
    warm_up = min(n_context, len(run) - 1)
    return [*range(run.start + warm_up, run.start, -1), *range(run.start, frame)], ahead


def _predict(
    network: Network, images: dict[int, NDArray[np.float32]], order: list[int], position: int
) -> NDArray[np.float32]:
    """Return the prediction ``(K, Y, X)`` at a position of `order`, the sequence of processed frames."""
    height, width = images[order[0]].shape
    stride = network.stride
    device = next(network.parameters()).device
    padding = (0, -width % stride, 0, -height % stride)

    def prepared(image: NDArray[np.float32]) -> Tensor:
        return functional.pad(torch.from_numpy(image)[None, None].to(device), padding, mode="reflect")

    was_training = network.training
    network.eval()
    with torch.inference_mode():
        features = {t: network.encode(prepared(image)) for t, image in images.items()}
        seen = [features[t] for t in order]
        state: Tensors | None = None
        for i in range(position + 1):
            joined, state = network.recur(seen[i], state, seen[i + 1 : i + 1 + network.lookahead])
        prediction = activate(network.decode(joined), network.config.head)[0, :, :height, :width]
    network.train(was_training)
    n_channels = network.config.n_outputs
    return np.ascontiguousarray(prediction[:n_channels].float().cpu().numpy())
