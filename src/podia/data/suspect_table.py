"""Declaration of the table of suspects."""

from __future__ import annotations

from podia.data.common_columns import FRAME_COLUMN, TIME_COLUMN, TRACK_COLUMN
from podia.data.schema import Column, TableSchema

SUSPECTS = TableSchema(
    "suspects",
    "suspect, the most worthwhile first",
    "Cells, links and divisions that are probably wrong, with suggested corrections.",
    (
        Column("suspect", "int64", "plain", "Number in the list, from 1. podia correct FOLDER --suspect NUMBER applies what is suggested."),
        Column("kind", "str", "plain", "split_cell or merged_cells (for a while or from here on), missed_division, doubtful_division, gap, swap, begins_inside or ends_inside (a track that begins or ends inside the field), jump, contact (tracking was unsure of the number of cells in a region) or unlike_others (far smaller than other cells, or cells of which the network is unsure)."),
        Column("confidence", "float64", "plain", "0 to 1, to order the list; not a probability."),
        FRAME_COLUMN,
        TIME_COLUMN,
        TRACK_COLUMN,
        Column("other_track_id", "Int64", "plain", "The other track that it is about; empty where there is none."),
        Column("y", "float64", "px", "Position of the cell in the original image."),
        Column("x", "float64", "px", "Position of the cell in the original image."),
        Column("reason", "str", "plain", "What was seen."),
        Column("suggestion", "str", "plain", "The correction that would mend it; empty where only a person can say."),
        Column("correction", "str", "plain", "The same as a line of corrections.jsonl."),
    ),
)
