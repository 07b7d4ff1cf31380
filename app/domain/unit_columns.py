"""What people call the columns of a sheet of units, in three languages."""

from __future__ import annotations

# field → what we call the column in a sample sheet, per language
HEADINGS: dict[str, dict[str, str]] = {
    "estate": {"en": "Estate", "zh-Hans": "项目", "zh-Hant": "建案"},
    "building": {"en": "Building", "zh-Hans": "楼栋", "zh-Hant": "棟別"},
    "floor": {"en": "Floor", "zh-Hans": "楼层", "zh-Hant": "樓層"},
    "unit": {"en": "Unit", "zh-Hans": "房号", "zh-Hant": "戶號"},
    "type": {"en": "Type", "zh-Hans": "户型", "zh-Hant": "房型"},
    "owner": {"en": "Owner", "zh-Hans": "业主", "zh-Hant": "屋主"},
    "email": {"en": "Owner's e-mail", "zh-Hans": "业主电子邮箱", "zh-Hant": "屋主電子郵件"},
    "phone": {"en": "Owner's telephone", "zh-Hans": "业主电话", "zh-Hant": "屋主電話"},
    "completion": {"en": "Completion", "zh-Hans": "竣工验收日期", "zh-Hant": "竣工日期"},
    "delivery": {"en": "Delivery", "zh-Hans": "交付日期", "zh-Hant": "交屋日期"},
}
# other names people give the same columns; `contact` is an address or a number, whichever it reads as
_OTHER_HEADINGS = {
    "estate": """
        project, estate name, project name, estate code, community, development, 项目名称, 小区, 小区名称,
        楼盘, 项目代码, 專案, 社區, 社區名稱, 建案名稱
    """,
    "building": """
        tower, block, house, building name, building no, 楼号, 楼宇, 栋, 栋号, 幢, 幢号, 楼栋号, 座, 棟, 棟號,
        樓棟, 建物
    """,
    "floor": """
        level, storey, story, floor no, 层, 层数, 所在楼层, 所在层, 层号, 樓, 層
    """,
    "unit": """
        unit no, unit number, apartment, flat, room, room no, door, door no, 单元房号, 房间号, 房间, 室号,
        门牌号, 房屋, 房屋编号, 門牌, 戶別, 室號, 單位
    """,
    "type": """
        unit type, layout, house type, type code, 户型编号, 户型代码, 户型名称, 格局, 房型代碼
    """,
    "owner": """
        owner name, name of owner, buyer, purchaser, resident, 业主姓名, 产权人, 买受人, 购房人, 姓名,
        屋主姓名, 住戶, 買方
    """,
    "contact": """
        owner contact, contact details, 业主联系方式, 联系方式, 联系人方式, 聯絡方式
    """,
    "email": """
        email, e-mail, mail, owner email, 邮箱, 电子邮箱, 电子邮件, 電子郵件, 信箱
    """,
    "phone": """
        phone, tel, telephone, mobile, owner phone, 电话, 手机, 手机号, 联系电话, 手機, 聯絡電話, 電話
    """,
    "completion": """
        completion date, completed, completed on, acceptance date, 竣工日期, 竣工时间, 竣工验收, 竣工备案日期,
        驗收日期, 竣工
    """,
    "delivery": """
        delivery date, handover, handover date, delivered on, due, 交付, 交付时间, 交房日期, 交房时间,
        约定交付日期, 交屋, 點交日期
    """,
}

# field → every heading it goes by
ALIASES: dict[str, list[str]] = {
    name: [*HEADINGS.get(name, {}).values(), *(other.strip() for other in others.split(","))]
    for name, others in _OTHER_HEADINGS.items()
}
