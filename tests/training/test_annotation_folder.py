"""Annotation folders: written, drawn in by the programs that people have, and read back."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from drawn_files import corners_of, fiji_points, fiji_polygon, labelme_polygon, write_fiji_rois, write_labelme
from podia.data.errors import ConfigurationError, InvalidInputError, MovieReadError, OutputError, PodiaError
from podia.io.read import read, read_labels
from podia.testing.small_movies import crawling_discs, write_small_movie
from podia.training.annotation.annotate import AnnotationOutcome, annotate
from podia.training.annotation.folder import AnnotationFolder
from podia.training.annotation.frame_choice import FrameChoiceConfig
from podia.training.data.sources import read_annotated

ROWS, COLUMNS = slice(20, 26), slice(10, 14)
BOX = corners_of(ROWS, COLUMNS)


def annotated(movies: list[Path], folder: Path, frames: int = 3) -> AnnotationOutcome:
    return annotate(movies, folder, FrameChoiceConfig(frames=frames, model=None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of a movie of six frames of discs, with nothing drawn."""
    movie = write_small_movie(tmp_path / "movies", name="dish.tif")
    annotated([movie], tmp_path / "annotation")
    return tmp_path / "annotation"


def pictures_of(folder: Path) -> dict[str, int]:
    """The pictures in the order of a stack, each with its frame."""
    record = AnnotationFolder(folder).read_record()
    assert record is not None
    return {picture.name: picture.frame for picture in record.in_order}


def first_of(folder: Path) -> tuple[str, int]:
    return next(iter(pictures_of(folder).items()))


def box() -> np.ndarray:
    image = np.zeros((128, 128), np.int32)
    image[ROWS, COLUMNS] = 1
    return image


# ---- written


def test_a_folder_holds_pictures_as_the_movie_has_them_and_empty_masks_of_their_size(folder: Path) -> None:
    pictures = pictures_of(folder)
    assert len(pictures) == 3
    movie = read(folder.parent / "movies" / "dish.tif")
    for name, frame in pictures.items():
        assert name == f"dish_t{frame:03d}"
        image = read(folder / "images" / f"{name}.tif")
        np.testing.assert_array_equal(image.frame(0), movie.frame(frame))
        assert image.calibration == movie.calibration
        mask = read_labels(folder / "masks" / f"{name}.tif")
        assert mask.shape == (1, 128, 128)
        assert not mask.frame(0).any()
    for name in ("points", "README.txt", "no_cells.txt", "annotation.json"):
        assert (folder / name).exists()
    sheet = Image.open(folder / "contact-sheet.png")
    assert np.asarray(sheet).std() > 10


def test_the_same_movies_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    annotated([tmp_path / "movies" / "dish.tif"], again)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes(), path


def test_asking_again_changes_nothing_and_asking_for_more_keeps_what_was_drawn(folder: Path) -> None:
    movie = folder.parent / "movies" / "dish.tif"
    before = pictures_of(folder)
    name = next(iter(before))
    tifffile.imwrite(folder / "masks" / f"{name}.tif", box().astype(np.uint8))
    drawn = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    assert annotated([movie], folder).n_new == 0
    assert {path: path.read_bytes() for path in drawn} == drawn
    assert annotated([movie], folder, frames=5).n_new == 2
    after = pictures_of(folder)
    assert before.items() <= after.items()
    assert len(after) == len(set(after.values())) == 5
    assert (folder / "masks" / f"{name}.tif").read_bytes() == drawn[folder / "masks" / f"{name}.tif"]


def test_another_movie_may_be_added_later_and_is_told_apart_where_names_are_alike(folder: Path) -> None:
    other = write_small_movie(folder.parent / "day2", name="dish.tif", seed=5)
    annotated([other], folder, frames=5)
    assert sum(name.startswith("day2-dish_t") for name in pictures_of(folder)) == 2


