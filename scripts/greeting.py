"""What stands in the terminal after the start: address, sign-ins, how a phone comes in."""

from __future__ import annotations

import io
from pathlib import Path

TRUST = """\
A phone needs HTTPS: without it there is no camera and nothing is kept offline. It trusts this server once the
certificate of this installation is on it. In the same network, on the phone:
  1. Open {authority}
  2. iPhone:  Settings, General, VPN & Device Management: install the profile;
              then Settings, General, About, Certificate Trust Settings: switch it on.
     Android: Settings, Security, Encryption & credentials, Install a certificate, CA certificate.
  3. Open {address}
"""


def sign_ins(path: Path) -> str:
    """The demo people and their passwords, as the demo data wrote them; empty when there are none."""
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def qr(address: str) -> str:
    """The address as a QR code of half blocks, to be photographed from the terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue()


def greeting(
    address: str,
    people: str = "",
    phones: list[str] | None = None,
    authority: str = "",
    warnings: list[str] | None = None,
) -> str:
    """The whole text. `phones` are the https addresses in the local network, best first."""
    parts = [f"Plumbline is at {address}"]
    if people:
        parts.append(people)
    if phones:
        shown = "\n".join(f"  {each}" for each in phones)
        parts.append(f"For phones in this network:\n{shown}\n\n{qr(phones[0]).rstrip()}")
        parts.append(TRUST.format(authority=authority, address=phones[0]).rstrip())
    parts += warnings or []
    parts.append("Ctrl-C stops it.")
    return "\n" + "\n\n".join(parts) + "\n"
