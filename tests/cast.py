"""The cast: the same people in every test, each with a meaning.

owner     auditor, the audit is assigned to her        manager   may do everything at both suppliers' scope
teammate  auditor, on the same team                    scoped    manager of the first supplier only
stranger  auditor, nothing is assigned to him          officer   property officer
admin     runs the house                               gone      auditor whose account was disabled
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flask import Flask

from app.db import new_id, transaction
from app.features.accounts.models import GivenGrant, Person
from app.features.companies.models import Company, Contact
from app.features.places.models import Site

BORN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    owner: UUID
    teammate: UUID
    stranger: UUID
    manager: UUID
    scoped: UUID
    officer: UUID
    admin: UUID
    gone: UUID
    supplier: UUID
    other_supplier: UUID
    site: UUID
    other_site: UUID


def assemble(app: Flask) -> Cast:
    """Puts the cast and two suppliers with a site each into the app's database."""
    with app.app_context(), transaction() as session:

        def person(name: str, role: str, language: str = "en", company: UUID | None = None) -> UUID:
            made = Person(
                id=new_id(),
                email=f"{name.split()[0].lower()}@example.com",
                name=name,
                language=language,
                time_zone="Asia/Shanghai",
                created_at=BORN,
            )
            session.add(made)
            session.flush()
            session.add(
                GivenGrant(
                    person_id=made.id,
                    role=role,
                    scope_kind="company" if company else "everything",
                    scope_id=company,
                    created_at=BORN,
                )
            )
            return made.id

        def supplier(name: str, city: str) -> tuple[UUID, UUID]:
            company = Company(id=new_id(), name=name, kinds=["supplier"], country="CN", created_at=BORN)
            session.add(company)
            session.flush()
            site = Site(
                id=new_id(),
                company_id=company.id,
                name=city,
                city=city,
                time_zone="Asia/Shanghai",
                created_at=BORN,
            )
            session.add_all([site, Contact(company_id=company.id, name="Wang Jianguo", created_at=BORN)])
            return company.id, site.id

        supplier_id, site_id = supplier("Hengda Precision", "Suzhou")
        other_id, other_site = supplier("Goldleaf Packaging", "Kunshan")
        gone = person("Gone Auditor", "auditor")
        found = session.get(Person, gone)
        assert found is not None
        found.disabled_at = BORN
        return Cast(
            owner=person("Owner Auditor", "auditor"),
            teammate=person("Teammate Auditor", "auditor", "zh-Hans"),
            stranger=person("Stranger Auditor", "auditor"),
            manager=person("Manager Person", "manager"),
            scoped=person("Scoped Manager", "manager", company=supplier_id),
            officer=person("Officer Person", "officer"),
            admin=person("Admin Person", "admin"),
            gone=gone,
            supplier=supplier_id,
            other_supplier=other_id,
            site=site_id,
            other_site=other_site,
        )