def test_a_mask_that_somebody_drew_after_a_killed_run_is_kept(folder: Path) -> None:
    name, _ = first_of(folder)
    tifffile.imwrite(folder / "masks" / f"{name}.tif", box().astype(np.uint8))
    record = json.loads((folder / "annotation.json").read_text())
    (folder / "annotation.json").write_text(json.dumps(record | {"pictures": record["pictures"][:0]}))
    annotated([folder.parent / "movies" / "dish.tif"], folder)
    np.testing.assert_array_equal(read_labels(folder / "masks" / f"{name}.tif").frame(0), box())


def test_masks_of_a_model_count_only_once_they_were_saved_again(discs_model: Path, tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path / "movies", name="dish.tif")
    config = FrameChoiceConfig(frames=2, model=str(discs_model))
    annotate([movie], tmp_path / "a", config, prefill=True)
    (name, frame), _ = pictures_of(tmp_path / "a").items()
    mask = tmp_path / "a" / "masks" / f"{name}.tif"
    found = read_labels(mask).frame(0)
    truth = crawling_discs()[frame]
    assert (found > 0)[truth > 0].mean() > 0.8
    with pytest.raises(MovieReadError, match="count once you have saved them again"):
        read_annotated(tmp_path / "a")
    tifffile.imwrite(mask, found.astype(np.uint16))
    (back,) = read_annotated(tmp_path / "a")
    assert back.labels.frames == (frame,)
    np.testing.assert_array_equal(back.read_labels(frame), found)


def test_masks_for_a_start_need_a_model(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path / "movies")
    with pytest.raises(ConfigurationError, match="Prefilled masks need a model"):
        annotate([movie], tmp_path / "a", FrameChoiceConfig(model=None), prefill=True)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path / "movies")
    with pytest.raises(OutputError, match=r"already exists and is not an annotation folder"):
        annotated([movie], tmp_path / "movies")
    with pytest.raises(InvalidInputError, match="are the same movie"):
        annotated([movie, movie], tmp_path / "a")


def test_no_picture_is_added_where_marks_count_them(folder: Path) -> None:
    (folder / "Points.csv").write_text("index,axis-0,axis-1,axis-2\n0,0,5,6\n")
    movie = folder.parent / "movies" / "dish.tif"
    assert annotated([movie], folder).n_new == 0
    with pytest.raises(OutputError, match=r"'Points\.csv' .* refers to images by their order"):
        annotated([movie], folder, frames=5)


# ---- read back, one picture


def mask_saved_over(folder: Path, name: str, frame: int) -> None:
    del frame
    tifffile.imwrite(folder / "masks" / f"{name}.tif", box().astype(np.int64))


def mask_of_cellpose(folder: Path, name: str, frame: int) -> None:
    del frame
    Image.fromarray(box().astype(np.uint16)).save(folder / "images" / f"{name}_cp_masks.png")


def mask_in_the_folder_itself(folder: Path, name: str, frame: int) -> None:
    del frame
    tifffile.imwrite(folder / f"{name}_mask.tif", box().astype(np.uint8))


def rois_of_fiji(folder: Path, name: str, frame: int) -> None:
    del frame
    write_fiji_rois(folder / "masks" / f"{name}.zip", fiji_polygon(BOX))


def shapes_of_labelme(folder: Path, name: str, frame: int) -> None:
    del frame
    write_labelme(folder / "images" / f"{name}.json", labelme_polygon(BOX), size=(128, 128))


def stack_of_masks(folder: Path, name: str, frame: int) -> None:
    del frame
    stack = np.zeros((3, 128, 128), np.uint8)
    stack[list(pictures_of(folder)).index(name)] = box()
    tifffile.imwrite(folder / "Labels.tif", stack, photometric="minisblack")


def stack_of_rois(folder: Path, name: str, frame: int) -> None:
    del frame
    index = list(pictures_of(folder)).index(name)
    write_fiji_rois(folder / "RoiSet.zip", fiji_polygon(BOX, position=index))


