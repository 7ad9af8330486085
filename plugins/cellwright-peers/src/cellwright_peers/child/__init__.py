"""What runs in other programs' environments; nothing of Cellwright imports it."""
