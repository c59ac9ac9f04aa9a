"""`python -m rowsmith`: the same as the `rowsmith` command."""

from rowsmith.cli import main

if __name__ == "__main__":
    main()
