"""The version of this checkout, as setup.cfg states it."""

from __future__ import annotations

from configparser import ConfigParser
from importlib import metadata
from pathlib import Path


def _version() -> str:
    """From setup.cfg in a checkout, from the distribution where the hub was installed as one."""
    file = Path(__file__).resolve().parent.parent / "setup.cfg"
    if file.is_file():
        parser = ConfigParser(interpolation=None)
        parser.read(file, encoding="utf-8")
        return parser["metadata"]["version"]
    return metadata.version("rapport")


VERSION = _version()
