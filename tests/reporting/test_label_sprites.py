"""Words in films: the rim surrounds the letters, and µ is drawn though Pillow's font lacks it."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from podia.reporting.label_sprites import LabelSprites


@pytest.mark.parametrize("words", ["17", "50 µm", "1:20:00"])
@pytest.mark.parametrize("height", [9, 14, 40])
def test_the_rim_surrounds_the_letters_evenly(words: str, height: int) -> None:
    sprite = LabelSprites(height)._sprite(words)
    letters, rim = (np.asarray(mask) > 127 for mask in (sprite.letters, sprite.rim))
    assert letters.any()
    assert rim[letters].all()
    centres = [ndi.center_of_mass(mask) for mask in (letters, rim)]
    assert centres[0] == pytest.approx(centres[1], abs=max(1.5, 0.08 * height))


def test_a_micro_is_a_u_with_a_stroke_below_the_line() -> None:
    sprites = LabelSprites(40)
    u, micro = (np.asarray(sprites._sprite(letter).letters) > 127 for letter in "uµ")
    below = micro[u.shape[0] - 4 :]
    assert micro.shape[0] > u.shape[0]
    assert below.any()
    assert below[:, below.shape[1] // 2 :].sum() == 0
