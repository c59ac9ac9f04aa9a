"""Planted structures: how each is planted, and how it is found again. One file a structure."""
