"""The panels around the picture, each following the session."""
