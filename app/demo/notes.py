"""What the auditors of the demo write where a supplier falls short: question → English, 简体中文."""

from __future__ import annotations

NOTES = {
    "M03": (
        "Matrix is the one of last year, revision 4; 2 of 9 key posts have no backup.",
        "技能矩阵仍为去年第4版，9个关键岗位中有2个无替补。",
    ),
    "M05": (
        "Two of three operators did not know what happens when the burr check is missed.",
        "抽问3人，其中2人不清楚漏检毛刺的后果。",
    ),
    "M07": (
        "Night-shift replacement at press 4 is on the board but not in the 4M log.",
        "4号冲床夜班顶岗在看板上有记录，未登入4M变更台账。",
    ),
    "M09": ("No retraining after the mix-up in August.", "8月混料事故后未做再培训。"),
    "E02": (
        "Start-up sheet of line 2: points 5 to 8 were ticked before the shift.",
        "2号线点检表第5至8项在开班前已打勾。",
    ),
    "E03": ("3 of 11 planned services of last quarter are overdue.", "上季度11项保养计划中有3项逾期。"),
    "E04": (
        "Mould T-17 has no life counter; its card ends in March.",
        "T-17模具无寿命计数，履历卡只记到3月。",
    ),
    "E05": (
        "The red sample of the torque check is missing; verified with a good part only.",
        "扭矩检测的不良样件缺失，只用良品做了验证。",
    ),
    "E06": (
        "Holding pressure on machine 6 is 4 bar above the instruction, without release.",
        "6号机保压比作业指导书高4 bar，无放行记录。",
    ),
    "E09": ("1 of 5 calipers is 12 days past its date.", "抽查5把卡尺，1把超期12天。"),
    "E11": (
        "Interlock of press 3 is bridged with a magnet. Press stopped at once.",
        "3号冲床联锁被磁铁短接，已当场停机。",
    ),
    "P02": (
        "Plan says AQL 0.65; the last two lots were checked at 5 pieces.",
        "规定AQL 0.65，最近两批只抽了5件。",
    ),
    "P03": (
        "2 of 14 shelf labels show the old sub-supplier name; approval of the new one is on file.",
        "14张货架标签中有2张仍为旧分供方名称，新分供方批准文件已在案。",
    ),
    "P04": ("Red area is open; 1 of 3 pallets has no tag.", "红区未上锁，3托中有1托无标识。"),
    "P05": ("Oldest lot of resin is 3 weeks past the date on its label.", "最旧一批树脂已超标签有效期3周。"),
    "P06": (
        "Cartons of the bottom layer are pressed; no stacking limit at rack 7.",
        "7号货架底层纸箱被压变形，无堆高限制。",
    ),
    "P07": (
        "Trace of one lot back to raw material took 55 minutes; heat number missing on one card.",
        "单批反向追溯到原材料用时55分钟，一张流转卡缺炉号。",
    ),
    "P09": ("Leftovers of two orders in one box at post 9.", "9号工位一个料盒内混放两个订单的余料。"),
    "D01": ("Post 12 works to revision C; the master list says E.", "12号工位使用C版，受控清单为E版。"),
    "D02": ("The last complaint is in the 8D but not in the PFMEA.", "最近一次客诉已做8D，未更新PFMEA。"),
    "D04": ("Last-piece check of last night's shift is not recorded.", "昨晚夜班末件检验无记录。"),
    "D07": ("Rework is described in a mail only; nothing at the post.", "返工只有邮件说明，现场无指导书。"),
    "D08": ("The limit sample for scratches expired last month.", "划伤限度样品上月已过期。"),
    "D09": (
        "Chart shows 8 points on one side of the middle; no action noted.",
        "控制图连续8点在中心线一侧，无处置记录。",
    ),
    "D10": (
        "One complaint came again within 6 months; its effectiveness check has no date.",
        "一项客诉6个月内重复发生，有效性验证无日期。",
    ),
    "V01": ("Pending and rework share one shelf without labels.", "待判与返工品共用一层货架，无标识。"),
    "V02": (
        "Last 5S audit 71 points; four points open for two months.",
        "最近一次5S得71分，4项问题两个月未关闭。",
    ),
    "V03": ("Humidity log has no entries at weekends.", "湿度记录周末空白。"),
    "V07": (
        "One fire exit blocked by two pallets; cleared during the audit.",
        "一处消防通道被两托货堵住，审核中已移开。",
    ),
    "G01": (
        "2 of 7 actions from the last audit were closed without evidence.",
        "上次审核7项整改中有2项无证据即关闭。",
    ),
    "G05": ("No drill of the plan in the last 24 months.", "应急计划24个月内未演练。"),
}

# What the property officer writes, 繁體中文.
DEFECTS = {
    "H02": "門扇內側下緣有 4 公分刮痕。",
    "H09": "客廳北牆批土不平，側光可見波紋。",
    "H14": "餐廳第三排兩片磁磚空鼓。",
    "H18": "主臥窗框密封膠有缺口。",
}

# question → why it is not applicable
NOT_APPLICABLE = {
    "M08": ("No agency workers in this plant.", "本厂无派遣工。"),
    "P08": ("No concession since the last audit; list seen, empty.", "上次审核以来无让步，清单已看，为空。"),
    "P10": ("Steel parts without coating; no substances to declare.", "无涂层钢件，不涉及有害物质申报。"),
    "P12": ("No customer property on site.", "现场无顾客财产。"),
    "D07": ("No rework is allowed on these parts.", "该零件不允许返工。"),
}

# question → photos of app/demo/photos; what a question does not name shows the parts
PHOTOS = {
    "E05": ("parts",),
    "E06": ("gauge",),
    "E09": ("gauge",),
    "E11": ("gauge",),
    "P02": ("certificate",),
    "P03": ("rack", "certificate"),
    "P04": ("rack-tag",),
    "P07": ("certificate",),
    "D01": ("certificate",),
    "D10": ("repaired",),
    "V01": ("rack",),
    "V07": ("rack",),
    "G01": ("repaired",),
    "H06": ("crack",),
}


def note(question: str, language: str) -> str | None:
    """What is written about a question that fell short; None where nobody wrote anything."""
    if question in DEFECTS:
        return DEFECTS[question]
    found = NOTES.get(question)
    return found and found[language.startswith("zh")]
