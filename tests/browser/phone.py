"""A phone in somebody's hand: the real Chromium with a profile on disk, watched for all that goes wrong."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

from tests.browser.world import World

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
PHONE, DESK = (360, 740), (1280, 800)
# Chromium's own test picture as the camera, and "allow" to whoever asks for it
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
LONG = 40_000  # the same where the phone may be waiting before it tries again
PATIENCE = 15_000  # milliseconds until a state must have come; the machine may be busy
expect.set_options(timeout=PATIENCE)
# said through the console, so that one list holds everything
_WATCH = (
    "addEventListener('securitypolicyviolation', "
    "(e) => console.error('policy violation: ' + e.violatedDirective + ' ' + e.blockedURI))"
)
_NOTHING_WAITS = """async (name) => {
  const db = await new Promise((ok) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => ok(asked.result);
  });
  const count = (store, index, of) => new Promise((ok) => {
    const place = db.transaction(store).objectStore(store);
    const asked = index ? place.index(index).count(of) : place.count();
    asked.onsuccess = () => ok(asked.result);
  });
  const waits = await count("ops", "mine_state", [1, "pending"])
    + await count("media", "state", "local") + await count("staging");
  db.close();
  return waits === 0;
}"""
_PLACE = """async (name) => {
  const db = await new Promise((ok) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => ok(asked.result);
  });
  const place = await new Promise((ok) => {
    const asked = db.transaction("meta").objectStore("meta").get("place");
    asked.onsuccess = () => ok(asked.result);
  });
  db.close();
  return place?.v?.hash ?? "";
}"""
_STORE = """async (name) => {
  if (!(await indexedDB.databases()).some((each) => each.name === name)) return null;
  const db = await new Promise((ok, no) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => ok(asked.result);
    asked.onerror = () => no(asked.error);
  });
  const all = (store) => new Promise((ok, no) => {
    const asked = db.transaction(store).objectStore(store).getAll();
    asked.onsuccess = () => ok(asked.result);
    asked.onerror = () => no(asked.error);
  });
  const ops = (await all("ops")).map(({ id, state, mine, record, path, field, op }) =>
    ({ id, state, mine, record, path, field, value: op.value, device: op.device }));
  const media = (await all("media")).map(({ sha256, state }) => ({ sha256, state }));
  const staging = (await all("staging")).length;
  db.close();
  return { ops, media, staging };
}"""


class Phone:
    """`phone.page` is what it shows. `wrong` collects console errors, policy violations, failed requests."""

    def __init__(
        self,
        playwright: Playwright,
        world: World,
        folder: Path,
        size: tuple[int, int] = PHONE,
        scheme: str = "light",
        locale: str = "en-GB",
        sharp: bool = False,
        flags: tuple[str, ...] = (),
    ) -> None:
        self.playwright, self.world, self.folder = playwright, world, folder
        self.size, self.scheme, self.locale, self.sharp = size, scheme, locale, sharp
        self.flags = flags
        self.wrong: list[str] = []
        self.tolerated: list[re.Pattern[str]] = []
        self.context: BrowserContext
        self.page: Page
        self.start()

    def start(self) -> None:
        touch = self.size[0] < 600
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.folder),
            executable_path=CHROMIUM,
            headless=True,
            args=[*FLAGS, *self.flags],
            chromium_sandbox=os.geteuid() != 0,
            base_url=self.world.url,
            viewport={"width": self.size[0], "height": self.size[1]},
            device_scale_factor=2 if self.sharp else 1,
            has_touch=touch,
            is_mobile=touch,
            color_scheme=self.scheme,
            locale=self.locale,
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(_WATCH)
        self.context.on(
            "console",
            lambda said: (
                said.type == "error" and self._note(f"console: {said.text} ({said.location['url']})")
            ),
        )
        self.context.on("weberror", lambda error: self._note(f"error: {error.error}"))
        self.context.on(
            "requestfailed",
            lambda asked: self._note(f"failed: {asked.method} {asked.url} {asked.failure}"),
        )
        self.context.on(
            "response",
            lambda said: (
                said.status >= 400 and self._note(f"answer: {said.status} {said.request.method} {said.url}")
            ),
        )
        self.page = self.context.pages[0]

    def _note(self, what: str) -> None:
        self.wrong.append(what)

    def tolerate(self, *patterns: str) -> None:
        """What is meant to go wrong in this test."""
        self.tolerated += [re.compile(pattern) for pattern in patterns]

    def problems(self) -> list[str]:
        # a page that is left drops what it was fetching: no fault of anybody
        left = [what for what in self.wrong if "net::ERR_ABORTED" not in what]
        return [what for what in left if not any(pattern.search(what) for pattern in self.tolerated)]

    def close(self) -> None:
        self.context.close()

    def kill(self) -> None:
        """SIGKILL to every process of this browser: nothing is flushed, nothing is said goodbye to."""
        marker = f"--user-data-dir={self.folder}"
        for pid in _running(marker):
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while _running(marker) and time.monotonic() < until:
            time.sleep(0.02)  # the kernel takes them away
        assert not _running(marker)

    def switch_off(self) -> None:
        """Closed as a person closes it: what the browser had not yet written to its disk is there now."""
        self.context.close()

    def switch_on(self) -> None:
        self.start()

    def cut(self) -> None:
        """No signal from here on."""
        self.tolerate("net::ERR_INTERNET_DISCONNECTED")
        self.context.set_offline(True)

    # what a person does

    def sign_in(self, who: str, keep: bool = False) -> None:
        """Through the form; an auditor or officer lands on My work, with all that no signal asks for."""
        self.page.goto("/sign-in")
        self.page.locator("[name=email]").fill(f"{who}@nordhaven.example")
        self.page.locator("[name=password]").fill(self.world.passwords[who])
        if keep:
            self.page.locator("[name=kept]").check()
        self.page.locator("form button.btn--main").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        if "/app/" in self.page.url:
            # or where the same person left off
            expect(self.page.locator("[data-ready] .note--good, [data-tabs]").first).to_be_visible()

    def open_work(self, language: str = "en") -> None:
        """My work, once everything is here that no signal asks for."""
        self.page.goto(f"/app/{language}/#/work")
        expect(self.page.locator("[data-ready] .note--good")).to_be_visible()

    def inspection(self, subject: str, listed: str = "due") -> str:
        """Opens an inspection from My work; its id."""
        self.page.locator(f"[data-list={listed}] .item", has_text=subject).first.tap()
        self.page.wait_for_url(re.compile("#/i/"))
        expect(self.page.locator("[data-tabs]")).to_be_visible()
        return self.record

    def start_unplanned(self, site: str, language: str = "en") -> str:
        """Start, site, checklist: an audit nobody planned; its id."""
        self.page.goto(f"/app/{language}/#/start")
        option = self.page.locator("#start-site option", has_text=site)
        expect(option).to_have_count(1)
        self.page.locator("#start-site").select_option(option.get_attribute("value"))
        audit = self.page.locator("#start-checklist option", has_text="4M1E")
        self.page.locator("#start-checklist").select_option(audit.get_attribute("value"))
        self.page.locator("footer button[type=submit]").tap()
        expect(self.page.locator("[data-tabs]")).to_be_visible()
        return self.record

    @property
    def record(self) -> str:
        found = re.search(r"#/i/([0-9a-f-]{36})", self.page.url)
        assert found, self.page.url
        return found[1]

    @property
    def chip(self) -> Locator:
        return self.page.locator("[data-chip]")

    def question(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    def tab(self, name: str) -> None:
        self.page.locator("[data-tabs] a", has_text=name).first.tap()
        expect(self.page.locator("[data-tabs] [aria-current]")).to_contain_text(name)

    def answer(self, name: str, score: str) -> None:
        """One tap, and the saved mark."""
        self.question(name).locator(f"label:has(input[value='{score}'])").tap()
        expect(self.saved(name)).to_have_attribute("data-state", re.compile("phone|server"))

    def answer_open(self, score: str = "10") -> None:
        """Every open question of the inspection, one tap each, and "seen as hinted" where a note is owed."""
        for tab in self.page.locator("[data-tabs] a[href*='/s/']").all_inner_texts():
            self.tab(tab.split("\n")[0])
            open_ones = "all => all.filter(q => !q.classList.contains('is-done')).map(q => q.id)"
            for name in self.page.locator("section:visible [data-question]").evaluate_all(open_ones):
                self.answer(name, score)
                hinted = self.question(name).locator("[data-do=hinted]")
                if hinted.count():
                    hinted.tap()
                    expect(self.question(name).locator("[data-part=note]")).to_be_visible()

    def saved(self, name: str) -> Locator:
        return self.question(name).locator("[data-saved]")

    def give_photo(self, name: str, *files: Path | str) -> None:
        """From the gallery, through the real file input."""
        with self.page.expect_file_chooser() as chooser:
            self.question(name).locator("[data-do=gallery]").tap()
        chooser.value.set_files([str(file) for file in files])

    def all_sent(self) -> None:
        """The store holds nothing that waits, and the header says so."""
        name = self.page.evaluate("'plumbline:' + JSON.parse(localStorage.getItem('plumbline:person')).id")
        # asked one by one: wait_for_function takes the promise itself for a yes
        until = time.monotonic() + LONG / 1000
        while not self.page.evaluate(_NOTHING_WAITS, name):
            assert time.monotonic() < until, f"still waiting to be sent: {self.store()}"
            self.page.wait_for_timeout(100)
        expect(self.chip).to_have_text(re.compile("All sent|已全部发送|已全部傳送"), timeout=LONG)

    def remembers(self, end: str) -> None:
        """The place it opens again after a reload is written down: an address with this end."""
        name = self.page.evaluate("'plumbline:' + JSON.parse(localStorage.getItem('plumbline:person')).id")
        until = time.monotonic() + PATIENCE / 1000
        while not (place := self.page.evaluate(_PLACE, name)).endswith(end):
            assert time.monotonic() < until, place
            self.page.wait_for_timeout(20)

    # what it keeps

    def store(self) -> dict[str, Any]:
        """The local store of whoever this phone belongs to."""
        person = self.page.evaluate("JSON.parse(localStorage.getItem('plumbline:person')).id")
        return self.store_of(person)

    def store_of(self, person: str) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(_STORE, f"plumbline:{person}")
        return found

    def mine(self, record: str | None = None) -> list[dict[str, Any]]:
        """The operations made on this phone."""
        ops = self.store()["ops"]
        return [op for op in ops if op["mine"] and record in (None, op["record"])]

    def fetch(self, path: str) -> dict[str, Any]:
        """What the server says to this person."""
        answer = self.context.request.get(f"{self.world.url}{path}")
        assert answer.ok, f"{answer.status} {path}"
        body: dict[str, Any] = answer.json()
        return body


def _running(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if marker in words and state not in ("Z", "X"):
            found.append(int(entry.name))
    return found
