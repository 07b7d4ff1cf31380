"""The catalogues are complete and follow docs/glossary.md; `make translations` collects the texts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from app.domain.supplier_columns import HEADINGS

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "app" / "features" / "checklists" / "library"
CHINESE = ("zh_Hans_CN", "zh_Hant_TW")
# characters that exist in one of the two scripts only, as far as our texts use them
_SIMPLIFIED = (
    "与专业丢严个临为义书产仅从仓优会传体侧储关养内写冲决况冻净减划则刚删别务动劳势匀区协单卫厂历压参"
    "双发变号启员响喷围国图场块坠墙声处备复够头夹学实审宽对导寿将层属岗师带库应废开异弃张弯强当录态总"
    "户执护报担拟拥择损换据摄摇数断无旧时显暂机权条来极构柜标栏样检楼橱欢气没泼洁浅浆浇测浏涂渍渗温湿"
    "溅满灭灯点烟热状独环现电畅监盘码砖确碱离种积称窝筛签类红约级纳纸纹线练组终经结给络统继续维编缝缩"
    "网职联胶脚脱腾艺节蚀补装见观规视览触计认让训议记讲许论设访证评识诉词试话询该语误说请读谁调谈负财"
    "责账货质贯贵资趋踪车转轻载较辅辑输边达迁过运还这进连迟适选遗邮钟钥铃链锁锈错锤键镜长门闭问间阀阅"
    "阳阴阵际险随雾静页顶项顺须顾预频题风饰饱马验齐龙"
)
_TRADITIONAL = (
    "並來個們倉側備傳僅價儀優儲內兩凍別刪則剛劃動務勞勢勻匯區協參員問啟單嘗噴國圍圖執報場塊塗墜壓壽夠"
    "夾學實審寫寬將專尋對導屜層屬崗師帳帶幾庫廁廠廢張強彎後從應戶換損搖擁擇擊據擬攝數斷於時暢暫書會條"
    "棄業極構樓標樣機檢櫃櫥欄權歡氣汙決沒淨淺減測準溫滅滲滿漬漿潑潔澆濕濺瀏為無煙熱燈狀獨獲現環產畫異"
    "當發監盤碼磚確種稱積窩筆節範篩簽籤紀紅紋納級紙終組結絡給統經網維緒線編練縫縮總繼續義聯聲職脫腳膠"
    "臨與舊蓋藝處號蝕補裝裡製複見規視覽觀觸計訊訓託記訪設許訴註評詞詢試話該認語誤說誰調談請論講證識議"
    "護讀變讓負財貨責貴資質趨蹤車較載輔輕輯輸轉這連進運過達適遲遷選遺還邊郵鈴錄錘錯鍵鎖鏡鏽鐘鑰長門閉"
    "開間閥閱關陣陰陽際隨險雙離電霧靜頁頂項順須預頭頻題類顧顯風飽飾養餘馬騰驗體鬆麼點齊龍約"
)
NOT_IN = {"zh_Hans_CN": set(_TRADITIONAL), "zh_Hant_TW": set(_SIMPLIFIED)}
# words of the other shore that a converter leaves behind
_TAIWAN = "登入 登出 预设 伺服器 网路 帐号 资讯 萤幕 讯号 稽核 列印 合约 专案 连结"
_MAINLAND = """
    服務器 網絡 信號 軟件 文件夾 鏈接 默認 登錄 質量 審核 加載 屏幕 賬號 設置 保存 數據 反饋 搜索 添加 郵箱
    聯繫 打印
    粘貼 視頻 合同 供方 崗位 上崗 返工 校準 工藝 來料 培訓 複檢 批准 發帽 激光
