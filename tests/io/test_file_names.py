"""What the names in a folder say: microscopes' conventions, whole and incomplete grids, gaps, patterns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import InvalidInputError, MovieReadError
from podia.io.file_names import parse_names
from podia.io.read import positions_in, read

TIMES = ("00d20h00m", "01d00h00m", "01d04h00m")
CONVENTIONS = {
    "MetaMorph": "exp_s{p}_t{t}",
    "ImageXpress": "Plate_s{p}_w1_t{t}",
    "Micro-Manager": "img_channel000_position{p:03}_time{t:09}_z000",
    "Operetta": "r02c03f{p:02}p01-ch1sk{t}fk1fl1",
    "CellVoyager": "AS_B02_T{t:04}F{p:03}L01A01Z01C01",
    "Leica": "Series{p:03}_t{t:02}_ch00",
    "words": "field {p} frame {t}",
    "well": "B{p}_time_{t}",
}


def as_paths(names: list[str]) -> list[Path]:
    return [Path("folder") / f"{name}.tif" for name in names]


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=30, deadline=None)
@given(
    grid=st.sets(st.tuples(st.integers(1, 4), st.integers(0, 30)), min_size=3, max_size=40).filter(
        lambda grid: len({p for p, _ in grid}) > 1 and len({t for _, t in grid}) > 1
    )
)
def test_every_file_gets_its_position_and_time_however_incomplete_the_grid(
    convention: str, grid: set[tuple[int, int]]
) -> None:
    name_of = {f"{CONVENTIONS[convention].format(p=p, t=t)}.tif": (p, t) for p, t in grid}
    names = parse_names([Path("folder") / name for name in name_of])
    assert len(names.files) == len(grid)
    for file in names.files:
        position, time = name_of[file.path.name]
        assert int(file.position.lstrip("B")) == position
        assert file.time == time
    assert [file.time for file in names.files] == sorted(time for _, time in grid)


@pytest.mark.parametrize(
    ("names", "role", "found"),
    [
        ([f"V7_B2_{f}_{t}" for f in (1, 2) for t in TIMES], "position", ["1", "2"]),
        ([f"V7_B{w}_1_{t}" for w in (2, 3) for t in TIMES], "position", ["B2", "B3"]),
        (
            [f"V7_{w}_{f}_{t}" for w in ("A1", "H12") for f in (1, 2) for t in TIMES[:2]],
            "position",
            ["A1_1", "A1_2", "H12_1", "H12_2"],
        ),
        (["e_w1Phase_s1_t1", "e_w2GFP_s1_t1", "e_w1Phase_s1_t2"], "channel", ["GFP", "Phase"]),
        (["a_ch00_t1", "a_ch01_t1", "a_ch00_t2"], "channel", ["00", "01"]),
        (["a_t1_z1", "a_t1_z2", "a_t2_z1"], "z", ["1", "2"]),
    ],
)
def test_wells_fields_channels_and_planes_are_told_apart(
    names: list[str], role: str, found: list[str]
) -> None:
    assert parse_names(as_paths(names)).values(role) == found


def test_elapsed_times_run_over_midnight() -> None:
    names = parse_names(as_paths([f"V7_B2_1_{time}" for time in TIMES]))
    assert names.in_seconds
    assert [file.time for file in names.files] == [20 * 3600, 24 * 3600, 28 * 3600]


def test_a_date_and_a_clock_time_are_one_order() -> None:
    names = parse_names(as_paths(["m_2024-01-01_12-30-05", "m_2024-01-01_12-40-00", "m_2024-01-02_00-00-05"]))
    assert names.counts == ()
    assert names.values("position") == [""]


def test_a_running_index_beside_the_time_is_no_position() -> None:
    names = parse_names(as_paths(["i_0001_t10", "i_0002_t20", "i_0003_t30"]))
    assert names.values("position") == [""]


def _fill(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        frame = np.arange(64, dtype=np.uint8).reshape(8, 8) + np.uint8(number)
        tifffile.imwrite(folder / f"{name}.tif", frame)
    return folder


def test_a_position_is_picked_and_a_gap_is_time_that_passes(tmp_path: Path) -> None:
    folder = _fill(tmp_path, ["e_s1_t1", "e_s1_t2", "e_s1_t4", "e_s2_t1"])
    assert positions_in(folder) == ["1", "2"]
    with pytest.raises(MovieReadError, match=r"contains 2 positions: 1, 2. Select one with --position"):
        read(folder)
    with pytest.warns(UserWarning, match=r"1 frame is missing .*: 2, counted from 0"):
        movie = read(folder, position="1")
    assert movie.n_frames == 4
    assert [frame for frame in range(4) if movie.is_blank(frame)] == [2]
    np.testing.assert_array_equal(movie.frame(2), movie.frame(1))
    assert read(folder, position=2).n_frames == 1
    with pytest.raises(MovieReadError, match="has no position '3'"):
        read(folder, position=3)


def test_a_channel_of_a_folder_is_picked_by_name_or_number(tmp_path: Path) -> None:
    folder = _fill(tmp_path, ["e_w1Phase_t1", "e_w2GFP_t1", "e_w1Phase_t2"])
    with pytest.raises(MovieReadError, match=r"has 2 channels \(0: GFP, 1: Phase\)"):
        read(folder)
    assert read(folder, channel="Phase").n_frames == 2
    assert read(folder, channel=0).n_frames == 1


def test_elapsed_times_give_the_interval(tmp_path: Path) -> None:
    assert read(_fill(tmp_path, [f"V7_B2_1_{t}" for t in TIMES])).calibration.frame_interval_s == 4 * 3600


def test_uneven_times_are_told(tmp_path: Path) -> None:
    folder = _fill(tmp_path, ["t00d00h00m", "t00d01h00m", "t00d02h00m", "t00d02h35m"])
    with pytest.warns(UserWarning, match="not evenly spaced in time: steps range from 2100 s to 3600 s"):
        assert read(folder).n_frames == 4


@pytest.mark.parametrize(
    "pattern",
    ["{channel}_x{position}_{time}.tif", r"(?P<channel>\w+?)_x(?P<position>\d+)_(?P<time>\d+)\.tif"],
)
def test_a_pattern_says_what_names_mean(pattern: str, tmp_path: Path) -> None:
    folder = _fill(tmp_path, ["phase_x1_1", "phase_x1_2", "gfp_x1_1", "gfp_x2_1", "phase_x2_1"])
    with pytest.raises(MovieReadError, match="2 name patterns"):
        read(folder)
    assert read(folder, pattern=pattern, channel="phase", position="1").n_frames == 2
    assert positions_in(folder, pattern=pattern) == ["1", "2"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{tim}.tif", r"contains \['tim'\]; allowed groups are time"),
        ("plain.tif", "contains no group"),
        ("(?P<time>[.tif", "is not a valid pattern"),
        ("x{time}.tif", "No file in .* matches --pattern"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(pattern: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read(_fill(tmp_path, ["a1", "a2"]), pattern=pattern)


@pytest.mark.parametrize(("frames", "n"), [("0:2", 2), (":", 5), ("3:", 2), ("-2:", 2), ("::2", 3)])
def test_a_range_of_frames_is_picked(frames: str, n: int, tmp_path: Path) -> None:
    folder = _fill(tmp_path, [f"t{i}" for i in range(5)])
    whole, part = read(folder, frame_interval_s=10), read(folder, frames=frames, frame_interval_s=10)
    assert part.n_frames == n
    assert part.calibration.frame_interval_s == (20 if frames == "::2" else 10)
    first, end, step = (int(p) if p else None for p in [*frames.split(":"), ""][:3])
    np.testing.assert_array_equal(part.to_array(), whole.to_array()[first:end:step])


@pytest.mark.parametrize("frames", ["5:9", "a:b", "3", "1:2:0"])
def test_a_range_without_frames_is_refused(frames: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--frames"):
        read(_fill(tmp_path, ["t0", "t1"]), frames=frames)
