"""Changes of a table: one file a change. A table goes in, a changed one comes out."""
