"""The texts in an annotation folder, for people who have never seen podia."""

from __future__ import annotations

NO_CELLS_TEXT = """\
# Pictures that truly hold no cell: their names, one a line, without .tif.
# A picture that is not named here and has no marks counts as not looked at.
"""

README_TEXT = """\
These pictures are frames of your movies, chosen to be most worth annotating.
contact-sheet.png shows them all, and why each was chosen.

What to draw
------------
Every cell of a picture, each with a number of its own; or click once on every cell, in its middle.
Outlines teach a network shapes; clicks teach it where cells are, and take a tenth of the time.
Pictures that you leave empty count as not annotated. If one truly holds no cell, write its name into no_cells.txt.
Do not rename the pictures, and do not change their size.

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
In the ROI manager: Deselect, More, Save; as masks/NAME.zip.
All at once: File, Import, Image Sequence, images/ ; save all ROIs as RoiSet.zip into this folder.

Cellpose
--------
Open images/NAME.tif, draw, and save masks as TIFF or PNG beside it (NAME_cp_masks).

LabelMe
-------
Open images/ ; polygons or points, with any label; save beside the picture (NAME.json).

Tables
------
points/NAME.csv with the columns frame,y,x in pixels, frame 0 throughout; y and x left empty: no cell.

What comes next
---------------
  podia train podia THIS_FOLDER -o my_model                         # from outlines
  podia train points THIS_FOLDER -o my_model                        # from clicks: finds where cells are
  podia train points-and-masks THIS_FOLDER -o my_model              # from both
  podia run movie.tif --model my_model/model.safetensors -o results

Leave annotation.json as it is: it says which frame of which movie each picture is. If the movies stay where they are,
training sees the frames around a picture, too.
"""
