"""Edge tracking: velocities and persistent positions on the edge of every tracked cell."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.drift import Drift
from podia.data.edge_tables import KYMOGRAPHS
from podia.data.kymographs import Kymographs
from podia.data.lineage import Lineage
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.known import EDGE_MEASURES, EdgeMemory, FollowedEdge
from podia.measurement.edge.matching import Floats, Outline, match_outlines
from podia.measurement.edge.outlines import (
    Outlines,
    curvatures,
    derivatives,
    outward_normals,
    smoothed_along,
)

_KEY_BYTES = 16
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
"""Three points, whose stable positions tell one drift from another."""

Allocate = Callable[[str, tuple[int, int]], NDArray[np.float32]]
"""Allocates a named kymograph, in memory or in a file."""


def in_memory(_name: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Allocate a kymograph in memory."""
    return np.empty(shape, dtype=np.float32)


@dataclass(frozen=True)
class _Edge:
    """Edge of a cell in a frame; `positions` ``(N + 1,)`` rise by 1 around it, evenly unless inherited."""

    frame: int
    outline: Outline
    is_cut: NDArray[np.bool_]
    handed_on: Floats | None = None

    @property
    def positions(self) -> Floats:
        """Position of each point, with the first point repeated at the end."""
        return even_positions(len(self.outline)) if self.handed_on is None else self.handed_on


@dataclass(frozen=True)
class _Last:
    """The last edge of a track, made when the next one has to be followed, and the key of all it depends on."""

    key: bytes
    edge: Callable[[], _Edge]


def _made(edge: _Edge) -> Callable[[], _Edge]:
    return lambda: edge


