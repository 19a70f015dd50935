"""What the composer looks up while somebody types: items sold, and the sale of a serial number."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from projections import items
from web.customers.blueprint import pages
from web.services import services

LONGEST = 120


@pages.get("/items")
def find_items() -> ResponseReturnValue:
    """Options for a field that names an item; the one value that is sent is what was typed."""
    text = next(iter(request.args.values()), "").replace("\0", "")[:LONGEST].strip()
    found = []
    if text:
        with services().tables.connect() as connection:
            found = items.find_items(connection, text, limit=10)
    return render_template("customers/item_options.html", items=found)


@pages.get("/items/warranty")
def propose_warranty() -> ResponseReturnValue:
    """Item, sale and warranty of a serial number, proposed in the fields that ask for them."""
    serial = request.args.get("serial", "").replace("\0", "")[:LONGEST].strip()
    sold = None
    if serial:
        with services().tables.connect() as connection:
            sold = items.warranty_of(connection, serial)
    typed = {
        name: request.args.get(name, "") for name in ("item", "purchase_number", "warranty_until")
    }
    proposed = {
        "item": sold.item if sold else "",
        "purchase_number": sold.purchase_number if sold else "",
        "warranty_until": str(sold.warranty_until or "") if sold else "",
    }
    values = {name: typed[name] or proposed[name] for name in typed}
    return render_template(
        "customers/sale.html", values=values, errors={}, sold=sold, serial=serial, prefix=""
    )
