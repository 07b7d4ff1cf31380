"""What the phone's store and the server's database must say of each other."""

from __future__ import annotations

from tests.browser.phone import Phone


def exactly_once(phone: Phone, record: str) -> None:
    """Everything this phone made of the inspection is stored once, applied once, and nothing else is."""
    made = [op["id"] for op in phone.mine(record)]
    devices = {op["device"] for op in phone.mine(record)}
    rows = phone.world.rows(
        "SELECT o.id, coalesce(f.fate, 'applied') FROM operations o "
        "LEFT JOIN operation_fates f ON f.operation_id = o.id "
        "WHERE o.record_id = ? AND o.device_id = ?",
        record,
        devices.pop(),
    )
    assert not devices, "one phone, one device"
    assert len(rows) == len(made) > 0
    assert {row[0] for row in rows} == {name.replace("-", "") for name in made}
    assert {fate for _, fate in rows} == {"applied"}
    assert not phone.world.rows("SELECT 1 FROM quarantine")


def counted(phone: Phone) -> tuple[int, int]:
    """(held, total) as the header must show them, counted from the store by the rules of offline.md §4.2."""
    store = phone.store()
    mine = [op for op in store["ops"] if op["mine"]]
    local = {each["sha256"] for each in store["media"] if each["state"] != "verified"}
    waiting = [op for op in mine if op["state"] == "pending"]
    photos = [op for op in mine if op["state"] == "acked" and op["value"] and _sha(op["value"]) in local]
    total = len(mine) + store["staging"]
    return total - store["staging"] - len(waiting) - len(photos), total


def _sha(value: object) -> object:
    return value.get("sha256") if isinstance(value, dict) else None
