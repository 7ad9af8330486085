"""How sure the numbers are, in the window: intervals, thresholds, audits, agreement and the differential."""
