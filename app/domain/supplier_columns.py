"""What people call the columns of a supplier sheet, in three languages."""

from __future__ import annotations

# field → what we call the column in a sample sheet, per language
HEADINGS: dict[str, dict[str, str]] = {
    "name": {"en": "Company name", "zh-Hans": "公司名称", "zh-Hant": "公司名稱"},
    "other_name": {"en": "Other name", "zh-Hans": "其他名称", "zh-Hant": "其他名稱"},
    "code": {"en": "Code", "zh-Hans": "代码", "zh-Hant": "代碼"},
    "country": {"en": "Country", "zh-Hans": "国家", "zh-Hant": "國家"},
    "site_name": {"en": "Site name", "zh-Hans": "地点名称", "zh-Hant": "地點名稱"},
    "address": {"en": "Address", "zh-Hans": "地址", "zh-Hant": "地址"},
    "city": {"en": "City", "zh-Hans": "城市", "zh-Hant": "城市"},
    "time_zone": {"en": "Time zone", "zh-Hans": "时区", "zh-Hant": "時區"},
    "contact_name": {"en": "Contact name", "zh-Hans": "联系人", "zh-Hant": "聯絡人"},
    "duty": {"en": "Position", "zh-Hans": "职务", "zh-Hant": "職務"},
    "email": {"en": "E-mail", "zh-Hans": "电子邮箱", "zh-Hant": "電子郵件"},
    "phone": {"en": "Telephone", "zh-Hans": "电话", "zh-Hant": "電話"},
    "language": {"en": "Language", "zh-Hans": "语言", "zh-Hant": "語言"},
}
# other names people give the same columns
_OTHER_HEADINGS = {
    "name": """
        name, company, supplier, supplier name, vendor, vendor name, company name (en), 名称,
        名稱, 公司, 供应商, 供应商名称, 供應商, 供應商名稱, 厂商, 廠商, 厂商名称, 廠商名稱,
        企业名称, 企業名稱, 单位名称, 單位名稱
    """,
    "other_name": """
        other company name, chinese name, english name, name 2, local name, 英文名, 英文名称,
        英文名稱, 中文名, 中文名称, 中文名稱, 别名, 別名, 简称, 簡稱, 又名
    """,
    "code": """
        company code, supplier code, vendor code, supplier no, supplier number, vendor no,
        number, no, id, 编码, 編碼, 编号, 編號, 供应商代码, 供應商代碼, 供应商编码, 供應商編碼,
        供应商编号, 供應商編號, 厂商代码, 廠商代碼
    """,
    "country": """
        country code, nation, 国别, 國別, 国家/地区, 國家/地區, 国家代码, 國家代碼
    """,
    "site_name": """
        site, plant, factory, location, plant name, factory name, 地点, 地點, 现场, 現場, 现场名称, 現場名稱,
        工厂, 工廠, 工厂名称, 工廠名稱, 厂区, 廠區, 生产地点, 生產地點, 场地, 場地
    """,
    "address": """
        site address, plant address, street, street address, 详细地址, 詳細地址, 工厂地址,
        工廠地址, 公司地址, 联系地址, 聯絡地址
    """,
    "city": """
        town, place, 所在城市, 市
    """,
    "time_zone": """
        timezone, tz, zone, 所在时区, 所在時區
    """,
    "contact_name": """
        contact, contact person, person, name of contact, 联系人姓名, 聯絡人姓名, 联络人,
        联络人姓名, 联系人名称, 窗口
    """,
    "duty": """
        role, duty, title, job title, function, 职位, 職位, 岗位, 崗位, 职称, 職稱, 部门职务
    """,
    "email": """
        email, mail, e-mail address, email address, 邮箱, 郵箱, 邮件, 郵件, 电子邮件, 电邮, 電郵,
        電子信箱, 信箱
    """,
    "phone": """
        phone, tel, mobile, cell, phone number, telephone number, 手机, 手機, 手机号, 手機號碼,
        联系电话, 聯絡電話, 电话号码, 電話號碼, 座机
    """,
    "language": """
        lang, mail language, 语种, 語種, 沟通语言, 溝通語言
    """,
}
_LANGUAGE_NAMES = {
    "en": """
        en, english, 英文, 英语, 英語
    """,
    "zh-Hans": """
        zh-hans, zh, zh-cn, chinese, simplified chinese, 简体中文, 简体, 简中, 中文, 汉语,
        簡體中文, 簡體
    """,
    "zh-Hant": """
        zh-hant, zh-tw, zh-hk, traditional chinese, 繁体中文, 繁体, 繁中, 繁體中文, 繁體,
        正體中文
    """,
}


def _listed(lists: dict[str, str]) -> dict[str, list[str]]:
    return {meant: [name.strip() for name in names.split(",")] for meant, names in lists.items()}


# field → every heading it goes by
ALIASES: dict[str, list[str]] = {
    name: [*HEADINGS[name].values(), *others] for name, others in _listed(_OTHER_HEADINGS).items()
}
# what people write for a language → its code
LANGUAGE_CODES: dict[str, str] = {
    name: code for code, names in _listed(_LANGUAGE_NAMES).items() for name in names
}
