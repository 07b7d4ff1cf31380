"""Two phones on one inspection, and one random fault after the other; every choice follows from the seed.

The log is what the screens called saved, per phone and question; it is held against the server's rows.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.net import CHECK, COMPLETION, INDEX, NOISE, PART, PUSH, Net, nudge, nudge_until_sent
from tests.browser.phone import LONG, Phone
from tests.browser.photos import shot

SCORES = ("10", "8", "6", "4", "0")
QUESTIONS = tuple(f"M{n:02}" for n in range(1, 11))
LANGUAGES = ("en", "zh-Hans")  # Bo's and Lin's
PORTAL = (200, "text/html", b"<html>Welcome, guest</html>")
BUSY = (503, "text/html", b"<html>Busy</html>")
FAULTS = (
    ("drop_before", None),
    ("drop_after", None),
    ("rst", None),
    ("dup", None),
    ("truncate", 200),
    ("cut", 100),
    ("delay", 0.5),
    ("replace", PORTAL),
    ("replace", BUSY),
)
WHERE = (PUSH, PUSH, PART, CHECK, COMPLETION, INDEX, r"GET /api/v1/inspections/")


class Storm:
    def __init__(self, phones: list[Phone], net: Net, seed: int, folder: Path) -> None:
        self.phones, self.net, self.folder = phones, net, folder
        self.chance = random.Random(seed)
        self.log: dict[tuple[int, str], str] = {}
        self.photos = 0
        for phone in phones:
            phone.tolerate(*NOISE)
        self.record = self._begin()

    def _begin(self) -> str:
        """An inspection of both and of nobody else, opened by each."""
        record, supplier = self.net.plan("Lin Yue", "Bo Chen")
        for phone, who in zip(self.phones, ("bo", "lin"), strict=True):
            phone.sign_in(who, keep=True)
            phone.switch_off()  # what the browser had not yet written to its disk is there now
            phone.switch_on()
            phone.open_work(LANGUAGES[self.phones.index(phone)])
            assert phone.inspection(supplier) == record
            self._open(phone, record)
        return record

    def _open(self, phone: Phone, record: str) -> None:
        language = LANGUAGES[self.phones.index(phone)]
        phone.page.goto(f"/app/{language}/#/i/{record}/s/man")
        expect(phone.question(QUESTIONS[0])).to_be_visible()

    def run(self, steps: int) -> None:
        for _ in range(steps):
            which = self.chance.randrange(len(self.phones))
            act = self.chance.choices(
                (
                    self._answer,
                    self._fault,
                    self._signal,
                    self._photo,
                    self._reload,
                    self._kill,
                    self._server,
                ),
                (30, 14, 8, 4, 4, 2, 1),
            )[0]
            act(which)
        self._settle()
        self._judge()

    def _answer(self, which: int) -> None:
        question, score = self.chance.choice(QUESTIONS), self.chance.choice(SCORES)
        phone = self.phones[which]
        radio = phone.question(question).locator(f"input[value='{score}']")
        if phone.question(question).locator("[data-versus]").count() or radio.is_checked():
            return  # two answers to choose from, or nothing new
        phone.answer(question, score)
        self.log[which, question] = score

    def _fault(self, _: int) -> None:
        action, value = self.chance.choice(FAULTS)
        self.net.do(action, self.chance.choice(WHERE), 1, value)

    def _signal(self, which: int) -> None:
        phone = self.phones[which]
        phone.context.set_offline(self.chance.random() < 0.5)
        nudge(phone)

    def _photo(self, which: int) -> None:
        self.photos += 1
        file = shot(self.folder / f"storm-{self.photos}.jpg", self.chance.randrange(10**9))
        thumbs = (
            self.phones[which]
            .question("M01")
            .locator("[data-photos] button[aria-label^='Photo '] img, [data-photos] button:has(img)")
        )
        before = thumbs.count()
        self.phones[which].give_photo("M01", file)
        expect(thumbs).not_to_have_count(before)

    def _reload(self, which: int) -> None:
        self.phones[which].page.reload()
        expect(self.phones[which].question(QUESTIONS[0])).to_be_visible()

    def _kill(self, which: int) -> None:
        phone = self.phones[which]
        phone.kill()
        phone.start()
        self._open(phone, self.record)

    def _server(self, _: int) -> None:
        self.net.kill()
        self.net.restart()

    def _settle(self) -> None:
        self.net.calm()
        for phone in self.phones:
            phone.context.set_offline(False)
        for phone in self.phones:
            nudge_until_sent(phone)

    def _judge(self) -> None:
        stored = self.net.rows(
            "SELECT o.id, o.device_id, o.path, o.field, o.value, coalesce(f.fate, 'applied') "
            "FROM operations o LEFT JOIN operation_fates f ON f.operation_id = o.id "
            "WHERE o.record_id = ? ORDER BY o.seq",
            self.record,
        )
        ids = [row[0] for row in stored]
        assert len(ids) == len(set(ids))
        assert {row[5] for row in stored} == {"applied"}
        for which, phone in enumerate(self.phones):
            made = phone.mine(self.record)
            assert {op["state"] for op in made} <= {"acked"}
            device = {op["device"].replace("-", "") for op in made}
            theirs = {row[0] for row in stored if row[1] in device}
            assert theirs == {op["id"].replace("-", "") for op in made}, "I1: all of it, and nothing else"
            for (whose, question), score in self.log.items():
                if whose != which:
                    continue
                said = [
                    json.loads(row[4])
                    for row in stored
                    if row[1] in device and (row[2], row[3]) == (f"q/{question}", "score")
                ]
                assert said and said[-1] == score, f"{question}: the screen said {score}, stored are {said}"
        self._alike()

    def _alike(self) -> None:
        """I4: both screens show the same, or both the same contradiction."""
        shown = (
            "all => all.map(q => [q.id, q.querySelector('input:checked')?.value ?? '', "
            "q.querySelectorAll('[data-versus]').length])"
        )
        for phone in self.phones:
            nudge(phone)
        first, second = self.phones
        for _ in range(LONG // 500):
            pages = [
                p.page.locator("section:visible [data-question]").evaluate_all(shown) for p in (first, second)
            ]
            if pages[0] == pages[1]:
                return
            first.page.wait_for_timeout(500)
            for phone in self.phones:
                nudge(phone)
        assert pages[0] == pages[1]
