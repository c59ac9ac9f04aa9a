"""Room samplers: one file per way to make a column from parameters."""
