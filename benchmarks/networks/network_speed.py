"""Milliseconds per frame and multiply-adds of temporal and frame networks, on the same frames of 992 x 992 px.

python -m benchmarks.networks.network_speed

Weights are random, which does not change the arithmetic. Each way is timed over a few frames after two warm-up
frames; the minimum counts. The peak is that of a float32 matrix product of 2048 x 2048. The cost of Mask R-CNN grows
with the number of boxes; it is counted on that frame, where random weights give the maximum number. Finally, the
three ways of B3 are timed in alternating rounds, for their ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from podia.networks.inference.allocation import keep_freed_memory
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Engine, Plane, State
from podia.networks.inference.engines import build_engine
from podia.networks.inference.resolve import Placement
from podia.networks.inference.streaming import frame_stream
from podia.networks.models.cost import count_multiply_adds
from podia.networks.models.network import Network
from podia.networks.models.registry import build_network

SIDE = 992
THREADS = 2
ROUNDS = 5
ONCE = (
    "u-lstm-none",
    "u-lstm-decoder",
    "resnet18-unet",
    "resnet18-fpn",
    "linknet",
    "tipnet",
    "unet",
    "mask-rcnn",
)
"""Timed over one frame, eager: they take seconds."""


def main() -> None:
    torch.set_num_threads(THREADS)
    keep_freed_memory()
    peak = measure_peak()
    print(f"peak of a float32 matrix product: {peak:.0f} GFLOP/s")
    rng = np.random.default_rng(0)
    planes = [rng.normal(0, 0.5, (SIDE, SIDE)).astype(np.float32) for _ in range(12)]
    b3, own = build_network("convlstm-mobilenet-b3").eval(), build_network("podia").eval()
    eager, graph = Placement("torch", "cpu", "float32"), Placement("openvino", "cpu", "float32")
    half = Placement("openvino", "cpu", "bfloat16")
    rows: list[tuple[str, Network, Placement, str, int]] = [
        ("B3 naive window", b3, eager, "naive", 2),
        ("B3 window cached", b3, eager, "window", 3),
        ("B3 state", b3, eager, "state", 4),
        ("B3 state, OpenVINO", b3, graph, "state", 4),
        ("podia eager", own, eager, "state", 6),
        ("podia eager bf16", own, Placement("torch", "cpu", "bfloat16"), "state", 6),
        ("podia OpenVINO", own, graph, "state", 8),
        ("podia OpenVINO bf16", own, half, "state", 8),
    ]
    rows += [(name, build_network(name).eval(), eager, "state", 1) for name in ONCE]
    rows += [
        (f"{name}, OpenVINO", build_network(name).eval(), graph, "state", 1)
        for name in ("resnet18-unet", "linknet")
    ]
    print(f"{'':22}{'ms':>8}{'frames/s':>10}{'GMAC':>9}{'GFLOP/s':>9}{'of peak':>9}")
    for name, network, placement, mode, n_frames in rows:
        seconds = time_way(network, placement, mode, planes, n_frames)
        giga = counted_giga(network, planes[0]) if name == "mask-rcnn" else giga_of(network, mode)
        speed = 2 * giga / seconds
        print(
            f"{name:22}{1e3 * seconds:8.0f}{1 / seconds:10.2f}{giga:9.1f}{speed:9.0f}{speed / peak:9.2f}",
            flush=True,
        )
    print_ratios(b3, eager, planes)


def print_ratios(network: Network, placement: Placement, planes: list[Plane]) -> None:
    """Print how much faster a cached window and a carried state are than the naive window, over rounds."""
    rounds = np.array(
        [
            [time_way(network, placement, mode, planes, 2) for mode in ("naive", "window", "state")]
            for _ in range(ROUNDS)
        ]
    )
    print("medians, ms:", *np.round(1e3 * np.median(rounds, axis=0)).astype(int))
    for name, ratio in zip(("cached", "state"), (rounds[:, :1] / rounds[:, 1:]).T, strict=True):
        print(f"{name}: {np.median(ratio):.2f} times naive ({ratio.min():.2f} to {ratio.max():.2f})")


def giga_of(network: Network, mode: str) -> float:
    """Return the multiply-adds of a frame, in thousand millions."""
    adds = count_multiply_adds(network)
    per_frame = {
        "naive": 5 * adds.encode + 5 * adds.recur,
        "window": adds.encode + 4 * adds.recur,  # its first frame has no state to convolve
    }.get(mode, adds.encode + adds.recur)
    return (per_frame + adds.decode) * SIDE**2 / 1e6 / 1e9


def counted_giga(network: Network, plane: Plane) -> float:
    """Return the same, counted while a frame is computed."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.from_numpy(plane)[None, None, None])
    return counter.get_total_flops() / 2 / 1e9


def measure_peak() -> float:
    """Return GFLOP/s of a float32 matrix product."""
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    return 2 * 2048**3 / min(_timed(lambda: a @ b) for _ in range(5)) / 1e9


def time_way(network: Network, placement: Placement, mode: str, planes: list[Plane], n_frames: int) -> float:
    """Return the least seconds that a frame takes."""
    engine = build_engine(network, (SIDE, SIDE), placement)
    if mode == "naive":
        zeros = zero_state(engine, planes[0])
        return min(_timed(lambda: naive_window(engine, planes, zeros)) for _ in range(n_frames))
    config = InferenceConfig(mode=mode, warm_up_frames=0)
    stream = frame_stream(engine, lambda frame: planes[frame % len(planes)], 10_000, config)
    times = [_timed(lambda t=t: stream.predict(t)) for t in range(n_frames + 2)]
    return min(times[1:]) if n_frames == 1 else min(times[2:])


def zero_state(engine: Engine, plane: Plane) -> State:
    """Return the state before the first frame as what it is published as: zeros."""
    _, state = engine.recur(engine.encode(plane), None)
    return engine.state_from_arrays([np.zeros_like(array) for array in engine.state_to_arrays(state)])


def naive_window(engine: Engine, planes: list[Plane], state: State) -> None:
    """Predict one frame the paper's way: all of its window's frames pass the whole network."""
    for plane in planes[:5]:
        joined, state = engine.recur(engine.encode(plane), state)
    engine.decode(joined)


def _timed(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
