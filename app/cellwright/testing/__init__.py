"""Tests that plugin authors inherit: what every reader must keep, ready to run on a file of theirs. Needs pytest."""
