"""The page of labelled sets: what is in them, what is wrong with them, how they are divided, frozen and written."""
