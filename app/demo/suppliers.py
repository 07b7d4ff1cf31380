"""The suppliers, their sites and contacts, and one tower that is handed over flat by flat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.permissions import Actor
from app.features.companies.commands import add_company, add_contact
from app.features.places.commands import add_site


@dataclass(frozen=True, slots=True)
class Supplier:
    """`contacts`: name, duty, e-mail before the @, language."""

    key: str
    name: str
    other_name: str
    code: str
    site: str
    address: str
    city: str
    contacts: tuple[tuple[str, str, str, str], ...]
    kind: str = "supplier"


_QUALITY = "Quality manager"
SUPPLIERS = (
    Supplier(
        *(
            "hengda",
            "Hengda Precision",
            "恒达精密",
            "S-1042",
            "Suzhou plant",
            "苏州工业园区星湖街 218 号",
            "Suzhou",
        ),
        (("Wang Jianguo", _QUALITY, "wang.jianguo", "zh-Hans"), ("Li Qiang", "Store", "li.qiang", "zh-Hans")),
    ),
    Supplier(
        *(
            "goldleaf",
            "Goldleaf Packaging",
            "金叶包装",
            "S-1107",
            "Kunshan plant",
            "昆山市玉山镇城北路 36 号",
            "Kunshan",
        ),
        (("Qin Yue", _QUALITY, "qin.yue", "zh-Hans"),),
    ),
    Supplier(
        *(
            "tianyu",
            "Tianyu Castings",
            "天宇铸造",
            "S-1015",
            "Foundry 2",
            "常州市武进区龙潜路 9 号",
            "Changzhou",
        ),
        (("Liang Bo", _QUALITY, "liang.bo", "zh-Hans"), ("Gao Rui", "Plant manager", "gao.rui", "en")),
    ),
    Supplier(
        *(
            "ruixin",
            "Ruixin Plastics",
            "瑞鑫塑胶",
            "S-1063",
            "Ningbo plant",
            "宁波市北仑区黄山西路 188 号",
            "Ningbo",
        ),
        (("Fang Lei", _QUALITY, "fang.lei", "en"),),
    ),
    Supplier(
        *(
            "kaida",
            "Kaida Electronics",
            "凯达电子",
            "S-1098",
            "Wuxi plant",
            "无锡市新吴区锡梅路 55 号",
            "Wuxi",
        ),
        (("Ma Yun", "Maintenance", "ma.yun", "zh-Hans"),),
    ),
    Supplier(
        *(
            "mingfeng",
            "Mingfeng Fasteners",
            "明丰紧固件",
            "S-1121",
            "Haiyan plant",
            "海盐县武原街道盐北路 12 号",
            "Haiyan",
        ),
        (("He Jing", _QUALITY, "he.jing", "zh-Hans"),),
    ),
    Supplier(
        *(
            "jiangnan",
            "Jiangnan Springs",
            "江南弹簧",
            "S-1034",
            "Wuxi works",
            "无锡市惠山区洛社镇 77 号",
            "Wuxi",
        ),
        (("Su Wen", _QUALITY, "su.wen", "zh-Hans"),),
    ),
    Supplier(
        *(
            "lakeside",
            "Lakeside Court",
            "湖畔苑",
            "P-0007",
            "Tower 2, 1502",
            "苏州市吴中区湖滨路 1 号",
            "Suzhou",
        ),
        (),
        kind="developer",
    ),
)


def add_suppliers(session: Session, actor: Actor, now: datetime) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Companies and their sites by key, with contacts."""
    companies, sites = {}, {}
    for each in SUPPLIERS:
        company = add_company(
            session,
            actor,
            now,
            name=each.name,
            kinds=(each.kind,),
            other_name=each.other_name,
            code=each.code,
            country="CN",
        )
        for name, duty, mail, language in each.contacts:
            address = f"{mail}@{each.key}.example"
            add_contact(
                session, actor, company.id, now, name=name, duty=duty, email=address, language=language
            )
        site = add_site(
            session,
            actor,
            company.id,
            now,
            name=each.site,
            address=each.address,
            city=each.city,
            country="CN",
            time_zone="Asia/Shanghai",
        )
        companies[each.key], sites[each.key] = company.id, site.id
    return companies, sites
