"""Every table, imported once: for migrations and for tests that compare them with the models."""

from app import journal, numbering, outbox, search
from app.db import Base
from app.features.accounts import models as accounts
from app.features.actions import models as actions
from app.features.checklists import models as checklists
from app.features.companies import models as companies
from app.features.evidence import models as evidence
from app.features.handovers import models as handovers
from app.features.inspections import models as inspections
from app.features.links import models as links
from app.features.operations import models as operations
from app.features.places import models as places
from app.features.reports import models as reports

__all__ = [
    "Base",
    "accounts",
    "actions",
    "checklists",
    "companies",
    "evidence",
    "handovers",
    "inspections",
    "journal",
    "links",
    "numbering",
    "operations",
    "outbox",
    "places",
    "reports",
    "search",
]
