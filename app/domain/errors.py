"""Every refusal the house can give: a code and its parameters, never text.

The words for a code live in ``web/errors.py``, in the reader's language. ``CODES`` is the whole catalogue, so
that a test can prove that each code has words and that no other code is ever raised.
"""

from __future__ import annotations

from typing import Any, ClassVar


class PlumblineError(Exception):
    """A refusal. ``code`` names it, ``params`` fill the gaps of its sentence, ``status`` is its HTTP
    number.
    """

    status: ClassVar[int] = 400

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.params!r})"


class NotSignedIn(PlumblineError):
    """Nobody is signed in (401)."""

    status = 401

    def __init__(self, code: str = "not_signed_in", **params: Any) -> None:
        super().__init__(code, **params)


class NotAllowed(PlumblineError):
    """One sees the thing but may not do this to it (403). What one may not see is ``NotFound``."""

    status = 403

    def __init__(self, code: str = "not_allowed", **params: Any) -> None:
        super().__init__(code, **params)


class NotFound(PlumblineError):
    """It is not here, or not yours to see (404): one answer for both."""

    status = 404

    def __init__(self, code: str = "not_found", **params: Any) -> None:
        super().__init__(code, **params)


class Stale(PlumblineError):
    """Somebody else changed it in between (409); what was typed is kept."""

    status = 409

    def __init__(self, code: str = "stale", **params: Any) -> None:
        super().__init__(code, **params)


class TooLarge(PlumblineError):
    """More bytes or rows than is taken at once (413)."""

    status = 413


class Invalid(PlumblineError):
    """What was sent breaks a rule (422). ``field`` is the form field it is said beside, if there is one."""

    status = 422

    def __init__(self, code: str, field: str | None = None, **params: Any) -> None:
        super().__init__(code, **params)
        self.field = field


class Malformed(Invalid):
    """An operation that has not the shape of one; ``field`` is the member that is wrong."""


class TooMany(PlumblineError):
    """Too many attempts (429); ``retry_after`` seconds may be among the parameters."""

    status = 429

    def __init__(self, code: str = "too_many", **params: Any) -> None:
        super().__init__(code, **params)


class Unavailable(PlumblineError):
    """Something the answer needs is not there just now (503): a lock, a queue, a disk."""

    status = 503

    def __init__(self, code: str = "unavailable", **params: Any) -> None:
        super().__init__(code, **params)


class Full(Unavailable):
    """The disk has no room (507): the sender keeps what it has and tries again later."""

    status = 507

    def __init__(self, code: str = "disk_full", **params: Any) -> None:
        super().__init__(code, **params)


# Grouped by where they arise. A new code is added here first.
_CATALOGUE = """
    bad_request not_signed_in not_allowed not_found stale too_large too_many unavailable locked
    disk_full method_not_allowed csrf_failed header_missing not_json foreign_request unexpected

    required too_long too_short not_a_choice not_a_date not_an_email not_a_language
    not_a_time_zone not_a_country date_in_past already_exists

    sign_in_failed person_disabled password_weak password_wrong link_expired email_taken grant_scope
    last_admin own_account

    company_retired site_retired sheet_unreadable sheet_too_large sheet_columns_missing sheet_row_unreadable

    estate_unknown estate_of_site estate_retired floor_unknown unit_twice
    completion_differs rooms_too_many room_id_unfit room_id_twice contractor_unknown unit_columns_missing
    plan_unreadable plan_too_large plan_page plan_too_heavy plan_check_unavailable plan_renderer_missing
    plan_locked plan_points plan_points_close plan_points_scale plan_points_shape plan_first

    checklist_invalid version_not_published section_unknown question_unknown score_not_on_scale

    auditor_not_eligible auditor_missing inspection_cancelled inspection_completed already_started
    inspection_in_review plan_closed_in_review not_in_review own_inspection not_completed revision_number
    revision_early late_none late_not_amendable
    signature_strokes signature_too_small signature_exists signature_missing signature_outdated note_stays
    signature_expected contact_unknown comment_missing
    unit_unknown unit_retired rooms_no_checks reading_malformed walk_open units_missing units_too_many
    nothing_repaired repaired_unknown
    reason_missing not_ready due_unchanged all_out_of_scope plan_closed_cancelled plan_closed_completed

    keys_walk_done keys_no_critical keys_meters_read keys_meters_plausible keys_meters_shown keys_keys_counted
    keys_signed handed_over_already handover_changed handover_not_yet handover_day_future handover_day_early
    handover_authority handover_open keys_number keys_differ papers_too_many later_day

    part_unknown defect_code_unknown register_taken register_columns_missing

    charge_back_nobody charge_back_empty
    action_closed step_not_open step_in_review nothing_sent own_work act_missing check_missing watch_running
    form_lowered past_needs_reason bad_deadlines nothing_asked quantity_wrong
    photos_too_many files_too_many file_kind file_macros file_too_large lot_of_part contact_missing
    contact_without_mail link_not_yours none_chosen cases_too_many
    gate_response gate_places gate_quantities gate_dispositions gate_safety gate_occurrence gate_escape
    gate_shown gate_measures gate_types gate_owners gate_done gate_photo gate_done_by gate_cut_in gate_word
    gate_lots gate_lots_good gate_documents gate_revisions gate_similar gate_lesson

    op_not_object op_member_missing op_member_unknown op_type op_id op_version op_kind op_path
    op_field op_kind_field op_value op_integer op_text op_text_too_long op_key op_too_deep
    op_too_large op_parents op_parents_many op_id_reused op_record_unknown op_record_kind
    op_batch_too_large op_batch_invalid device_unknown device_of_other epoch_changed cursor_ahead
    media_expected quarantined late

    rescue_not_ours rescue_passphrase rescue_damaged rescue_too_large

    sha_mismatch size_mismatch parts_missing part_differs digest_mismatch not_a_picture half_a_picture
    too_many_pixels picture_too_large svg_refused heic_refused media_unknown picture_check_timed_out
    picture_check_unavailable unsupported_picture storage_unavailable

    repair_sent repair_not_open repairs_too_many dispute_open dispute_decided contractor_same
    list_without_repairs

    report_photos_missing report_foreign_address report_picture_broken report_anchor_missing report_too_heavy
    report_renderer_missing report_renderer_busy report_not_drawn report_under_way report_file_too_large
    report_not_issued report_already_sealed reports_too_many time_stamp_unreachable seal_check_unavailable
    seal_check_busy seal_missing

    sheet_cell_too_long sheet_check_timed_out sheet_check_unavailable sheet_empty sheet_old_format
    sheet_quote_open sheet_row_too_wide mail_header_unsafe mail_not_sent mail_refused
"""

CODES: frozenset[str] = frozenset(_CATALOGUE.split())
