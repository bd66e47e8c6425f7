"""Texts of an annotation folder, for annotators who do not know podia."""

from __future__ import annotations

NO_CELLS_TEXT = """\
# Images without any cell: one name per line, without .tif.
# An image that is not listed here and has no annotation counts as not annotated.
"""

README_TEXT = """\
These images are frames of your movies, selected because annotating them helps most.
contact-sheet.png shows all of them, and why each was selected.

What to draw
------------
Draw every cell in an image, each with its own number; or click once on every cell, in its middle.
With outlines, a network learns shapes. With clicks, it learns positions, in a tenth of your time.
Images that you leave empty count as not annotated. If an image contains no cells, add its name to no_cells.txt.
Do not rename or resize the images.

napari
------
Outlines: open images/NAME.tif and masks/NAME.tif, change the second into a Labels layer (right click: Convert to
  Labels), paint, each cell with a new label (M), select the layer, and save it over masks/NAME.tif.
Clicks: add a Points layer on images/NAME.tif, click, and save the layer as points/NAME.csv.
All at once: open all of images/ as one stack, and save Labels as Labels.tif, Points as Points.csv, or Shapes as
  Shapes.csv into this folder.

Fiji
----
Open images/NAME.tif. Outlines: polygon, freehand or wand, T for each cell. Clicks: the multi-point tool, T at the end.
In the ROI Manager: Deselect, More, Save; as masks/NAME.zip.
All at once: File, Import, Image Sequence, images/ ; save all ROIs as RoiSet.zip into this folder.

Cellpose
--------
Open images/NAME.tif and draw. Cellpose saves NAME_seg.npy next to it by itself; masks that you save as TIFF or PNG
(NAME_cp_masks) are read as well.

LabelMe
-------
Open images/ ; draw polygons or points, with any label; save next to the image (NAME.json).

Tables
------
points/NAME.csv with the columns frame,y,x in pixels, and frame 0 in all rows. A row without y and x means: no cells.

Next steps
----------
  podia train podia THIS_FOLDER -o my_model                         # from outlines
  podia train points THIS_FOLDER -o my_model                        # from clicks: detects positions
  podia train points-and-masks THIS_FOLDER -o my_model              # from both
  podia run movie.tif --model my_model/model.safetensors -o results

Do not change annotation.json, which links each image to a frame of a movie. As long as the movies stay in place,
training also reads the neighbouring frames of each image.
"""
