"""Judge a synthetic table against a real one: one file per measure, a summary of plain data, a report drawn from it."""
