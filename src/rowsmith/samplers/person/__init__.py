"""Persons: name, sex, birth date, how to reach them."""