@pytest.mark.parametrize(
    "draw",
    [
        mask_saved_over,
        mask_of_cellpose,
        mask_in_the_folder_itself,
        rois_of_fiji,
        shapes_of_labelme,
        stack_of_masks,
        stack_of_rois,
    ],
)
def test_outlines_of_any_program_are_labels_on_the_frame_of_the_movie(
    draw: Callable[[Path, str, int], None], folder: Path
) -> None:
    name, frame = list(pictures_of(folder).items())[1]
    draw(folder, name, frame)
    (movie,) = read_annotated(folder)
    assert (movie.name, movie.dataset, movie.marks) == ("dish", "annotation", "masks")
    assert movie.movie.n_frames == 6, "the movie itself, so that the frames around are seen"
    assert movie.labels.frames == (frame,)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(movie)).read_labels(frame), box())
    assert movie.calibration.pixel_size_um == 0.5


@pytest.mark.parametrize("copy", ["images/{}.jpg", "images/{}.png", "images/{}.bmp", "{}.jpg"])
def test_a_copy_of_a_picture_is_not_taken_for_its_labels(folder: Path, copy: str) -> None:
    name, frame = first_of(folder)
    mask_saved_over(folder, name, frame)
    for other in pictures_of(folder):
        Image.fromarray(read(folder / "images" / f"{other}.tif").frame(0)).save(folder / copy.format(other))
    (movie,) = read_annotated(folder)
    assert movie.labels.frames == (frame,)


def test_labels_that_a_format_blurs_are_refused(folder: Path) -> None:
    name, _ = first_of(folder)
    Image.fromarray(box().astype(np.uint8)).save(folder / "masks" / f"{name}_mask.jpg")
    with pytest.raises(MovieReadError, match="Save the labels as TIFF or PNG"):
        read_annotated(folder)


@pytest.mark.parametrize("called", ["points", "masks"])
def test_a_folder_may_be_called_as_the_folders_in_it(tmp_path: Path, called: str) -> None:
    annotated([write_small_movie(tmp_path / "movies", name="dish.tif")], tmp_path / called)
    name, frame = first_of(tmp_path / called)
    mask_saved_over(tmp_path / called, name, frame)
    (movie,) = read_annotated(tmp_path / called)
    assert movie.labels.frames == (frame,)


def csv_of_one_picture(folder: Path, name: str, frame: int) -> None:
    del frame
    (folder / "points" / f"{name}.csv").write_text("frame,y,x\n0,20,30\n0,50.5,60\n")


def csv_by_the_number_in_the_movie(folder: Path, name: str, frame: int) -> None:
    (folder / "points" / f"{name}.csv").write_text(f"frame,y_px,x_px\n{frame},20,30\n{frame},50.5,60\n")


def csv_of_napari(folder: Path, name: str, frame: int) -> None:
    del frame
    (folder / "points" / f"{name}.csv").write_text("index,axis-0,axis-1\n0,20,30\n1,50.5,60\n")


def csv_of_napari_over_the_stack(folder: Path, name: str, frame: int) -> None:
    del frame
    index = list(pictures_of(folder)).index(name)
    text = f"index,axis-0,axis-1,axis-2\n0,{index}.0,20,30\n1,{index}.0,50.5,60\n"
    (folder / "Points.csv").write_text(text)


def points_of_fiji(folder: Path, name: str, frame: int) -> None:
    del frame
    write_fiji_rois(folder / "points" / f"{name}_RoiSet.zip", fiji_points([(30, 20), (60, 50.5)]))


def points_of_labelme(folder: Path, name: str, frame: int) -> None:
    del frame
    shapes = (
        {"label": "c", "shape_type": "point", "points": [[x, y]]} for x, y in [(30.5, 20.5), (60.5, 51)]
    )
    write_labelme(folder / "images" / f"{name}.json", *shapes, size=(128, 128))


@pytest.mark.parametrize(
    "click",
    [
        csv_of_one_picture,
        csv_by_the_number_in_the_movie,
        csv_of_napari,
        csv_of_napari_over_the_stack,
        points_of_fiji,
        points_of_labelme,
    ],
)
def test_clicks_of_any_program_are_points_on_the_frame_of_the_movie(
    click: Callable[[Path, str, int], None], folder: Path
) -> None:
    name, frame = list(pictures_of(folder).items())[1]
    click(folder, name, frame)
    (movie,) = read_annotated(folder)
    assert (movie.marks, movie.labels.frames) == ("points", (frame,))
    labels = pickle.loads(pickle.dumps(movie)).read_labels(frame)
    assert sorted([labels[20, 30], labels[50, 60]]) == [1, 2]
    assert labels.max() == 2


