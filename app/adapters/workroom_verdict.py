"""What a workroom's outcome means to whoever sent the file: its own fault (422), or come again (503)."""

from __future__ import annotations

import logging
from typing import Any

from app.adapters.workroom import CannotStart, Died, Exhausted, Failed, Refused, TimedOut, Workroom
from app.domain.errors import Invalid, Unavailable

log = logging.getLogger("plumbline.workroom")


def judged(room: Workroom, job: dict[str, Any], kind: str, unreadable: str, too_large: str) -> dict[str, Any]:
    """The answer to a job. kind is "picture" or "sheet".

    Raises Invalid with the refusal's own code, `unreadable` for what makes the reader crash, `too_large` for
    what needs more memory than there is, <kind>_check_timed_out for what used up its CPU; Unavailable
    <kind>_check_timed_out when the machine is too busy, <kind>_check_unavailable when it is broken.
    """
    try:
        try:
            return room.do(job)
        except Died:  # perhaps killed for another's sake: one more try before anybody is blamed
            return room.do(job)
    except Refused as refusal:
        raise Invalid(refusal.code, **refusal.params) from refusal
    except Exhausted as error:
        raise Invalid(too_large if str(error) == "memory" else f"{kind}_check_timed_out") from error
    except Died as error:
        if error.crashed:
            raise Invalid(unreadable) from error
        raise Unavailable(f"{kind}_check_unavailable") from error
    except TimedOut as error:
        raise Unavailable(f"{kind}_check_timed_out") from error
    except (CannotStart, Failed) as error:
        log.error("a %s could not be checked: %s", kind, error)
        raise Unavailable(f"{kind}_check_unavailable") from error
