"""How sure numbers are: intervals of counts and shares, corrections by audits, agreement of readers."""

from cellwright.stats.agreement import (
    ConfusionLimits,
    Kappa,
    Weights,
    cohen_kappa,
    confusion_limits,
    fleiss_kappa,
)
from cellwright.stats.bland_altman import LimitsOfAgreement, limits_of_agreement
from cellwright.stats.corrected import AuditedStratum, corrected_count, rogan_gladen
from cellwright.stats.differential import ShareDifference, compare_differentials, ruemke_limits
from cellwright.stats.dispersion import (
    Dispersion,
    bootstrap_interval,
    dispersion,
    quasi_poisson_interval,
    share_dispersion,
    share_of_fields_interval,
)
from cellwright.stats.estimate import Estimate, sum_of
from cellwright.stats.expected import CountCurve, count_curve, expected_count
from cellwright.stats.intervals import Interval, binomial_interval, poisson_interval, rate_interval, ratio_interval
from cellwright.stats.sample_size import Adequacy, adequacy, cells_needed, cells_needed_exactly
from cellwright.stats.sampled_totals import SampledWindows, sampled_total
from cellwright.stats.simultaneous import Simultaneous, share_intervals

__all__ = [
    "Adequacy",
    "AuditedStratum",
    "ConfusionLimits",
    "CountCurve",
    "Dispersion",
    "Estimate",
    "Interval",
    "Kappa",
    "LimitsOfAgreement",
    "SampledWindows",
    "ShareDifference",
    "Simultaneous",
    "Weights",
    "adequacy",
    "binomial_interval",
    "bootstrap_interval",
    "cells_needed",
    "cells_needed_exactly",
    "cohen_kappa",
    "compare_differentials",
    "confusion_limits",
    "corrected_count",
    "count_curve",
    "dispersion",
    "expected_count",
    "fleiss_kappa",
    "limits_of_agreement",
    "poisson_interval",
    "quasi_poisson_interval",
    "rate_interval",
    "ratio_interval",
    "rogan_gladen",
    "ruemke_limits",
    "sampled_total",
    "share_dispersion",
    "share_intervals",
    "share_of_fields_interval",
    "sum_of",
]
