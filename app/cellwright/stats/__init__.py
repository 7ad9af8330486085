"""Exact intervals: how far a counted share, number or density can be from the true one."""

from cellwright.stats.intervals import Interval, binomial_interval, poisson_interval, rate_interval

__all__ = ["Interval", "binomial_interval", "poisson_interval", "rate_interval"]
