"""How the window looks and speaks: themes, icons, the small pieces panels are made of, and words for numbers."""
