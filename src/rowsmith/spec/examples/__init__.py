"""Specs that come with rowsmith: each a YAML file of this folder, its first comment line saying what it is."""

from __future__ import annotations

from importlib import resources

from rowsmith.core.errors import SpecError, suggest


def described() -> dict[str, str]:
    """Name to what it is."""
    return {name: text(name).splitlines()[0].lstrip("# ") for name in names()}


def names() -> list[str]:
    """The names, sorted."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def text(name: str) -> str:
    """The YAML of an example.

    Raises:
        SpecError: there is no such one.
    """
    if name not in names():
        raise SpecError(f"{name!r} is not one of the examples{suggest(name, names())}")
    return resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
