"""Cellpose's own files as annotation: beside images, beside the pictures of ``podia annotate``, and next to a PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from podia.data.errors import MovieReadError
from podia.testing.small_movies import as_phase_contrast, crawling_discs, write_small_movie
from podia.training.annotation.annotate import annotate
from podia.training.annotation.folder import AnnotationFolder
from podia.training.annotation.frame_choice import FrameChoiceConfig
from podia.training.data.sources import read_annotated

LABELS = crawling_discs(2)


def seg_file(path: Path, masks: np.ndarray) -> Path:
    np.save(path, {"masks": masks, "outlines": masks * 0, "filename": "x"}, allow_pickle=True)  # type: ignore[arg-type]
    return path


def test_images_with_cellposes_files_beside_them_are_a_data_set(tmp_path: Path) -> None:
    for name, frame, labels in zip("ab", as_phase_contrast(LABELS), LABELS, strict=True):
        tifffile.imwrite(tmp_path / f"{name}.tif", frame)
        seg_file(tmp_path / f"{name}_seg.npy", labels.astype(np.uint16))
    # What Cellpose exports beside it counts before its own file.
    tifffile.imwrite(tmp_path / "b_masks.tif", LABELS[0].astype(np.uint16))
    first, second = read_annotated([tmp_path])
    np.testing.assert_array_equal(first.read_labels(0), LABELS[0])
    np.testing.assert_array_equal(second.read_labels(0), LABELS[0])
    assert (first.movie.name, second.movie.name) == ("a", "b")


def test_a_file_of_cellpose_beside_a_picture_is_its_annotation(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path / "movies")
    annotate([movie], tmp_path / "set", FrameChoiceConfig(frames=2, model=None))
    record = AnnotationFolder(tmp_path / "set").read_record()
    assert record is not None
    name, frame = record.in_order[0].name, record.in_order[0].frame
    masks = crawling_discs()[frame].astype(np.uint16)
    seg_file(tmp_path / "set" / "images" / f"{name}_seg.npy", masks)
    (found,) = read_annotated([tmp_path / "set"])
    np.testing.assert_array_equal(found.read_labels(frame), masks)
    Image.fromarray(masks).save(tmp_path / "set" / "images" / f"{name}_cp_masks.png")
    (found,) = read_annotated([tmp_path / "set"])  # the same cells twice
    np.testing.assert_array_equal(found.read_labels(frame), masks)
    Image.fromarray(np.roll(masks, 3)).save(tmp_path / "set" / "images" / f"{name}_cp_masks.png")
    with pytest.raises(MovieReadError, match=r"is annotated in .* and in .*Delete one of them"):
        read_annotated([tmp_path / "set"])
