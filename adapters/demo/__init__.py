"""A demonstration company: makers of coffee machines and grinders, and three years of their customers."""

from adapters.demo.loader import load
from adapters.demo.phrases import REASONS
from adapters.demo.story import Story
from adapters.demo.team import TEAM, Colleague

__all__ = ["REASONS", "TEAM", "Colleague", "Story", "load"]