class EdgeFollower:
    """Follows edges through a movie, frame by frame, and keeps the last outline of each current track.

    Parameters
    ----------
    lineage
        Tracks of the cells; determines the number of rows.
    drift
        Drift of the field, which is removed before velocities are measured.
    config
        Settings of the matching.
    allocate
        Allocates a kymograph.
    memory
        Edges that were followed before; follow all where None.
    """

    def __init__(
        self,
        lineage: Lineage,
        drift: Drift | None,
        config: EdgeConfig,
        allocate: Allocate = in_memory,
        memory: EdgeMemory | None = None,
    ) -> None:
        nodes = lineage.nodes.sort_values(["track_id", "frame"], ignore_index=True)
        self._track_ids = nodes["track_id"].to_numpy(np.int64)
        self._frames = nodes["frame"].to_numpy(np.int64)
        self._labels = nodes["label"].to_numpy(np.int64)
        self._rows_of = {int(frame): rows for frame, rows in nodes.groupby("frame").indices.items()}
        self._last_frame = dict(zip(self._track_ids.tolist(), self._frames.tolist(), strict=True))
        self._drift, self._config, self._memory = drift, config, memory
        self._last: dict[int, _Last] = {}
        self._digest_of_config = hashlib.blake2b(
            config.model_dump_json().encode(), digest_size=_KEY_BYTES
        ).digest()
        shape = len(nodes), config.n_positions
        self._kymographs = {name: allocate(name, shape) for name in KYMOGRAPHS.base_names}
        for rows in self._kymographs.values():
            rows.fill(np.nan)
        self._measures = np.full((len(nodes), len(EDGE_MEASURES)), np.nan)

    def add(self, frame: int, outlines: Outlines) -> None:
        """Follow the tracked cells into `frame`; frames come in order."""
        rows = self._rows_of.get(frame, np.empty(0, dtype=np.intp))
        # A lineage or drift of another length is rejected after all frames.
        rows = rows[np.isin(self._labels[rows], outlines.labels)]
        if not len(rows) or (self._drift is not None and frame >= self._drift.n_frames):
            return
        picked = outlines.pick(np.searchsorted(outlines.labels, self._labels[rows]))
        tracks = self._track_ids[rows].tolist()
        keys = [b""] * len(rows) if self._memory is None else self._keys(frame, tracks, picked)
        known = {} if self._memory is None else self._memory.recall(frame, keys)
        new = np.array([index for index, key in enumerate(keys) if key not in known], dtype=np.intp)
        followed = dict(known)
        if len(new):
            edges = self._follow(frame, [tracks[index] for index in new], rows[new], picked.pick(new))
            for index, edge in zip(new.tolist(), edges, strict=True):
                self._remember(tracks[index], frame, keys[index], _made(edge))
                if self._memory is not None:
                    followed[keys[index]] = self._row(int(rows[index]), edge.positions)
        for index, key in enumerate(keys):
            if key in known:
                self._recall(int(rows[index]), known[key])
                seen = picked.pick(np.array([index]))
                self._remember(
                    tracks[index], frame, key, partial(self._edge, frame, seen, known[key].positions)
                )
        if self._memory is not None and len(new):
            self._memory.keep(frame, {key: followed[key] for key in keys})

    def _keys(self, frame: int, tracks: list[int], picked: Outlines) -> list[bytes]:
        """Return a hash of all that each edge depends on: its outline, and the key of the edge before."""
        keys = []
        here = np.float64(frame).tobytes() + self._stable(frame, _CORNERS).tobytes()
        for index, track in enumerate(tracks):
            own, last = picked.of(index), self._last.get(track)
            digest = hashlib.blake2b(
                self._digest_of_config if last is None else last.key, digest_size=_KEY_BYTES
            )
            digest.update(here)
            for values in (picked.points, picked.intensity, picked.is_cut):
                digest.update(np.ascontiguousarray(values[own]).tobytes())
            keys.append(digest.digest())
        return keys

    def _remember(self, track: int, frame: int, key: bytes, edge: Callable[[], _Edge]) -> None:
        if self._last_frame[track] == frame:
            self._last.pop(track, None)
        else:
            self._last[track] = _Last(key, edge)

    def _row(self, row: int, positions: Floats) -> FollowedEdge:
        return FollowedEdge(
            np.stack([rows[row] for rows in self._kymographs.values()]), self._measures[row], positions
        )

    def _recall(self, row: int, known: FollowedEdge) -> None:
        for rows, values in zip(self._kymographs.values(), known.kymographs, strict=True):
            rows[row] = values
        self._measures[row] = known.measures

    def _edge(self, frame: int, seen: Outlines, positions: Floats) -> _Edge:
        """Return the edge of one cell that was followed before."""
        stable = self._stable(frame, seen.points.astype(np.float64))
        scale = self._config.curvature_scale_px / self._config.spacing_px
        (first,) = derivatives(stable, seen.starts, scale, orders=(1,))
        return _Edge(frame, Outline(stable, outward_normals(first)), seen.is_cut, positions)

    def _stable(self, frame: int, points: Floats) -> Floats:
        return points if self._drift is None else self._drift.stabilise(frame, points)

    def _follow(self, frame: int, tracks: list[int], rows: NDArray[np.intp], picked: Outlines) -> list[_Edge]:
        """Follow the cells of `rows` into `frame`, store their measures, and return their edges."""
        points = picked.points.astype(np.float64)
        stable = self._stable(frame, points)
        scale = self._config.curvature_scale_px / self._config.spacing_px
        first, second = derivatives(stable, picked.starts, scale, orders=(1, 2))
        normals = outward_normals(first)
        fine = {
            "curvature": curvatures(first, second),
            "intensity": picked.intensity.astype(np.float64),
            "y": points[:, 0],
            "x": points[:, 1],
        }
        for name in ("curvature", "intensity"):
            fine[name] = np.where(picked.is_cut, np.nan, fine[name])
        now = [
            _Edge(frame, Outline(stable[own], normals[own]), picked.is_cut[own])
            for own in map(picked.of, range(len(rows)))
        ]
        steps = self._steps(tracks, now)
        for i, (row, track) in enumerate(zip(rows.tolist(), tracks, strict=True)):
            own = picked.of(i)
            self._keep(row, steps.get(track), {name: values[own] for name, values in fine.items()})
        return [
            steps[track].positioned(edge, self._config.relaxation) if track in steps else edge
            for track, edge in zip(tracks, now, strict=True)
        ]

    def _steps(self, tracks: list[int], now: list[_Edge]) -> dict[int, _Step]:
        """Return the motion of each edge by track, for tracks with an earlier outline."""
        pairs = [
            (self._last[track].edge(), edge)
            for track, edge in zip(tracks, now, strict=True)
            if track in self._last
        ]
        if not pairs:
            return {}
        before, after = ([pair[side].outline for pair in pairs] for side in (0, 1))
        paths = match_outlines(before, after, self._config)
        velocity = [_velocity(*pair, path) for pair, path in zip(pairs, paths, strict=True)]
        starts = np.concatenate([[0], np.cumsum([len(values) for values in velocity])])
        scale = self._config.velocity_scale_px / self._config.spacing_px
        smooth = smoothed_along(np.concatenate(velocity), starts, scale)
        parts = np.split(smooth, starts[1:-1])
        known = [track for track in tracks if track in self._last]
        return {
            track: _Step(own, _gained(earlier, later, path), path, earlier, len(later.outline))
            for track, own, path, (earlier, later) in zip(known, parts, paths, pairs, strict=True)
        }

    def _keep(self, row: int, step: _Step | None, fine: dict[str, Floats]) -> None:
        """Store the measures of one edge: sampled at its positions, and summed."""
        n_points, n_positions = len(fine["y"]), self._config.n_positions
        if step is None:
            where = _points_at(even_positions(n_points), n_positions)
        else:
            positions = step.before.positions
            came_from = _points_at(positions, n_positions)
            where = np.interp(came_from, np.arange(len(step.path)), step.path) % n_points
            velocity = _around(step.velocity, came_from)
            for name, stretches in (
                ("stretch_length", step.before.outline.lengths),
                ("area_gained", step.gained),
            ):
                held = _held(stretches, positions, n_positions)
                self._kymographs[name][row] = np.where(np.isfinite(velocity), held, np.nan)
            self._kymographs["velocity"][row] = velocity
            self._summarise_velocity(row, step.velocity[np.isfinite(step.velocity)])
        for name, values in fine.items():
            self._kymographs[name][row] = _around(values, where)
        seen = np.isfinite(fine["curvature"])
        self._measured(
            row,
            edge_length=seen.sum() * _spacing(fine),
            cut_share=1 - seen.mean(),
            curvature_abs_mean=_mean(np.abs(fine["curvature"][seen])),
            edge_intensity_mean=_mean(fine["intensity"][np.isfinite(fine["intensity"])]),
        )

    def _summarise_velocity(self, row: int, velocity: Floats) -> None:
        out, back = velocity > self._config.min_step_px, velocity < -self._config.min_step_px
        self._measured(
            row,
            edge_velocity_mean=_mean(velocity),
            protruding_share=_mean(out),
            retracting_share=_mean(back),
            protrusion_velocity=_mean(velocity[out]),
            retraction_velocity=_mean(velocity[back]),
        )

    def _measured(self, row: int, **values: float) -> None:
        for name, value in values.items():
            self._measures[row, EDGE_MEASURES.index(name)] = value

    def kymographs(self) -> Kymographs:
        """Return the kymographs of all cells, in pixels and frames."""
        return Kymographs(self._track_ids, self._frames, self._kymographs)

    def edges(self) -> pd.DataFrame:
        """Return the table EDGES in pixels and frames, by frame and track."""
        table = pd.DataFrame(
            {
                "frame": self._frames,
                "time": self._frames.astype(np.float64),
                "track_id": self._track_ids,
                **dict(zip(EDGE_MEASURES, self._measures.T.copy(), strict=True)),
            }
        )
        return table.sort_values(["frame", "track_id"], ignore_index=True)


