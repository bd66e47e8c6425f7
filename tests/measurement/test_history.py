"""Protrusions from birth to death: what becomes of them, on which side they are, whose they were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from podia.data.calibration import Calibration
from podia.data.length import Length
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.measurement.config import MeasurementConfig, ProtrusionConfig, TipLinkingConfig
from podia.measurement.measure import Measurements, measure
from podia.measurement.protrusions.directions import headings
from podia.measurement.protrusions.history import side_of
from podia.testing.drawn_cells import Mask, arm_tip, disc, star, strip

CONFIG = MeasurementConfig(
    protrusions=ProtrusionConfig(min_length=Length(px=20), min_length_beyond_body=Length(px=4)),
    tip_linking=TipLinkingConfig(max_distance=Length(px=20), min_growth=Length(px=3)),
)


def measured(
    frames: list[Mask],
    *,
    parents: dict[int, int] | None = None,
    tracks: dict[int, tuple[int, ...]] | None = None,
) -> Measurements:
    """Measure label images; a label is its track unless `tracks` (label -> track by frame) says otherwise."""
    labels = np.stack([frame.astype(np.int32) for frame in frames])
    nodes = [
        (frame, int(label), int(label) if tracks is None else tracks[int(label)][frame])
        for frame, image in enumerate(labels)
        for label in np.unique(image[image > 0])
    ]
    table = pd.DataFrame(nodes, columns=["frame", "label", "track_id"]).assign(y=0.0, x=0.0)
    return measure(
        Movie.from_array(labels, Calibration()),
        LabelMovie.from_array(labels),
        Lineage(table, parents or {}),
        CONFIG,
    )


def forked(stem: float, prong: float | None) -> Mask:
    """A cell with an arm to the right that forks 55 px from its centre; one prong goes on, the other may be missing."""
    centre = (70, 50)
    mask = disc(15, size=141, centre=centre)
    mask |= strip(centre, arm_tip(centre, 0, stem), 3, size=141)
    if prong is not None:
        fork = arm_tip(centre, 0, 55)
        mask |= strip(fork, arm_tip(fork, 60, prong), 3, size=141)
    return mask


def test_a_rod_that_extends_at_a_known_speed_and_retracts_at_another():
    lengths = [15, 15, *range(26, 59, 4), 58, 58, 58, *range(52, 21, -6), 15, 15]
    tables = measured([star([0], length=length, size=141) for length in lengths])
    (event,) = tables.protrusion_events.to_dict("records")
    assert event["extension_speed_px_per_frame"] == pytest.approx(4, rel=0.05)
    assert event["retraction_speed_px_per_frame"] == pytest.approx(6, rel=0.05)
    assert event["extension_time_frames"] == pytest.approx(8, abs=1)
    assert event["lifetime_frames"] == sum(length > 20 for length in lengths)
    assert event["length_max_px"] == pytest.approx(58 - 15, abs=1.5)
    assert (event["begins_by"], event["ends_by"]) == ("birth", "death")
    assert event["born_in_movie"]
    assert event["died_in_movie"]
    assert event["straightness"] == pytest.approx(1, abs=0.02)
    assert event["growth_persistence"] == pytest.approx(1, abs=0.03)
    assert event["base_angle_deg"] == pytest.approx(0, abs=3)
    assert event["length_error_px"] < 0.7
    assert pd.isna(event["parent_protrusion_id"])


def test_what_is_there_at_the_start_or_the_end_is_unseen():
    (event,) = measured([star([90], length=40) for _ in range(3)]).protrusion_events.to_dict("records")
    assert (event["begins_by"], event["ends_by"]) == ("unseen", "unseen")
    assert not event["born_in_movie"]
    assert not event["died_in_movie"]
    assert event["side"] == ""
    assert np.isnan([event["extension_speed_px_per_frame"], event["angle_to_migration_deg"]]).all()


def test_a_cell_cut_by_the_frame_hides_births():
    size = 121
    cut = [star([0], length=length, size=size, centre=(10, 60)) for length in (15, 45)]
    (event,) = measured(cut).protrusion_events.to_dict("records")
    assert event["begins_by"] == "unseen"


def test_a_branch_splits_off_and_merges_again():
    frames = [
        forked(75, None),
        forked(75, None),
        forked(75, 17),
        forked(75, 18),
        forked(75, None),
        forked(75, None),
    ]
    tables = measured(frames)
    stem, branch = tables.protrusion_events.to_dict("records")
    assert (branch["first_frame"], branch["last_frame"]) == (2, 3)
    assert (branch["begins_by"], branch["ends_by"]) == ("split", "merge")
    assert branch["parent_protrusion_id"] == branch["merged_into_id"] == stem["protrusion_id"]
    assert branch["born_in_movie"]
    assert stem["begins_by"] == "unseen"
    own = tables.protrusions[tables.protrusions["protrusion_id"] == branch["protrusion_id"]]
    assert own["branch_of"].tolist() == [1, 1]


def test_arms_that_spring_from_the_body_are_no_branches():
    tables = measured([star([0, 40, 180], length=50)] * 2)
    assert len(tables.protrusions) == 6
    assert tables.protrusions["branch_of"].isna().all()


def test_a_mother_that_rounded_up_hands_on_nothing():
    def cell(centre: tuple[int, int], angle: float) -> Mask:
        return star([angle], length=45, radius=14, size=161, centre=centre)

    mother, rounded = cell((80, 72), 180).astype(int), disc(14, size=161, centre=(80, 80)).astype(int)
    round_pair = disc(14, size=161, centre=(80, 60)).astype(int) + 2 * disc(14, size=161, centre=(80, 100))
    spread = cell((80, 60), 180).astype(int) + 2 * cell((80, 100), 0).astype(int)
    tables = measured(
        [mother, mother, rounded, round_pair, spread, spread],
        parents={2: 1, 3: 1},
        tracks={1: (1, 1, 1, 2, 2, 2), 2: (0, 0, 0, 3, 3, 3)},
    )
    assert tables.protrusion_events["ends_by"].tolist() == ["death", "unseen", "unseen"]
    assert tables.protrusion_events["begins_by"].tolist() == ["unseen", "birth", "birth"]
    assert tables.protrusion_events["parent_protrusion_id"].isna().all()


def test_daughters_inherit_what_the_mother_had():
    def cell(centre: tuple[int, int], angle: float) -> Mask:
        return star([angle], length=45, radius=14, size=161, centre=centre)

    mother = disc(14, size=161, centre=(80, 80)) | cell((80, 72), 180) | cell((80, 88), 0)
    daughters = cell((80, 60), 180).astype(int) + 2 * cell((80, 100), 0).astype(int)
    tables = measured(
        [mother.astype(int), mother.astype(int), daughters, daughters],
        parents={2: 1, 3: 1},
        tracks={1: (1, 1, 2, 2), 2: (0, 0, 3, 3)},
    )
    events = tables.protrusion_events
    assert events["track_id"].tolist() == [1, 1, 2, 3]
    assert events["ends_by"].tolist() == ["division", "division", "unseen", "unseen"]
    assert events["begins_by"].tolist() == ["unseen", "unseen", "division", "division"]
    heirs = events.set_index("protrusion_id")
    for _, heir in events[2:].iterrows():
        # The arm that points to the same side.
        assert heirs.loc[heir["parent_protrusion_id"], "angle_mean_deg"] == pytest.approx(
            heir["angle_mean_deg"], abs=5
        )
    assert not events["born_in_movie"].any()


def test_leading_and_trailing_are_against_the_way_the_cell_goes():
    # Up by 3 px a frame: angles are counter-clockwise as seen.
    frames = [star([90, 180, 270], length=40, size=141, centre=(90 - 3 * frame, 70)) for frame in range(5)]
    events = measured(frames).protrusion_events
    by_angle = dict(zip(events["angle_mean_deg"].round(-1) % 360, events["side"], strict=True))
    assert by_angle == {90: "leading", 180: "lateral", 270: "trailing"}


def test_sides_are_a_third_of_the_directions_each():
    sides = pd.Series(side_of(np.arange(-179.5, 180))).value_counts()
    assert sides.to_dict() == {"leading": 120, "lateral": 120, "trailing": 120}
    assert side_of(np.array([np.nan])).tolist() == [""]


def test_headings_are_of_the_displacement_around_a_frame():
    cells = pd.DataFrame(
        {
            "frame": range(6),
            "track_id": 1,
            "y_stable": [0, 0, 0, 0, -4.0, -8],
            "x_stable": [0, 4.0, 8, 12, 12, 12],
        }
    )
    found = headings(cells, window_frames=1, min_displacement_px=1.0)
    assert found == pytest.approx([0, 0, 0, 45, 90, 90])
    assert np.isnan(headings(cells, window_frames=1, min_displacement_px=9.0)).all()


def test_polarity_is_one_for_a_single_arm_and_zero_where_arms_cancel():
    lone, even = (measured([star(angles, length=45)]).cells.iloc[0] for angles in ([130], [0, 120, 240]))
    assert lone["protrusion_polarity"] == pytest.approx(1)
    assert lone["protrusion_direction_deg"] == pytest.approx(130, abs=2)
    assert even["protrusion_polarity"] == pytest.approx(0, abs=0.03)
    none = measured([disc(20)]).cells.iloc[0]
    assert np.isnan(none["protrusion_polarity"])
    assert np.isnan(none["protrusion_direction_deg"])
