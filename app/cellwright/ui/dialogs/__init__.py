"""What asks before it acts: export, pixel size, and the dialogs of the help menu."""
