"""What the demonstration company makes and sells, and at which price on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from domain.money import exponent

Shelf = Literal["machine", "grinder", "professional", "parts", "beans", "service"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something on the price list.

    `price` and `cost` are EUR for one, tax included in the price. `faults` are words for what may
    break, said in phrases.FAULTS.
    """

    number: str
    name: str
    shelf: Shelf
    price: Decimal
    cost: Decimal
    warranty_months: int | None = None
    serial: str = ""
    faults: tuple[str, ...] = ()

    @property
    def has_serial(self) -> bool:
        """Whether each one bears a serial number, and may come back for repair."""
        return bool(self.serial)


def _item(
    number: str,
    name: str,
    shelf: Shelf,
    price: str,
    cost: str,
    serial: str = "",
    faults: tuple[str, ...] = (),
) -> Item:
    warranty = 24 if serial else None
    return Item(number, name, shelf, Decimal(price), Decimal(cost), warranty, serial, faults)


_BREWS = ("lukewarm", "drips", "no_water", "switches_off", "no_steam")
_GRINDS = ("hums", "slips", "coarse", "rattles")

PICO = _item("M-PICO", "Pico espresso machine", "machine", "329.00", "168.00", "PI", _BREWS)
ARIA = _item("M-ARIA", "Aria espresso machine", "machine", "649.00", "342.00", "AR", _BREWS)
DUO = _item("M-ARIA-DUO", "Aria Duo, two boilers", "machine", "1290.00", "695.00", "AD", _BREWS)
FILO = _item(
    "M-FILO",
    "Filo filter machine",
    "machine",
    "189.00",
    "84.00",
    "FI",
    ("no_water", "switches_off"),
)
MOLA = _item("G-MOLA", "Mola hand grinder", "grinder", "89.00", "36.00", "MO", ("coarse", "slips"))
TRITO = _item("G-TRITO", "Trito grinder", "grinder", "249.00", "128.00", "TR", _GRINDS)
TRITO_2 = _item("G-TRITO-2", "Trito 2 grinder", "grinder", "299.00", "149.00", "T2", _GRINDS)
BANCO = _item("P-BANCO", "Banco, two groups", "professional", "4850.00", "2870.00", "BA", _BREWS)
BANCO_GRINDER = _item(
    "P-BANCO-G", "Banco grinder on demand", "professional", "990.00", "540.00", "BG", _GRINDS
)

BURRS = _item("A-BURRS", "Burr set, hardened steel", "parts", "29.90", "11.20")
DESCALER = _item("A-DESCALE", "Descaler, 6 pieces", "parts", "17.50", "5.10")
GASKETS = _item("A-GASKET", "Gasket set", "parts", "12.90", "3.40")
TAMPER = _item("A-TAMPER", "Tamper 58 mm, walnut", "parts", "34.00", "13.00")
JUG = _item("A-JUG", "Milk jug 0.5 l", "parts", "24.50", "8.90")
FILTERS = _item("A-FILTER", "Water filters, 3 pieces", "parts", "27.90", "9.80")
BASKET = _item("A-BASKET", "Precision basket 18 g", "parts", "26.00", "9.50")
TABLETS = _item("A-TABS", "Cleaning tablets, 100 pieces", "parts", "19.90", "6.20")
HOUSE_250 = _item("B-HOUSE-250", "House espresso 250 g", "beans", "8.20", "3.90")
HOUSE_1000 = _item("B-HOUSE-1000", "House espresso 1 kg", "beans", "26.90", "13.80")
SIDAMO = _item("B-SIDAMO-250", "Sidamo filter roast 250 g", "beans", "10.90", "5.60")
DECAF = _item("B-DECAF-250", "Decaf, Swiss water, 250 g", "beans", "9.80", "4.90")
PLAN = _item("S-PLAN", "Yearly service plan", "service", "119.00", "48.00")

SHIPPING = _item("S-SHIP", "Delivery", "service", "6.90", "5.20")

