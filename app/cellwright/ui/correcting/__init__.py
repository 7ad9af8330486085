"""What people correct in the window: the project behind it, what gestures mean as edits, undo, history, keys."""
