"""What paths hold to learn from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from annotated_movies import write_ctc_sequence, write_images
from podia.data.errors import InvalidInputError, MovieReadError, PodiaError
from podia.io.origin import FileRecord, Origin
from podia.results.facts import CorrectFacts
from podia.testing.small_movies import crawling_discs, write_small_movie
from podia.training.data.sources import read_annotated


def test_a_sequence_with_gold_alone_has_labels_on_its_gold_frames(tmp_path: Path) -> None:
    labels = crawling_discs()
    sequence = write_ctc_sequence(tmp_path / "set", gold=labels[[1, 4]], gold_numbers=(1, 4))
    (movie,) = read_annotated(sequence, pixel_size_um=0.5)
    assert (movie.name, movie.dataset, movie.labels.frames) == ("set-01", "set", (1, 4))
    assert movie.calibration.pixel_size_um == 0.5
    np.testing.assert_array_equal(movie.read_labels(4), labels[4])


def test_gold_replaces_silver_and_leaves_the_silver_cells_that_it_lacks(tmp_path: Path) -> None:
    silver = np.zeros((6, 128, 128), np.uint16)
    silver[:, 20:40, 20:40], silver[:, 80:100, 80:100] = 1, 2
    gold = np.zeros((1, 128, 128), np.uint16)
    gold[0, 22:42, 22:42] = 7
    sequence = write_ctc_sequence(tmp_path, gold=gold, gold_numbers=(2,), silver=silver)
    (movie,) = read_annotated(sequence)
    assert movie.labels.frames == (0, 1, 2, 3, 4, 5)
    np.testing.assert_array_equal(movie.read_labels(0), silver[0])
    joined = movie.read_labels(2)
    np.testing.assert_array_equal(joined == 7, gold[0] == 7)
    np.testing.assert_array_equal(joined == 9, silver[0] == 2)
    assert set(np.unique(joined)) == {0, 7, 9}, "the silver outline of the gold cell is gone"


def test_gold_on_request_is_unlabelled_where_only_silver_has_a_cell(tmp_path: Path) -> None:
    silver, gold = np.zeros((2, 6, 128, 128), np.uint16)
    silver[:, 80:100, 80:100] = 2
    gold[:, 22:42, 22:42] = 7
    (movie,) = read_annotated(write_ctc_sequence(tmp_path, gold=gold, silver=silver), annotation="gold")
    labels = movie.read_labels(3)
    np.testing.assert_array_equal(labels == -1, silver[0] == 2)
    np.testing.assert_array_equal(labels == 7, gold[0] == 7)


def test_pixels_around_a_marker_without_a_mask_are_unlabelled_up_to_half_way_to_the_next_marker(
    tmp_path: Path,
) -> None:
    silver, markers = np.zeros((2, 6, 128, 128), np.uint16)
    silver[:, 50:70, 20:40] = 1  # 400 px: a disc of 22.6 px diameter
    markers[:, 60, 30], markers[:, 60, 50] = 1, 2
    sequence = write_ctc_sequence(tmp_path, silver=silver, markers=markers)
    unknown = read_annotated(sequence)[0].read_labels(0) == -1
    assert unknown[60, 50]
    assert unknown[60, 72]
    assert not unknown[60, 73], "further from the marker than a cell is wide"
    assert unknown[60, 41]
    assert not unknown[60, 40], "as near to the marker of the other cell"


def test_silver_on_request_ignores_gold(tmp_path: Path) -> None:
    labels = crawling_discs()
    sequence = write_ctc_sequence(tmp_path, gold=labels + np.uint8(100), silver=labels)
    (movie,) = read_annotated(sequence, annotation="silver")
    np.testing.assert_array_equal(movie.read_labels(3), labels[3])


def test_frames_go_by_the_numbers_in_their_names_and_gaps_are_told(tmp_path: Path) -> None:
    labels = crawling_discs()
    numbers = (98, 122, 150, 151, 152, 153)
    sequence = write_ctc_sequence(
        tmp_path, gold=labels[[1, 3]], gold_numbers=(122, 151), numbers=numbers, silver=None
    )
    (movie,) = read_annotated(sequence)
    assert movie.labels.frames == (1, 3)
    assert movie.consecutive_frames() == [range(1), range(1, 2), range(2, 6)]


def test_a_folder_of_sequences_gives_those_with_labels(tmp_path: Path) -> None:
    labels = crawling_discs()
    write_ctc_sequence(tmp_path, silver=labels)
    write_images(tmp_path / "02", "t", labels, tuple(range(6)))
    with pytest.warns(UserWarning, match="no labels for 02"):
        movies = read_annotated(tmp_path)
    assert [movie.name for movie in movies] == [f"{tmp_path.name}-01"]


def test_a_label_folder_by_name_is_taken_at_its_word(tmp_path: Path) -> None:
    labels = crawling_discs()
    write_ctc_sequence(tmp_path, silver=labels)
    others = np.where(labels > 0, labels + np.uint8(5), labels)
    write_images(tmp_path / "01_AUTO" / "SEG", "mask", others, tuple(range(6)))
    (movie,) = read_annotated(tmp_path / "01_AUTO")
    np.testing.assert_array_equal(movie.read_labels(0), others[0])
    assert movie.movie.n_frames == 6


def test_a_foreground_is_not_taken_for_single_cells(tmp_path: Path) -> None:
    sequence = write_ctc_sequence(tmp_path)
    write_images(tmp_path / "01_GT" / "FG", "man_fg", (crawling_discs() > 0)[[0, 5]].astype(np.uint8), (0, 5))
    (movie,) = read_annotated(sequence)
    assert not movie.instances
    assert movie.labels.frames == (0, 5)


@pytest.mark.parametrize(
    ("folders", "mask_name"),
    [(("images", "masks"), "{}"), (("image", "label"), "{}_mask"), (("raw", "labels"), "{}_cp_masks")],
)
def test_images_and_masks_go_together_by_name(
    tmp_path: Path, folders: tuple[str, str], mask_name: str
) -> None:
    labels = crawling_discs()
    images, masks = (tmp_path / "day1" / folder for folder in folders)
    images.mkdir(parents=True)
    masks.mkdir()
    for k, name in enumerate(("b10", "b2", "other")):
        tifffile.imwrite(images / f"{name}.tif", labels[k] * 40)
        if name != "other":
            tifffile.imwrite(masks / f"{mask_name.format(name)}.tif", labels[k])
    with pytest.warns(UserWarning, match="1 of the 3 images"):
        movies = read_annotated(tmp_path / "day1")
    assert {(m.name, m.dataset, m.movie.shape) for m in movies} == {
        ("b10", "day1", (1, 128, 128)),
        ("b2", "day1", (1, 128, 128)),
    }
    for movie in movies:
        np.testing.assert_array_equal(movie.movie.frame(0), movie.read_labels(0) * 40)


def test_stacks_side_by_side_take_their_folders_name_and_frames_without_cells_as_not_annotated(
    tmp_path: Path,
) -> None:
    path = write_small_movie(tmp_path / "exp" / "B2")
    labels = crawling_discs()
    labels[[0, 1, 3, 5]] = 0
    tifffile.imwrite(path.parent / "labels.tif", labels, imagej=True, metadata={"axes": "TYX"})
    (movie,) = read_annotated([path.parent])
    assert (movie.name, movie.dataset, movie.labels.frames) == ("B2", "exp", (2, 4))
    assert movie.calibration.pixel_size_um == pytest.approx(0.5)


def test_an_analysis_folder_brings_its_labels_as_they_are_now_and_the_movie_it_was_made_of(
    tmp_path: Path,
) -> None:
    path = write_small_movie(tmp_path / "exp", calibrated=False)
    folder = tmp_path / "results" / "movie"
    _write_analysis(folder, path)
    (movie,) = read_annotated(folder)
    assert movie.calibration.pixel_size_um == 0.3
    assert (movie.dataset, movie.movie.n_frames) == ("results", 6)
    np.testing.assert_array_equal(movie.read_labels(2), crawling_discs()[2])


def test_of_a_corrected_analysis_only_corrected_frames_are_learned_from_and_that_is_said(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "results" / "movie"
    _write_analysis(folder, write_small_movie(tmp_path / "exp"), corrected=(1, 4))
    with pytest.warns(UserWarning, match=r"2 of 6 frames are used: those whose masks were corrected"):
        (movie,) = read_annotated(folder)
    assert movie.labels.frames == (1, 4)
    np.testing.assert_array_equal(movie.read_labels(4), crawling_discs()[4])
    (movie,) = read_annotated(folder, all_frames=True)
    assert movie.labels.frames == tuple(range(6))


def test_an_analysis_without_corrected_masks_is_refused_unless_its_masks_were_given(tmp_path: Path) -> None:
    path = write_small_movie(tmp_path / "exp")
    _write_analysis(tmp_path / "own", path, corrected=())
    with pytest.raises(
        InvalidInputError, match=r"No masks of '.*own' were corrected.*podia apply.*--all-frames"
    ):
        read_annotated(tmp_path / "own")
    given = FileRecord(path=str(path.parent / "labels.tif"), sha256="0")
    _write_analysis(tmp_path / "given", path, corrected=(), labels=given)
    (movie,) = read_annotated(tmp_path / "given")
    assert movie.labels.frames == tuple(range(6))


def test_masks_edited_and_not_applied_are_not_learned_from(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    _write_analysis(folder, write_small_movie(tmp_path / "exp"), corrected=(1,))
    (folder / ".podia").mkdir()
    (folder / ".podia" / "written.json").write_text(json.dumps({"masks/labels.ome.zarr": "another checksum"}))
    with pytest.raises(InvalidInputError, match=r"labels\.ome\.zarr' was edited since.*podia apply"):
        read_annotated(folder)


def test_an_analysis_of_some_frames_brings_these(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    path = write_small_movie(tmp_path / "exp")
    _write_analysis(folder, path, labels_of=crawling_discs()[2:5], config={"frames": "2:5"})
    (movie,) = read_annotated(folder)
    np.testing.assert_array_equal(movie.movie.frame(0), tifffile.imread(path)[2])
    np.testing.assert_array_equal(movie.read_labels(0), crawling_discs()[2])


def test_an_analysis_folder_whose_movie_is_gone_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    _write_analysis(folder, tmp_path / "gone.tif")
    with pytest.raises(MovieReadError, match=r"no longer at '.*gone\.tif'"):
        read_annotated(folder)


def test_partial_annotation_knows_background_only_by_its_value(tmp_path: Path) -> None:
    labels = crawling_discs()
    labels[:, :5] = 99
    (movie,) = read_annotated(
        write_ctc_sequence(tmp_path, gold=labels), coverage="partial", background_value=99
    )
    known = movie.read_labels(0)
    np.testing.assert_array_equal(known == 0, labels[0] == 99)
    np.testing.assert_array_equal(known == -1, labels[0] == 0)


def _no_labels(folder: Path) -> Path:
    write_ctc_sequence(folder)
    return folder


def _only_gold(folder: Path) -> Path:
    return write_ctc_sequence(folder, gold=crawling_discs())


def _empty_labels(folder: Path) -> Path:
    return write_ctc_sequence(folder, gold=np.zeros_like(crawling_discs()))


def _other_size(folder: Path) -> Path:
    return write_ctc_sequence(folder, gold=crawling_discs()[:, :100])


def _frame_outside(folder: Path) -> Path:
    return write_ctc_sequence(folder, gold=crawling_discs()[:1], gold_numbers=(7,))


def _fractions(folder: Path) -> Path:
    return write_ctc_sequence(folder, gold=crawling_discs() * np.float32(0.5))


def _mask_without_image(folder: Path) -> Path:
    write_images(folder / "images", "field", crawling_discs(), tuple(range(6)))
    write_images(folder / "masks", "feld", crawling_discs()[:1], (0,))
    return folder


def _stacks_of_other_length(folder: Path) -> Path:
    path = write_small_movie(folder)
    tifffile.imwrite(path.parent / "labels.tif", crawling_discs()[:4], imagej=True, metadata={"axes": "TYX"})
    return folder


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (
            _no_labels,
            MovieReadError,
            "does not contain a movie with labels. It contains the folders 01. Use one of them. podia",
        ),
        (_empty_labels, MovieReadError, "contain no cell: every pixel is 0"),
        (_other_size, InvalidInputError, "labels of '.*' have 100 x 128 pixels, its frames 128 x 128"),
        (_frame_outside, InvalidInputError, r"labels for frame 7, .* numbered 0 to 5 \(6 files\)"),
        (_fractions, MovieReadError, "has non-integer values; labels must be integers"),
        (
            _mask_without_image,
            MovieReadError,
            "no image in .* for the mask 'feld000.tif'. Did you mean 'field000'",
        ),
        (_stacks_of_other_length, MovieReadError, "has 4 frames and .* 6"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, write: object, error: type[PodiaError], message: str
) -> None:
    assert callable(write)
    with pytest.raises(error, match=message):
        read_annotated(write(tmp_path / "data"))


def test_labels_that_are_asked_for_but_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        MovieReadError, match="lacks the labels that annotation='both' asks for; it has 01_GT"
    ):
        read_annotated(_only_gold(tmp_path / "data"), annotation="both")


def test_a_path_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    _only_gold(tmp_path / "U373")
    with pytest.raises(MovieReadError, match=r"no folder '.*U337'. Did you mean 'U373'\?"):
        read_annotated(tmp_path / "U337")


@pytest.mark.parametrize(
    ("folder", "n_movies", "n_annotated", "instances"),
    [
        ("PhC-C2DH-U373/01", 1, 115, True),
        ("DIC-C2DH-HeLa", 1, 84, True),
        ("PhC-C2DL-PSC/01", 1, 63, True),
        ("T98G/manual", 45, 45, True),
        ("T98G/01_AUTO", 1, 37, True),
        ("PtK1/01", 1, 11, False),
    ],
)
def test_real_data_is_found(
    data_dir: Path, folder: str, n_movies: int, n_annotated: int, instances: bool
) -> None:
    movies = read_annotated(data_dir / folder)
    assert len(movies) == n_movies
    assert sum(len(movie.labels.frames) for movie in movies) == n_annotated
    assert movies[0].instances == instances
    assert movies[0].read_labels(movies[0].labels.frames[-1]).max() > 0


def _write_analysis(
    folder: Path,
    movie: Path,
    *,
    positions_only: bool = False,
    corrected: tuple[int, ...] | None = None,
    labels_of: np.ndarray | None = None,
    labels: FileRecord | None = None,
    config: dict[str, str] | None = None,
) -> None:
    from podia.data.movie import LabelMovie
    from podia.io.labels_ome_zarr import write_labels_zarr
    from podia.io.layout import LABELS

    folder.mkdir(parents=True)
    origin = Origin(
        path=str(movie),
        sha256="0",
        shape=(6, 128, 128),
        dtype="uint8",
        pixel_size_um=0.3,
        frame_interval_s=60.0,
        labels=labels,
    )
    record: dict[str, object] = {"input": origin.record(), "config": config or {"channel": None}}
    if corrected is not None:
        facts = CorrectFacts(n_tracks=4, n_divisions=0, changed_frames=corrected)
        record["steps"] = {"correct": facts.model_dump(mode="json")}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    array = crawling_discs() if labels_of is None else labels_of
    write_labels_zarr(replace(LabelMovie.from_array(array), positions_only=positions_only), folder / LABELS)


def test_a_result_of_positions_is_learned_from_as_points(tmp_path: Path) -> None:
    _write_analysis(tmp_path / "results" / "movie", write_small_movie(tmp_path / "exp"), positions_only=True)
    (movie,) = read_annotated(tmp_path / "results" / "movie")
    assert movie.marks == "points"


def write_pairs(folder: Path, *masks: np.ndarray) -> Path:
    """Pictures with their masks, as ``images/`` and ``masks/``."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for i, mask in enumerate(masks):
        tifffile.imwrite(folder / "images" / f"p{i}.tif", np.where(mask > 0, 90, 30).astype(np.uint8))
        tifffile.imwrite(folder / "masks" / f"p{i}.tif", mask)
    return folder