# ---- read back, all of a folder


def test_masks_filled_from_truth_come_back_as_the_truth(folder: Path) -> None:
    truth = crawling_discs()
    for name, frame in pictures_of(folder).items():
        tifffile.imwrite(folder / "masks" / f"{name}.tif", truth[frame])
    (movie,) = read_annotated(folder)
    assert movie.labels.frames == tuple(sorted(pictures_of(folder).values()))
    for frame in movie.labels.frames:
        np.testing.assert_array_equal(movie.read_labels(frame), truth[frame])


def test_without_the_movie_each_picture_stands_alone(folder: Path) -> None:
    for name in list(pictures_of(folder))[:2]:
        mask_saved_over(folder, name, 0)
    (folder.parent / "movies" / "dish.tif").unlink()
    with pytest.warns(UserWarning, match="is missing or has changed since the frames were selected"):
        movies = read_annotated(folder)
    assert [movie.name for movie in movies] == list(pictures_of(folder))[:2]
    assert [(movie.movie.n_frames, movie.labels.frames) for movie in movies] == [(1, (0,))] * 2
    assert movies[0].calibration.pixel_size_um == 0.5


def test_a_movie_that_has_changed_is_not_taken_for_the_same(folder: Path) -> None:
    mask_saved_over(folder, first_of(folder)[0], 0)
    write_small_movie(folder.parent / "movies", name="dish.tif", seed=9)
    with pytest.warns(UserWarning, match="is missing or has changed since the frames were selected"):
        (movie,) = read_annotated(folder)
    assert movie.movie.n_frames == 1


def test_folder_and_movie_that_were_moved_together_still_belong_together(folder: Path) -> None:
    mask_saved_over(folder, first_of(folder)[0], 0)
    moved = folder.parent.with_name("elsewhere")
    shutil.move(folder.parent, moved)
    (movie,) = read_annotated(moved / folder.name)
    assert movie.movie.n_frames == 6


def test_a_picture_that_is_said_to_hold_no_cell_is_all_background(folder: Path) -> None:
    (first, empty, left), frames = pictures_of(folder), pictures_of(folder)
    mask_saved_over(folder, first, 0)
    with (folder / "no_cells.txt").open("a") as file:
        file.write(f"{empty}.tif\n")
    (movie,) = read_annotated(folder)
    assert movie.labels.frames == tuple(sorted((frames[first], frames[empty]))), f"{left} is not annotated"
    assert not movie.read_labels(frames[empty]).any()


def test_a_row_without_a_position_says_that_a_picture_holds_no_cell(folder: Path) -> None:
    csv_of_one_picture(folder, first_of(folder)[0], 0)
    second = list(pictures_of(folder))[1]
    (folder / "points" / f"{second}.csv").write_text("frame,y,x\n0,,\n")
    outlines, points = read_annotated(folder)
    assert (outlines.marks, points.marks) == ("masks", "points")
    assert outlines.labels.frames == (pictures_of(folder)[second],)


def test_outlines_and_clicks_on_different_frames_are_two_movies(folder: Path) -> None:
    (first, one), (second, two), _ = pictures_of(folder).items()
    mask_saved_over(folder, first, 0)
    csv_of_napari(folder, second, 0)
    movies = read_annotated(folder)
    assert [(movie.marks, movie.labels.frames) for movie in movies] == [("masks", (one,)), ("points", (two,))]


def test_of_outlines_and_clicks_on_one_picture_the_outlines_are_taken_with_a_word(folder: Path) -> None:
    name, frame = first_of(folder)
    mask_saved_over(folder, name, frame)
    csv_of_napari(folder, name, frame)
    with pytest.warns(UserWarning, match=f"{name}: there are outlines and points; the outlines are used"):
        (movie,) = read_annotated(folder)
    assert movie.marks == "masks"


