"""What a person agrees to by signing, in the words they were shown.

A signature names the text by its id, and the digest it carries covers id and language: a text that was ever
signed never changes, a better one gets a new id.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]

CONSENTS: Mapping[str, Words] = {
    "sign-1": {
        "en": (
            "I have seen the result, the findings and what we said of them, as shown on this device. "
            "My signature means what is chosen above and covers exactly this. "
            "My name, role, organisation, the drawn lines and the time are kept and printed in the report."
        ),
        "zh-Hans": (
            "本人已在本设备上看过结果、不符合项及我方意见。"
            "本人签字的含义以上方所选为准，且仅对当前内容有效。"
            "本人的姓名、职务、单位、手写笔迹和签字时间将予保存，并印入报告。"
        ),
        "zh-Hant": (
            "本人已在本裝置上看過結果、不符合事項及我方意見。"
            "本人簽名的含義以上方所選為準，且僅對目前內容有效。"
            "本人的姓名、職務、單位、手寫筆跡和簽名時間將予留存，並印入報告。"
        ),
    },
    "refuse-1": {
        "en": (
            "The person was shown the result and the findings, was asked to sign and did not. "
            "The reason is written as it was given, and a witness is named."
        ),
        "zh-Hans": ("已向该人员出示结果和不符合项并请其签字，其未签字。理由按其所述记录，并写明见证人。"),
        "zh-Hant": ("已向該人員出示結果和不符合事項並請其簽名，其未簽名。理由按其所述記錄，並寫明見證人。"),
    },
}
MEANINGS: Mapping[str, Words] = {
    "carried_out": {
        "en": "I carried out this audit",
        "zh-Hans": "本人实施了本次审核",
        "zh-Hant": "本人執行了本次稽核",
    },
    "inspected": {
        "en": "I inspected this unit as recorded",
        "zh-Hans": "本人已按所记录内容查验本房屋",
        "zh-Hant": "本人已依所記錄內容查驗本房屋",
    },
    "confirm_facts": {
        "en": "I confirm the facts",
        "zh-Hans": "本人确认事实属实",
        "zh-Hant": "本人確認事實屬實",
    },
    "accept_obligation": {
        "en": "I accept the obligation",
        "zh-Hans": "本人接受相应义务",
        "zh-Hant": "本人接受相應義務",
    },
}
