"""The page of numbers as it is registered; nothing is imported that draws."""

from cellwright.workflows.panels import Panel

NUMBERS = Panel(
    "Numbers",
    "cellwright.ui.numbers.numbers_page:make_numbers",
    order=450,
    tooltip="How sure counts and shares are, what audits correct, how far readers agree, and the differential.",
    actions=(
        ("numbers.counts", "show_counts"),
        ("numbers.threshold", "show_threshold"),
        ("numbers.audit", "show_audit"),
        ("numbers.agreement", "show_agreement"),
        ("numbers.differential", "show_differential"),
        ("numbers.copy", "copy"),
    ),
)
