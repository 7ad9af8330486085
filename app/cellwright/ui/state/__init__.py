"""What the window shows, as values: the session, its pictures, numbers and colours. Knows no widgets."""
