"""The licences in a CycloneDX bill of materials, and whether each goes with Apache-2.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from license_expression import ExpressionError, LicenseSymbol, get_spdx_licensing

# What a program under Apache-2.0 may depend on and be given away with. MPL-2.0 binds changes to its
# own files, of which there are none here.
_COMPATIBLE = frozenset(
    "0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause CC0-1.0 CNRI-Python ISC MIT MIT-0 "
    "MPL-2.0 PSF-2.0 Python-2.0 Unlicense Zlib".split()
)
# Packages from before licence expressions say it by a classifier of the package index.
_CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Packages that state the whole text and no name, which was read here.
_READ = {"tiktoken": "MIT"}
_SPDX = get_spdx_licensing()


@dataclass(frozen=True, slots=True)
class Component:
    """One package of a bill. `licence` is an SPDX expression where it is known as one."""

    name: str
    version: str
    licence: str


def read_components(bill: Mapping[str, Any]) -> list[Component]:
    """The packages that a bill lists, in its order."""
    return [
        Component(
            one["name"],
            one["version"],
            _join(one.get("licenses", ())) or _READ.get(one["name"], "unknown"),
        )
        for one in bill["components"]
    ]


def find_foreign(components: Iterable[Component]) -> list[Component]:
    """Those whose licence is unknown or does not go with Apache-2.0."""
    return [one for one in components if not is_compatible(one.licence)]


def is_compatible(expression: str) -> bool:
    """Whether one may choose, of what an SPDX expression offers, only what is compatible."""
    try:
        return _is_compatible(_SPDX.parse(expression, validate=True))
    except ExpressionError:
        return False


def make_table(components: Sequence[Component]) -> str:
    """Markdown, by name."""
    rows = ["# Licences", "", "| package | version | licence |", "| --- | --- | --- |"]
    rows += [
        f"| {one.name} | {one.version} | {one.licence} |"
        for one in sorted(components, key=lambda one: (one.name.lower(), one.version))
    ]
    return "\n".join(rows) + "\n"


def _is_compatible(node: Any) -> bool:
    if isinstance(node, LicenseSymbol):
        return node.key in _COMPATIBLE
    if isinstance(node, _SPDX.OR):
        return any(_is_compatible(part) for part in node.args)
    # None for an empty text, and exceptions to licences, are known to none here.
    return isinstance(node, _SPDX.AND) and all(_is_compatible(part) for part in node.args)


def _join(licences: Iterable[Mapping[str, Any]]) -> str:
    """Several licences of one package all hold; empty where none is named."""
    named = []
    for one in licences:
        licence = one.get("license", {})
        name = one.get("expression") or licence.get("id") or licence.get("name", "")
        named.append(_CLASSIFIERS.get(name, name))
    if len(named) == 1:
        return str(named[0])
    return " AND ".join(f"({name})" if " OR " in name else name for name in named)