@dataclass(frozen=True)
class _Step:
    """Motion of an edge, at its N previous points.

    Parameters
    ----------
    velocity
        ``(N,)`` velocity along the normals, px per frame; NaN where the edge of the frame cuts the cell in either
        frame.
    gained
        ``(N,)`` area swept by the segment from each point to the next, px^2, positive outwards.
    path
        ``(N + 1,)`` destinations of the points, as returned by :func:`match_outlines`.
    before
        The edge in the previous frame.
    n_after
        Number of points in the current frame, M.
    """

    velocity: Floats
    gained: Floats
    path: Floats
    before: _Edge
    n_after: int

    def positioned(self, edge: _Edge, relaxation: float) -> _Edge:
        """Return `edge` with the inherited positions of its points, relaxed slightly towards even spacing."""
        n, m = len(self.velocity), self.n_after
        turns, part = np.divmod(origins(self.path, m), n)
        positions = np.interp(part, np.arange(n + 1), self.before.positions) + turns
        even = even_positions(m)[:-1]
        positions += relaxation * (even + (positions - even).mean() - positions)
        positions -= np.floor(positions[0])
        return replace(edge, handed_on=np.append(positions, positions[0] + 1))


def _velocity(before: _Edge, after: _Edge, path: Floats) -> Floats:
    """Return the velocity of each previous point along its normal, in px per frame."""
    goes_to = path[:-1]
    moved = _interpolate(after.outline.points, goes_to) - before.outline.points
    velocity = (moved * before.outline.normals).sum(axis=1) / (after.frame - before.frame)
    is_cut = before.is_cut | after.is_cut[np.rint(goes_to).astype(np.int64) % len(after.outline)]
    return np.asarray(np.where(is_cut, np.nan, velocity), dtype=np.float64)


