"""Everything the window can be told to do: declared once, then menus, keys, tool bar and palette."""
