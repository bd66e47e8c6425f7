"""The tables that a comparison of conditions writes."""

from __future__ import annotations

from podia.data.schema import Column, TableSchema

COMPARISON = TableSchema(
    "comparison",
    "measure and pair of conditions",
    "Effect sizes, tests and power.",
    (
        Column("measure", "str", "plain", "What is compared, with its unit."),
        Column("control", "str", "plain", "Condition that is compared with."),
        Column("condition", "str", "plain", "Condition that is compared."),
        Column("n_control", "int64", "plain", "Replicates of the control: the number that the test counts."),
        Column("n_condition", "int64", "plain", "Replicates of the condition."),
        Column("n_cells_control", "int64", "plain", "Cells of the control."),
        Column("n_cells_condition", "int64", "plain", "Cells of the condition."),
        Column("mean_control", "float64", "plain", "Mean over replicates of their values (see replicates)."),
        Column("mean_condition", "float64", "plain", "The same of the condition."),
        Column("difference", "float64", "plain", "Condition minus control."),
        Column(
            "difference_low", "float64", "plain", "Low end of its 95 % interval, replicates being the units."
        ),
        Column("difference_high", "float64", "plain", "High end of it."),
        Column(
            "ratio",
            "float64",
            "plain",
            "Condition over control, of geometric means over replicates; NaN unless all are positive.",
        ),
        Column("ratio_low", "float64", "plain", "Low end of its 95 % interval."),
        Column("ratio_high", "float64", "plain", "High end of it."),
        Column(
            "hedges_g",
            "float64",
            "plain",
            "Difference in standard deviations of replicates within a condition, paired or not (the root of the mean "
            "variance of both), corrected for their small number; NaN for two pairs.",
            "Hedges, Journal of Educational Statistics 1981; pairs: Cumming, Understanding the New Statistics 2012",
        ),
        Column(
            "hedges_g_low",
            "float64",
            "plain",
            "Low end of its 95 % interval, by the noncentral t distribution.",
        ),
        Column("hedges_g_high", "float64", "plain", "High end of it."),
        Column(
            "cell_superiority",
            "float64",
            "plain",
            "Probability that a cell of the condition has more than one of the control; 0.5 for no difference.",
            "McGraw & Wong, Psychological Bulletin 1992",
        ),
        Column("p_value", "float64", "plain", "Two-sided, replicates being the units."),
        Column("p_adjusted", "float64", "plain", "The same after correction for all rows of the table."),
        Column(
            "p_cells",
            "float64",
            "plain",
            "What a t test would say that takes cells for independent. Wrong; here to show how far.",
        ),
        Column(
            "variance_of_replicates",
            "float64",
            "plain",
            "Share of the variance of cells, within conditions, that lies between replicates.",
        ),
        Column(
            "detectable_ratio",
            "float64",
            "plain",
            "Least ratio that so many replicates find with 80 % power, given how they differ.",
        ),
        Column(
            "replicates_for_20_percent",
            "Int64",
            "plain",
            "Replicates a condition that finding a difference of 20 % with 80 % power takes; empty if over 1000.",
        ),
    ),
)

COMPARED_REPLICATES = TableSchema(
    "replicates",
    "measure and replicate",
    "Values of each replicate.",
    (
        Column("measure", "str", "plain", "What is measured, with its unit."),
        Column("condition", "str", "plain", "Condition of the replicate."),
        Column("replicate", "str", "plain", "The replicate; all its movies together."),
        Column("n_cells", "int64", "plain", "Cells in which the measure is defined."),
        Column(
            "value",
            "float64",
            "plain",
            "What the test counts, once: the mean over these; for persistence the median; for lifetimes of protrusions "
            "the time over which they are observed by the number of ends seen, of all cells.",
        ),
        Column("mean", "float64", "plain", "Mean over these."),
        Column("median", "float64", "plain", "Median over these."),
        Column("deviation", "float64", "plain", "Standard deviation of these; NaN for one cell."),
    ),
)
