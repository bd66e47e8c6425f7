"""Each named situation is tracked as a biologist would."""

from __future__ import annotations

import pytest

from podia.testing.situations import ALL_SITUATIONS, Situation, families, stage_jump
from podia.tracking.config import TrackingConfig
from podia.tracking.track import track


@pytest.mark.parametrize("situation", ALL_SITUATIONS, ids=str)
def test_the_lineage_is_the_one_expected(situation: Situation) -> None:
    config = TrackingConfig(**situation.settings)
    found = track(situation.labels, config, drift=situation.drift)
    assert families(found) == families(situation.lineage)


def test_a_stage_jump_confuses_tracking_without_its_drift() -> None:
    situation = stage_jump()
    assert families(track(situation.labels)) != families(situation.lineage)