def _nothing(folder: Path, name: str) -> None:
    del folder, name


def _only_no_cells(folder: Path, name: str) -> None:
    (folder / "no_cells.txt").write_text(f"{name}\n")


def _other_size(folder: Path, name: str) -> None:
    tifffile.imwrite(folder / "masks" / f"{name}.tif", np.ones((64, 64), np.uint8))


def _other_name(folder: Path, name: str) -> None:
    tifffile.imwrite(folder / "masks" / f"{name[:-1]}x.tif", box().astype(np.uint8))


def _two_masks(folder: Path, name: str) -> None:
    mask_saved_over(folder, name, 0)
    mask_of_cellpose(folder, name, 0)


def _cells_and_none(folder: Path, name: str) -> None:
    mask_saved_over(folder, name, 0)
    _only_no_cells(folder, name)


def _unknown_empty(folder: Path, name: str) -> None:
    _only_no_cells(folder, f"{name[:-3]}999")


def _stack_too_short(folder: Path, name: str) -> None:
    del name
    tifffile.imwrite(folder / "labels.tif", np.ones((2, 128, 128), np.uint8), photometric="minisblack")


def _clicks_beyond(folder: Path, name: str) -> None:
    (folder / "points" / f"{name}.csv").write_text("frame,y,x\n0,20,300\n")


def _clicks_on_another_frame(folder: Path, name: str) -> None:
    (folder / "points" / f"{name}.csv").write_text("frame,y,x\n77,20,30\n")


def _stack_of_clicks_too_long(folder: Path, name: str) -> None:
    del name
    (folder / "Points.csv").write_text("index,axis-0,axis-1,axis-2\n0,3.0,20,30\n")


def _clicks_of_one_picture_under_no_name(folder: Path, name: str) -> None:
    del name
    (folder / "points" / "Points.csv").write_text("index,axis-0,axis-1\n0,20,30\n")


def _rois_of_one_picture_under_no_name(folder: Path, name: str) -> None:
    del name
    write_fiji_rois(folder / "RoiSet.zip", fiji_polygon(BOX))


def _record_broken(folder: Path, name: str) -> None:
    del name
    (folder / "annotation.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_nothing, r"Nothing is annotated yet in '.*': none of its 3 images has a cell. Draw or click"),
        (_only_no_cells, "Nothing is annotated yet"),
        (_other_size, "have 64 x 64 pixels, and the image 'dish_t.*' has 128 x 128"),
        (_other_name, r"no image for 'masks/dish_t..x\.tif'. Did you mean 'dish_t"),
        (_two_masks, "is annotated in '.*' and in '.*'. Delete one of them"),
        (_cells_and_none, r"'no_cells\.txt' lists '.*' as having no cells, but '.*' has some"),
        (_unknown_empty, "which is not an image. Did you mean"),
        (_stack_too_short, "has 2 frames for 3 images"),
        (_clicks_beyond, "a point at y 20, x 300, outside 'dish"),
        (_clicks_on_another_frame, "annotations on frame 77, but '.*' is a single image"),
        (_stack_of_clicks_too_long, "annotations on frame 3 .counted from 0., but there are 3 images"),
        (_clicks_of_one_picture_under_no_name, "does not contain the image of its annotations"),
        (_rois_of_one_picture_under_no_name, "does not contain the image of its annotations"),
        (_record_broken, "was changed after podia annotate wrote it"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    spoil: Callable[[Path, str], None], message: str, folder: Path
) -> None:
    spoil(folder, first_of(folder)[0])
    with pytest.raises(PodiaError, match=message) as raised:
        read_annotated(folder)
    assert "\n" not in str(raised.value)


def test_a_partly_drawn_picture_is_unlabelled_where_it_is_asked_for(folder: Path) -> None:
    name, frame = first_of(folder)
    mask_saved_over(folder, name, frame)
    (movie,) = read_annotated(folder, coverage="partial")
    assert set(np.unique(movie.read_labels(frame))) == {-1, 1}
