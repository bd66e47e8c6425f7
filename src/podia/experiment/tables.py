"""Tables of a comparison of conditions."""

from __future__ import annotations

from podia.data.schema import Column, TableSchema

COMPARISON = TableSchema(
    "comparison",
    "measure and pair of conditions",
    "Effect sizes, tests and power.",
    (
        Column("measure", "str", "plain", "Measure with its unit."),
        Column("control", "str", "plain", "Control condition."),
        Column("condition", "str", "plain", "Condition that is compared with the control."),
        Column("n_control", "int64", "plain", "Number of replicates of the control, the units of the test."),
        Column("n_condition", "int64", "plain", "Number of replicates of the condition."),
        Column(
            "n_cells_control",
            "int64",
            "plain",
            "Number of cells of the control; of movies, for a measure of the culture.",
        ),
        Column("n_cells_condition", "int64", "plain", "Number of cells of the condition."),
        Column(
            "mean_control",
            "float64",
            "plain",
            "Mean of the values of replicates of the control (see replicates).",
        ),
        Column("mean_condition", "float64", "plain", "Mean of the values of replicates of the condition."),
        Column("difference", "float64", "plain", "Condition minus control."),
        Column("difference_low", "float64", "plain", "Lower limit of its 95 % interval over replicates."),
        Column("difference_high", "float64", "plain", "Upper limit of its 95 % interval."),
        Column(
            "ratio",
            "float64",
            "plain",
            "Ratio of condition to control, of geometric means over replicates; NaN unless all are positive.",
        ),
        Column("ratio_low", "float64", "plain", "Lower limit of its 95 % interval."),
        Column("ratio_high", "float64", "plain", "Upper limit of its 95 % interval."),
        Column(
            "hedges_g",
            "float64",
            "plain",
            "Hedges' g: difference in standard deviations of replicates within a condition, paired or not (square "
            "root of the mean variance of both), corrected for small samples; NaN for two pairs.",
            "Hedges, Journal of Educational Statistics 1981; pairs: Cumming, Understanding the New Statistics 2012",
        ),
        Column(
            "hedges_g_low",
            "float64",
            "plain",
            "Lower limit of its 95 % interval, from the noncentral t distribution.",
        ),
        Column("hedges_g_high", "float64", "plain", "Upper limit of its 95 % interval."),
        Column(
            "cell_superiority",
            "float64",
            "plain",
            "Probability that a cell of the condition exceeds a cell of the control; 0.5 for no difference.",
            "McGraw & Wong, Psychological Bulletin 1992",
        ),
        Column("p_value", "float64", "plain", "Two-sided p-value of the t test over replicates."),
        Column("p_adjusted", "float64", "plain", "p-value corrected for all rows of the table."),
        Column(
            "p_cells",
            "float64",
            "plain",
            "p-value of a t test that treats cells as independent. Not valid; shown for comparison.",
        ),
        Column(
            "variance_of_replicates",
            "float64",
            "plain",
            "Fraction of the variance of cells within conditions that is between replicates.",
        ),
        Column(
            "detectable_ratio",
            "float64",
            "plain",
            "Smallest ratio that this number of replicates detects with 80 % power, given their variation.",
        ),
        Column(
            "replicates_for_20_percent",
            "Int64",
            "plain",
            "Replicates per condition needed to detect a difference of 20 % with 80 % power; empty if over 1000.",
        ),
    ),
)

COMPARED_REPLICATES = TableSchema(
    "replicates",
    "measure and replicate",
    "Values of each replicate.",
    (
        Column("measure", "str", "plain", "Measure with its unit."),
        Column("condition", "str", "plain", "Condition of the replicate."),
        Column("replicate", "str", "plain", "Replicate, with all its movies pooled."),
        Column("n_cells", "int64", "plain", "Number of cells, or movies, in which the measure is defined."),
        Column(
            "value",
            "float64",
            "plain",
            "Value used in the test: the mean over cells; for persistence the median; for protrusion lifetimes the "
            "total observed time divided by the number of observed ends.",
        ),
        Column("mean", "float64", "plain", "Mean over cells."),
        Column("median", "float64", "plain", "Median over cells."),
        Column("deviation", "float64", "plain", "Standard deviation over cells; NaN for one cell."),
    ),
)

DOSE_RESPONSE = TableSchema(
    "dose_response",
    "compound and measure",
    "Dose-response curves: EC50 and plateaus.",
    (
        Column("compound", "str", "plain", "Compound, empty if the table has none."),
        Column("measure", "str", "plain", "Measure with its unit."),
        Column("dose_unit", "str", "plain", "Unit of the doses and of EC50, empty if unknown."),
        Column("n_doses", "int64", "plain", "Number of doses, with 0."),
        Column("n_values", "int64", "plain", "Number of replicates over all doses."),
        Column("at_zero", "float64", "plain", "Fitted value without the compound."),
        Column("at_infinity", "float64", "plain", "Fitted value at an infinite dose."),
        Column(
            "ec50",
            "float64",
            "plain",
            "Dose at which half of the change is reached; NaN if the dose has no significant effect.",
            "Ritz et al., PLoS ONE 2015",
        ),
        Column(
            "ec50_low",
            "float64",
            "plain",
            "Lower limit of its 95 % interval, by the profile of the sum of squares; NaN if unbounded.",
        ),
        Column("ec50_high", "float64", "plain", "Upper limit of its 95 % interval; NaN if unbounded."),
        Column("hill", "float64", "plain", "Hill slope."),
        Column(
            "hill_fixed", "bool", "plain", "Whether it is fixed at 1, because there are fewer than 5 doses."
        ),
        Column(
            "p_value", "float64", "plain", "p-value of the hypothesis that the dose has no effect (F test)."
        ),
    ),
)