"""
WORDS_NOT_IN = {"zh_Hans_CN": _TAIWAN.split(), "zh_Hant_TW": _MAINLAND.split()}
HAN = "\u3400-\u9fff"
PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")


def catalogue(name: str) -> Catalog:
    path = ROOT / "app" / "translations" / name / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=name)


def entries(name: str) -> list[Message]:
    return [message for message in catalogue(name) if message.id]


def texts(value: object) -> list[str]:
    return list(value) if isinstance(value, (tuple, list)) else [str(value or "")]


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, tuple(texts(message.id))


@cache
def in_the_sources() -> frozenset[tuple[str | None, tuple[str, ...]]]:
    """What `make translations` would collect, with its own settings."""
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\ntranslations:")[2].partition("\n\n")[0]
    keywords = {**DEFAULT_KEYWORDS, **parse_keywords(re.findall(r" -k (\S+)", recipe))}
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    collected = Catalog()
    for folder in ("app", "templates"):
        mapping = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        settings = {pattern.removeprefix(f"{folder}/"): given for pattern, given in options.items()}
        for _file, _line, text, _comments, context in extract_from_dir(
            ROOT / folder, mapping, settings, keywords=keywords
        ):
            collected.add(text, context=context)
    return frozenset(key(message) for message in collected if message.id)


@pytest.mark.parametrize("name", ["en", *CHINESE])
def test_every_text_of_the_sources_is_in_the_catalogue_and_nothing_else(name: str) -> None:
    assert len(in_the_sources()) > 800
    there = {key(message) for message in entries(name)}
    assert in_the_sources() - there == set(), "make translations"
    assert there - in_the_sources() == set(), "make translations"


@pytest.mark.parametrize("name", CHINESE)
def test_everything_is_translated(name: str) -> None:
    assert catalogue(name).num_plurals == 1
    assert [m.id for m in entries(name) if m.fuzzy or not all(texts(m.string))] == []


@pytest.mark.parametrize("name", ["en", *CHINESE])
def test_places_and_edges_stay(name: str) -> None:
    for message in entries(name):
        wanted = sorted(PLACE.findall(texts(message.id)[-1]))
        for text in filter(None, texts(message.string)):
            assert sorted(PLACE.findall(text)) == wanted, message.id
            assert text == text.strip(), message.id
        for text in texts(message.id):
            assert text == text.strip(), text


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_has_its_own_punctuation(name: str) -> None:
    for message in entries(name):
        for text in texts(message.string):
            told = f"{message.id!r}: {text}"
            assert not re.search(rf"[{HAN}][,.:;?!()]|[,:;?!(][{HAN}]", text), told
            assert "!" not in text and "！" not in text, told
            assert not re.search(rf"[{HAN}] [\w%{{]|[\w)}}] [{HAN}]", text), f"no space there; {told}"
            assert not re.search("[“”]" if name == "zh_Hant_TW" else "[「」]", text), told


@pytest.mark.parametrize("name", CHINESE)
def test_buttons_and_labels_command_without_asking(name: str) -> None:
    for message in entries(name):
        short = len(texts(message.id)[0]) <= 24 and not texts(message.id)[0].endswith((".", "?"))
        if short and texts(message.id)[0] not in ("Wait a moment", "Check your mail"):
            assert not re.search("(^|[，。；：])[请請]", texts(message.string)[0]), message.id


@pytest.mark.parametrize("name", CHINESE)
def test_scripts_and_words_of_the_two_shores_are_not_mixed(name: str) -> None:
    for message in entries(name):
        for text in texts(message.string):
            plain = text.replace("简体中文", "").replace("繁體中文", "")
            assert set(plain) & NOT_IN[name] == set(), text
            assert [word for word in WORDS_NOT_IN[name] if word in plain] == [], text


def test_english_is_calm() -> None:
    for message in entries("en"):
        for text in texts(message.id):
            assert "!" not in text and "oops" not in text.lower() and "  " not in text, text
            if len(text) <= 24:
                assert "please" not in text.lower(), text


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.csv")), ids=lambda path: path.stem)
def test_shipped_checklists_follow_the_same_words(path: Path) -> None:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for column, text in row.items():
                for name, ending in zip(CHINESE, ("zh_hans", "zh_hant"), strict=True):
                    if column.lower().replace("-", "_").endswith(ending):
                        assert text, (row["id"], column)
                        assert set(text) & NOT_IN[name] == set(), text
                        assert [word for word in WORDS_NOT_IN[name] if word in text] == [], text


def test_headings_of_sheets_are_in_their_script() -> None:
    for words in HEADINGS.values():
        assert not set(words["zh-Hans"]) & NOT_IN["zh_Hans_CN"], words
        assert not set(words["zh-Hant"]) & NOT_IN["zh_Hant_TW"], words
