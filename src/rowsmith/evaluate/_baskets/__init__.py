"""One measure of baskets a module."""