MACHINES = (PICO, ARIA, DUO, FILO)
ACCESSORIES = (BURRS, DESCALER, GASKETS, TAMPER, JUG, FILTERS, BASKET, TABLETS)
BEANS = (HOUSE_250, HOUSE_1000, SIDAMO, DECAF)
ITEMS = (
    *MACHINES,
    MOLA,
    TRITO,
    TRITO_2,
    BANCO,
    BANCO_GRINDER,
    *ACCESSORIES,
    *BEANS,
    PLAN,
    SHIPPING,
)

BATCH = range(4100, 4400)
"""Last digits of the serial numbers of the Trito 2 whose burr carrier was hardened wrongly."""

# One euro in other currencies, and what prices are rounded to. The price list has fixed rates.
_RATES = {
    "EUR": (Decimal(1), Decimal("0.10")),
    "GBP": (Decimal("0.87"), Decimal("0.10")),
    "JPY": (Decimal(165), Decimal(10)),
    "CNY": (Decimal("7.80"), Decimal("0.50")),
}


@dataclass(frozen=True)
class Course:
    """The three years of the story, told back from its last day."""

    until: date

    @property
    def begins(self) -> date:
        """The first day."""
        return self.until - timedelta(days=3 * 365)

    @property
    def launch(self) -> date:
        """The day from which the Trito 2 is sold; the old Trito then sells out."""
        return self.until - timedelta(days=450)

    @property
    def recall(self) -> date:
        """The day on which owners of the faulty batch were written to."""
        return self.launch + timedelta(days=125)

    @property
    def price_rise(self) -> date:
        """The day from which everything costs six per cent more."""
        return self.until - timedelta(days=190)

    def is_faulty_delivery(self, day: date) -> bool:
        """Whether the Trito 2 delivered on this day may come from the faulty batch."""
        return self.launch <= day < self.launch + timedelta(days=100)

    def is_sale(self, day: date) -> bool:
        """Whether machines and grinders are reduced: a week in May, and late in November."""
        return (day.month == 5 and 8 <= day.day <= 15) or (day.month == 11 and 22 <= day.day <= 30)

    def crowd(self, day: date) -> float:
        """How many new customers come on a day, compared with others: growth, season, weekday."""
        growth = 0.55 + 0.9 * (day - self.begins).days / (3 * 365)
        season = (0.8, 0.75, 0.9, 0.9, 1.0, 0.8, 0.7, 0.75, 0.95, 1.1, 1.6, 2.3)[day.month - 1]
        weekday = (1.0, 0.95, 0.95, 1.0, 1.1, 1.25, 0.7)[day.weekday()]
        eager = 1.7 if self.is_sale(day) else 1.0
        after_christmas = 0.35 if day.month == 12 and day.day > 23 else 1.0
        return growth * season * weekday * eager * after_christmas

    def price(self, item: Item, day: date, currency: str) -> Decimal:
        """What one costs on a day, tax included."""
        euro = item.price
        if day >= self.price_rise and item is not SHIPPING:
            euro *= Decimal("1.06")
        if self.is_sale(day) and item.shelf in {"machine", "grinder"}:
            euro *= Decimal("0.85")
        return in_currency(euro, currency)


def in_currency(euro: Decimal, currency: str) -> Decimal:
    """An amount of the price list in another of its currencies, rounded as prices are."""
    rate, step = _RATES[currency]
    rounded = (euro * rate / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return rounded.quantize(Decimal(1).scaleb(-exponent(currency)))


_TAX = {
    "DE": 19, "AT": 20, "FR": 20, "NL": 21, "IT": 22, "ES": 21, "IE": 23, "GB": 20, "JP": 10,
    "CN": 13, "US": 0,
}  # fmt: skip


def tax_in(amount: Decimal, country: str, currency: str) -> Decimal:
    """The tax contained in an amount, to the minor unit."""
    rate = _TAX[country]
    unit = Decimal(1).scaleb(-exponent(currency))
    return (amount * rate / (100 + rate)).quantize(unit, ROUND_HALF_UP)
