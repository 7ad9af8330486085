"""Teaching a model from the window: choices, curves, verdict, and the way back."""