def test_picture_in_which_nobody_found_a_cell_is_background_throughout(tmp_path: Path) -> None:
    cells = crawling_discs()[0].astype(np.uint8)
    movies = read_annotated(write_pairs(tmp_path, cells, np.zeros_like(cells)))
    assert [movie.labels.frames for movie in movies] == [(0,), (0,)]
    assert not movies[1].read_labels(0).any()


def test_empty_picture_is_left_out_where_only_some_cells_are_annotated(tmp_path: Path) -> None:
    cells = crawling_discs()[0].astype(np.uint8)
    with pytest.warns(UserWarning, match=r"1 of the 2 masks in .* are empty, such as 'p1.tif'"):
        (movie,) = read_annotated(write_pairs(tmp_path, cells, np.zeros_like(cells)), coverage="partial")
    assert movie.name == "p0"


def test_pictures_without_any_cell_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match="contain no cell: every pixel is 0"):
        read_annotated(write_pairs(tmp_path, *np.zeros((2, 40, 40), np.uint8)))


@pytest.mark.parametrize("value", [1, 255])
def test_pictures_with_a_binary_mask_of_several_cells_are_foreground_alone(
    tmp_path: Path, value: int
) -> None:
    several = np.where(crawling_discs()[0] > 0, value, 0).astype(np.uint8)
    one = several.copy()
    one[:, 40:] = 0
    with pytest.warns(UserWarning, match=rf"binary mask: {value} is their only value"):
        movies = read_annotated(write_pairs(tmp_path / "drawn", several, one))
    assert [movie.instances for movie in movies] == [False, False], "also the one with a single cell"


