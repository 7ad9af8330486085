"""``cellwright train``: a recipe and a labelled set become a model."""
