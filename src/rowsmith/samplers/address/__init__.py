"""Postal addresses and their parts."""