def test_numbered_cells_are_told_apart_however_few_there_are(tmp_path: Path) -> None:
    first = crawling_discs()[0]
    one = np.where(first == first[first > 0].min(), 1, 0).astype(np.uint8)
    movies = read_annotated(write_pairs(tmp_path / "drawn", one, one))
    assert all(movie.instances for movie in movies)


def test_classes_are_no_labels(tmp_path: Path) -> None:
    cells = crawling_discs()[0] > 0
    classes = cells.astype(np.uint8) + (ndimage.binary_dilation(cells, iterations=2) & ~cells) * np.uint8(2)
    with pytest.raises(MovieReadError, match="contains classes, not labels: 1, 2 are its only values"):
        read_annotated(write_pairs(tmp_path / "drawn", classes))


def test_pictures_without_a_mask_are_told_of(tmp_path: Path) -> None:
    first = crawling_discs()[0].astype(np.uint8)
    folder = write_pairs(tmp_path / "drawn", first, first, first)
    (folder / "masks" / "p1.tif").unlink()
    with pytest.warns(UserWarning, match=r"1 of the 3 images .* have no mask .* e.g. 'p1.tif'"):
        assert len(read_annotated(folder)) == 2


def test_an_empty_folder_of_labels_is_named(tmp_path: Path) -> None:
    sequence = write_ctc_sequence(tmp_path / "set", gold=crawling_discs())
    for mask in (tmp_path / "set" / "01_GT" / "SEG").iterdir():
        mask.unlink()
    for path in (sequence, tmp_path / "set"):
        with pytest.raises(MovieReadError, match="01_GT' has neither a folder SEG nor FG with label images"):
            read_annotated(path)


@pytest.mark.parametrize("coverage", ["dense", "partial"])
def test_labels_whose_background_is_not_0_are_refused(tmp_path: Path, coverage: str) -> None:
    write_ctc_sequence(tmp_path)
    write_images(tmp_path / "01_AUTO" / "SEG", "mask", crawling_discs() + np.uint8(1), tuple(range(6)))
    with pytest.raises(MovieReadError, match=r"The background of the labels .* is 1, not 0"):
        read_annotated(tmp_path / "01_AUTO", coverage=coverage)
    if coverage == "partial":
        read_annotated(tmp_path / "01_AUTO", coverage=coverage, background_value=1)
