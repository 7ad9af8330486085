"""Plots of what was measured: looked at beside the picture, gated, and written to files."""
