"""All read models of the hub."""

from __future__ import annotations

from projections.day_counts import DayCounts
from projections.directory import Directory
from projections.follow_ups import FollowUps
from projections.imports import Imports
from projections.items import Items
from projections.ledger import Balances
from projections.links import Links
from projections.profile import Profiles
from projections.projection import Projection
from projections.repairs import Repairs
from projections.staff_list import StaffList
from projections.timeline import Timeline

ALL: tuple[type[Projection], ...] = (
    Links,
    Profiles,
    Timeline,
    Directory,
    FollowUps,
    StaffList,
    Balances,
    Repairs,
    Items,
    DayCounts,
    Imports,
)
