"""The blueprint that all pages about customers belong to."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("customers", __name__)
