"""rowsmith: synthetic tables that are right in every row, with the evidence."""

__version__ = "0.1.0"
