"""Slides in the window: thumbnails, places, regions, coverage, and many slides at once."""
