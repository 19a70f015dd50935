"""What a mapping says: how a source writes its files, and which column means what."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from adapters.files import document
from adapters.files.document import NotImportable, Spec
from adapters.files.kinds import PARTS
from domain.imports import ImportKind

__all__ = ["NotImportable", "SourceMapping", "load", "read"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the source cuts a file into cells. `columns` is None where the first line names them."""

    layout: str
    encoding: str
    delimiter: str = ","
    quote: str = ""
    columns: tuple[str, ...] | None = None
    widths: tuple[int, ...] = ()
    ignore: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Forms:
    """How the source writes numbers, times and what is not there."""

    decimal: str
    thousands: str
    dates: tuple[str, ...]
    zone: ZoneInfo
    empty: frozenset[str]
    region: str
    international_without_plus: bool


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """What is taken off each cell of a column before it is used."""

    remove_prefix: str
    remove_suffix: str


@dataclass(frozen=True, kw_only=True)
class Skip:
    """A rule for lines that are left out: where a column is empty, holds or begins with something."""

    column: str
    reason: str
    empty: bool
    equals: frozenset[str]
    prefix: str | None

    def fits(self, cell: str) -> bool:
        """Whether a line with this cell is left out."""
        if self.empty:
            return not cell
        return cell in self.equals or (self.prefix is not None and cell.startswith(self.prefix))


@dataclass(frozen=True, kw_only=True)
class CustomerRule:
    """How a line names its customer, and whether one whom nobody knows is registered."""

    reference: tuple[str, ...]
    source: str
    register_unknown: bool
    specs: Mapping[str, Spec]


@dataclass(frozen=True, kw_only=True)
class SourceMapping:
    """A mapping for one kind of file, checked as far as it can be without seeing a file."""

    kind: ImportKind
    name: str
    sha256: str
    source: str
    reference: tuple[str, ...]
    scope_by_year: bool
    layout: Layout
    forms: Forms
    complete: bool
    cleaning: Mapping[str, Cleaning]
    skips: tuple[Skip, ...]
    customer: CustomerRule
    varies: frozenset[str]
    parts: Mapping[str, Mapping[str, Spec]]
    consents: tuple[Mapping[str, Spec], ...]

    def used_columns(self) -> dict[str, str]:
        """Every column that the mapping speaks of, with the place that does."""
        used = dict.fromkeys(self.reference, "source.reference")
        used |= dict.fromkeys(self.customer.reference, "customer.reference")
        used |= dict.fromkeys(self.cleaning, "columns")
        used |= {skip.column: "skip" for skip in self.skips}
        for place, specs in self._sections():
            for name, spec in specs.items():
                used |= dict.fromkeys(spec.uses, f"{place}.{name}")
        return used

    def _sections(self) -> Iterator[tuple[str, Mapping[str, Spec]]]:
        yield "customer", self.customer.specs
        yield from self.parts.items()
        for consent in self.consents:
            yield "consent", consent


def load(path: Path, kind: ImportKind) -> SourceMapping:
    """The mapping in a TOML file. Raises NotImportable with all that is wrong with it."""
    try:
        content = path.read_bytes()
        told = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise NotImportable(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are such
        raise NotImportable(f"The mapping {path} is not TOML in UTF-8: {error}") from error
    return read(told, kind, name=path.name, sha256=hashlib.sha256(content).hexdigest())


def read(told: Mapping[str, Any], kind: ImportKind, *, name: str, sha256: str) -> SourceMapping:
    """The mapping in a TOML document. Raises NotImportable with all that is wrong with it."""
    told = document.check(told, kind, name)
    file, source = told["file"], told["source"]
    return SourceMapping(
        kind=kind,
        name=name,
        sha256=sha256,
        source=source["name"],
        reference=source["reference"],
        scope_by_year=source.get("scope") == "year",
        layout=Layout(
            layout=file["layout"],
            encoding=file["encoding"],
            delimiter=file.get("delimiter", ","),
            quote=file.get("quote", ""),
            columns=tuple(file["columns"]) if "columns" in file else None,
            widths=tuple(file.get("widths", ())),
            ignore=frozenset(file.get("ignore", ())),
        ),
        forms=Forms(
            decimal=file.get("decimal", ""),
            thousands=file.get("thousands", ""),
            dates=tuple(file.get("dates", ())),
            zone=ZoneInfo(file["zone"]),
            empty=frozenset(file.get("empty", ())),
            region=file.get("region", ""),
            international_without_plus=file.get("international_without_plus", False),
        ),
        complete=file.get("complete", False),
        cleaning={name: Cleaning(**rules) for name, rules in told.get("columns", {}).items()},
        skips=tuple(
            Skip(
                column=rule["column"],
                reason=rule["reason"],
                empty=rule.get("empty", False),
                equals=frozenset(rule.get("equals", ())),
                prefix=rule.get("prefix"),
            )
            for rule in told.get("skip", ())
        ),
        customer=_customer(told),
        varies=frozenset(told.get("group", {}).get("varies", ())),
        parts=_parts(told, kind),
        consents=tuple(told.get("consent", ())),
    )


def template(text: str) -> tuple[list[str], list[str]]:
    """The texts and columns of `Customer {CustomerID}` in turn; one text more than columns."""
    texts, columns = [""], []
    for literal, column, _, _ in Formatter().parse(text):
        texts[-1] += literal
        if column is not None:
            columns.append(column)
            texts.append("")
    return texts, columns


def _customer(told: Mapping[str, Any]) -> CustomerRule:
    specs = dict(told["customer"])
    reference = specs.pop("reference", told["source"]["reference"])
    source = specs.pop("source", told["source"]["name"])
    unknown = specs.pop("unknown", "register")
    specs |= {f"numbers.{system}": spec for system, spec in specs.pop("numbers", {}).items()}
    return CustomerRule(
        reference=reference, source=source, register_unknown=unknown == "register", specs=specs
    )


def _parts(told: Mapping[str, Any], kind: ImportKind) -> dict[str, Mapping[str, Spec]]:
    sections = dict(told)
    sections |= {f"steps.{step}": specs for step, specs in told.get("steps", {}).items()}
    return {part: sections[part] for part in PARTS[kind] if part in sections}
