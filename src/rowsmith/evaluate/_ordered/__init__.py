"""One measure of series a module."""
