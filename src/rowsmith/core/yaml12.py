"""YAML as its version 1.2 has it, which people mean: what is written by hand is read as such, and what is printed is read the same."""

from __future__ import annotations

import re
from typing import Any

import yaml


class ValueFault(yaml.MarkedYAMLError):
    """A value that looks like a number or a date and is none."""


class Loader(yaml.SafeLoader):
    """YAML as its version 1.2 has it where 1.1 surprises: `no` and `12:30` are texts, `1e6` is a number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, where the keys `null`, `true` and `false` are words: a column may have a setting `null`."""
        for key, _ in node.value:
            if key.tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"):
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value; one that Python cannot make is a fault with its line."""
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as fault:
            kind = "date" if node.tag.endswith(":timestamp") else "number"
            problem = f"{node.value!r} is no {kind} ({fault}); correct it, or put it in quotes if it is a text."
            raise ValueFault(None, None, problem, node.start_mark) from None


_PLAIN = {
    "bool": (r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "int": (r"^[-+]?(0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$", "-+0123456789"),
    "float": (
        r"^[-+]?(\.[0-9]+|(0|[1-9][0-9_]*)(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$",
        "-+.0123456789",
    ),
}
Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rpartition(":")[2] not in _PLAIN]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Dumper(yaml.SafeDumper):
    """Prints any text so that it is read back the same; PyYAML alone loses some control characters."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


Dumper.add_representer(str, _text_node)
for _tag, (_rule, _first) in _PLAIN.items():
    for _each in (Loader, Dumper):  # texts that look like values of either version are quoted
        _each.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_rule), list(_first))