def _gained(before: _Edge, after: _Edge, path: Floats) -> Floats:
    """Return the area of each quadrilateral between two neighbouring points and their destinations, in px^2.

    Together, the quadrilaterals cover exactly the area between the two outlines. Velocity times length does not: the
    previous length is too short where an edge grows, and too long where it shrinks.
    """
    start, end = before.outline.points, _interpolate(after.outline.points, path[:-1])
    # Half the cross product of the diagonals, with the sign of the outline's orientation (signed_area).
    one, other = end - np.roll(start, -1, axis=0), np.roll(end, -1, axis=0) - start
    return np.asarray((one[:, 1] * other[:, 0] - other[:, 1] * one[:, 0]) / 2, dtype=np.float64)


def even_positions(n_points: int) -> Floats:
    """Return evenly spaced positions, ``(N + 1,)`` from 0 to 1."""
    return np.asarray(np.arange(n_points + 1) / n_points)


def origins(path: Floats, n_after: int) -> Floats:
    """Invert a matching path: return the fractional, unwrapped previous index of each current point, ``(M,)``."""
    n = len(path) - 1
    around = np.concatenate([path[:-1] - n_after, path[:-1], path + n_after])
    index = np.arange(-n, 2 * n + 1)
    return np.asarray(np.interp(np.arange(n_after), around, index), dtype=np.float64)


def _interpolate(points: Floats, index: Floats) -> Floats:
    """Interpolate a closed line at fractional indices, any number of times around."""
    low = np.floor(index).astype(np.int64)
    part = (index - low)[:, None]
    n = len(points)
    return np.asarray((1 - part) * points[low % n] + part * points[(low + 1) % n])


def _points_at(positions: Floats, n_positions: int) -> Floats:
    """Return the fractional indices of points at the positions ``0.5 / P, 1.5 / P, ...``."""
    m = len(positions) - 1
    wanted = (np.arange(n_positions) + 0.5) / n_positions
    around = np.concatenate([positions[:-1] - 1, positions])
    return np.asarray(np.interp(wanted, around, np.arange(-m, m + 1)) % m, dtype=np.float64)


def _held(stretches: Floats, positions: Floats, n_positions: int) -> Floats:
    """Redistribute the amounts of N segments between points at ``(N + 1,)`` positions to the columns."""
    total = np.concatenate([[0.0], np.cumsum(stretches)])
    around = np.concatenate([positions[:-1] - 1, positions])
    totals = np.concatenate([total[:-1] - total[-1], total])
    return np.diff(np.interp(np.arange(n_positions + 1) / n_positions, around, totals))


def _around(values: Floats, where: Floats) -> Floats:
    """Interpolate values of a closed line at fractional indices."""
    return np.asarray(
        np.interp(where, np.arange(len(values) + 1), np.append(values, values[0])), dtype=np.float64
    )


def _spacing(fine: dict[str, Floats]) -> float:
    """Return the distance between neighbouring points."""
    return float(np.hypot(fine["y"] - np.roll(fine["y"], 1), fine["x"] - np.roll(fine["x"], 1)).mean())


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else np.nan
