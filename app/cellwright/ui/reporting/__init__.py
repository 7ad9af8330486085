"""Reports, and the session as a recipe: what a person takes away besides tables."""
