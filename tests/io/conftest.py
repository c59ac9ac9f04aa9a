import pytest

from rowsmith.io._open import open_sink, read_table


@pytest.fixture
def write():
    """Writes a table as the engine does."""

    def run(table, target, rows=7, **options):
        sink = open_sink(str(target), **options)
        try:
            sink.open(table.schema)
            for batch in table.to_batches(rows):
                sink.write(batch)
            sink.commit()
        except BaseException:
            sink.abort()
            raise
        return target

    return run


@pytest.fixture
def again(write, tmp_path):
    """A table after it was written and read."""

    def run(table, ending, **options):
        return read_table(write(table, tmp_path / f"t{ending}", **options))

    return run
