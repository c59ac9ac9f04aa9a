import pyarrow.csv
import pytest
from tests.engine.conftest import people
from typer.testing import CliRunner


def run(*words):
    """The command line, in this process."""
    from rowsmith.cli import application

    return CliRunner().invoke(application(), [str(word) for word in words])


@pytest.fixture(scope="session")
def table_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "people.csv"
    pyarrow.csv.write_csv(people(), path)
    return path


@pytest.fixture(scope="session")
def model_file(table_file):
    path = table_file.with_name("people.rowsmith")
    done = run("fit", table_file, "-o", path, "--seed", 1)
    assert done.exit_code == 0, done.output
    return path
