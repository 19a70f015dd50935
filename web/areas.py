"""What an area of the pages says about itself: its routes, its places in the menu, what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint
from flask_babel import LazyString


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """A place in the menu. Shown to those whose role may open its endpoint.

    `icon` is a name in the icon sprite; `keys` are the keys that lead there, such as `g c`.
    """

    label: LazyString
    endpoint: str
    icon: str
    keys: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One line of the palette: where it leads, and what tells it from the others."""

    label: str
    url: str
    icon: str
    detail: str = ""
    badge: str = ""
    keys: str | None = None


@dataclass(frozen=True, kw_only=True)
class Area:
    """One area of the pages.

    `find` answers what somebody typed into the palette, best first and at most ten; it is asked
    only of people who may open `finds_for`, an endpoint of the area. `or_else` offers what to do
    when no area found anything, such as creating a customer of that name.
    """

    blueprint: Blueprint
    menu: tuple[MenuEntry, ...] = ()
    find: Callable[[str], Iterable[Found]] | None = None
    finds_for: str | None = None
    or_else: Callable[[str], Iterable[Found]] | None = None
