"""What went wrong, in words: one sentence per code, saying what happened and what to do next.

`tests/web` proves that every code of domain/errors.py has its sentence here. `%(name)s` is filled from the
error's parameters.
"""

from __future__ import annotations

from collections import defaultdict

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

SENTENCES: dict[str, LazyString] = {
    # the house
    "bad_request": _l("The server could not read this request. Go back and try again."),
    "not_signed_in": _l("You are signed out. Sign in to go on; what you typed stays."),
    "not_allowed": _l("Your role does not include this. Ask an admin if it should."),
    "not_found": _l("This page is not here, or not yours to see."),
    "stale": _l("Somebody else changed this meanwhile. Your text is kept; check it and save again."),
    "too_large": _l("This is too large to send at once. Send it in parts."),
    "too_many": _l("That was too often. Wait a minute, then try again."),
    "unavailable": _l("This part of the server does not answer just now. Try again in a moment."),
    "locked": _l("The server is busy for a moment. Try again; nothing is lost."),
    "disk_full": _l("The server's disk is full. Ask whoever runs it to make room, then try again."),
    "method_not_allowed": _l("This address does not take that kind of request."),
    "csrf_failed": _l("This form was open too long. Load the page again, then send it once more."),
    "foreign_request": _l("This request came from another site, so it was not carried out."),
    "header_missing": _l("This request lacks the header that the app sends."),
    "not_json": _l("The server expected another kind of data here."),
    "unexpected": _l("Something failed on the server. It was written down; try again in a moment."),
    # forms
    "required": _l("This is needed."),
    "too_long": _l("This is too long. Shorten it."),
    "too_short": _l("This is too short. Write more."),
    "not_a_choice": _l("Choose one from the list."),
    "not_a_date": _l("This is not a date; an example is 2026-11-30."),
    "not_an_email": _l("This is not an e-mail address; an example is name@example.com."),
    "not_a_language": _l("This is not one of the three languages."),
    "not_a_time_zone": _l("This is not a time zone; an example is Asia/Shanghai."),
    "not_a_country": _l("This is not a two-letter country code; an example is CN."),
    "date_in_past": _l("This date has passed. Choose today or later."),
    "already_exists": _l("This already exists."),
    # people
    "sign_in_failed": _l("E-mail and password do not match. Check both and try again."),
    "person_disabled": _l("This account is disabled. Ask an admin."),
    "password_weak": _l(
        "This password is easy to guess. Make it longer, for example with four unrelated words."
    ),
    "password_wrong": _l("The present password is not right."),
    "link_expired": _l("This link was used already or is too old. Ask for a new one."),
    "email_taken": _l("Somebody has this e-mail address already."),
    "grant_scope": _l("This role does not fit that scope."),
    "last_admin": _l("This is the last admin. Make somebody else an admin first."),
    "own_account": _l("You cannot do this to your own account."),
    # companies and sites
    "company_retired": _l("This company is retired. Restore it first."),
    "site_retired": _l("This site is retired. Restore it first."),
    "sheet_unreadable": _l("This file cannot be read as a sheet. Save it as XLSX or CSV and try again."),
    "sheet_too_large": _l("This sheet is too large. Split it and import the parts."),
    "sheet_columns_missing": _l(
        "The sheet has no column for the company's name. Start from the sample sheet."
    ),
    "sheet_row_unreadable": _l("This row cannot be read."),
    # estates, units, plans
    "estate_unknown": _l("You manage no estate of this name or code."),
    "estate_of_site": _l("There is an estate at this site already."),
    "estate_retired": _l("This estate is retired. Restore it first."),
    "floor_unknown": _l("This is not a floor; examples are 15, B1, G, 3A, Roof."),
    "unit_twice": _l("This unit stands in row %(row)s already."),
    "completion_differs": _l("Row %(row)s gives this estate another day of completion."),
    "rooms_too_many": _l("These are more than 60 rooms."),
    "room_id_unfit": _l("A room's short name is a small letter and 11 letters or digits at most."),
    "room_id_twice": _l("Two rooms have the same short name."),
    "contractor_unknown": _l("This company is not a contractor in use."),
    "unit_columns_missing": _l(
        "The sheet needs columns for building, floor, unit and type. Start from the sample sheet."
    ),
    "plan_unreadable": _l("This file cannot be read as a plan. Use PDF, JPEG, PNG or WebP."),
    "plan_locked": _l("This PDF is protected by a password. Save it without one."),
    "plan_too_large": _l("This file is too large: 64 MB and 200 pages at most."),
    "plan_page": _l("This file has %(pages)s pages. Choose one of them."),
    "plan_points": _l("Two places on each plan, each with both its numbers from 0 to 10000."),
    "plan_points_close": _l("These two places are too close to each other. Take two that lie far apart."),
    "plan_points_scale": _l("This would make the plan more than twenty times as large. Check the places."),
    "plan_points_shape": _l(
        "The two plans have other proportions, so something has moved. Point at two places on each."
    ),
    "plan_first": _l("This is the first plan. There is none before it."),
    "plan_too_heavy": _l("This page is too heavy to draw. Save it simpler, or as a picture."),
    "plan_check_unavailable": _l("The server cannot draw plans just now. Try again in a moment."),
    "plan_renderer_missing": _l(
        "This server cannot draw PDF plans yet. Whoever runs it installs poppler-utils; pictures work."
    ),
    # reports and their seals
    "report_photos_missing": _l("Photos are still on the way. The report is made when they are here."),
    "report_foreign_address": _l(
        "The report names something from outside, which is never fetched: %(what)s."
    ),
    "report_picture_broken": _l("A photo cannot be read: %(what)s."),
    "report_anchor_missing": _l("The page has no place for the seal %(what)s."),
    "report_too_heavy": _l("This report needs more time or memory than it may use."),
    "report_renderer_missing": _l(
        "This server cannot draw reports yet. Ask whoever runs it to look at its health page: %(what)s."
    ),
    "report_renderer_busy": _l("The server is too busy to draw reports just now. It tries again by itself."),
    "report_not_drawn": _l("The report could not be drawn. It was written down; try again in a moment."),
    "report_under_way": _l("This report is being made. Wait a moment."),
    "report_file_too_large": _l("This file is larger than 50 MB. No report is."),
    "report_not_issued": _l("This report is not issued yet."),
    "report_already_sealed": _l("This place is signed already."),
    "reports_too_many": _l("Choose %(limit)s reports at most."),
    "time_stamp_unreachable": _l("The time-stamp authority does not answer. It is asked again by itself."),
    "seal_check_unavailable": _l("Files cannot be checked just now. Try again in a moment."),
    "seal_check_busy": _l("The server is busy for a moment. Try again; nothing is lost."),
    "seal_missing": _l("This installation has no seal yet. It is made when the worker starts."),
    # checklists and inspections
    "checklist_invalid": _l("This checklist has a fault and was not published."),
    "version_not_published": _l("This checklist version is not published."),
    "section_unknown": _l("This checklist has no such section."),
    "question_unknown": _l("This checklist has no such question."),
    "score_not_on_scale": _l("This score is not on the scale of the checklist."),
    "auditor_not_eligible": _l("This person may not carry out inspections there. Give them the role first."),
    "auditor_missing": _l("Choose who carries it out."),
    "inspection_cancelled": _l(
        "This inspection was cancelled. What you send is kept and shown to its owner."
    ),
    "inspection_completed": _l("This inspection is complete. What you send is kept and shown to its owner."),
    "already_started": _l("This inspection has begun, so this can no longer be changed."),
    "reason_missing": _l("Give a reason."),
    "due_unchanged": _l("It is due on this day already. Choose another one."),
    "all_out_of_scope": _l("At least one section must stay, or there is nothing to ask."),
    "plan_closed_cancelled": _l("This inspection was cancelled, so its plan can no longer be changed."),
    "plan_closed_completed": _l("This inspection is complete, so its plan can no longer be changed."),
    "inspection_in_review": _l(
        "This inspection is being reviewed. What you send is kept and shown to its owner."
    ),
    "plan_closed_in_review": _l("This inspection is being reviewed, so its plan cannot be changed now."),
    "not_in_review": _l("This inspection is not in review, or somebody decided about it already."),
    "own_inspection": _l("You are on its team: somebody else has to issue it."),
    "not_completed": _l("Only a completed inspection gets a new revision."),
    "late_none": _l("Nothing arrived late here, or somebody has decided about it already."),
    "late_not_amendable": _l("It was cancelled: late work can only be laid aside."),
    "revision_number": _l("This revision was begun already. Load the page again."),
    "revision_early": _l("The inspection is only just being completed. Try again in a moment."),
    "signature_strokes": _l("These lines cannot be read as a signature. Clear the box and sign again."),
    "signature_too_small": _l("This signature is too small to read. Clear the box and sign again."),
    "note_stays": _l("What was written on site stays as it is. Write another note."),
    "signature_exists": _l("This signature was given already. Give a new one instead."),
    "signature_missing": _l("A signature or a refusal is still missing before this can be completed."),
    "signature_outdated": _l("Answers changed after somebody signed. They have to sign again."),
    "signature_expected": _l("The server still waits for a signature that is on another device."),
    "contact_unknown": _l("This person is not among the contacts of the inspected company."),
    "comment_missing": _l("Say what has to be changed: a comment, or a reason."),
    "unit_unknown": _l("There is no such unit here."),
    "unit_retired": _l("This unit is no longer in use."),
    "rooms_no_checks": _l("This checklist has no checks for these rooms."),
    "reading_malformed": _l("Type the reading as a number, such as 12.5."),
    "nothing_repaired": _l("Nothing in %(unit)s waits to be looked at again."),
    "repaired_unknown": _l("This re-inspection names what was not repaired in this unit."),
    "keys_walk_done": _l("The keys stay here: the unit is not walked, or a walk of it is under way."),
    "keys_no_critical": _l("The keys stay here: a defect of class A is open."),
    "keys_meters_read": _l("The keys stay here: the water or the power meter is not read."),
    "keys_meters_plausible": _l("The keys stay here: a meter reads less than before, and nobody says why."),
    "keys_meters_shown": _l("The keys stay here: a meter reading has no photo."),
    "keys_keys_counted": _l("The keys stay here: nobody counted those of the entrance door."),
    "keys_signed": _l("The keys stay here: a signature is missing, or word that it was refused."),
    "handed_over_already": _l("The keys of this unit were handed over meanwhile."),
    "handover_changed": _l(
        "This handover was corrected meanwhile. What you typed is kept; check it against the newest revision."
    ),
    "handover_not_yet": _l("The keys of this unit are not handed over yet."),
    "handover_day_future": _l("This day is still to come. Choose today or earlier."),
    "handover_day_early": _l(
        "The unit was walked later than that. Choose the day of the walk or a later one."
    ),
    "handover_authority": _l("Say what authorises this person: a letter of the owner, a power of attorney."),
    "handover_open": _l("Defects are open. Tick that whoever receives the keys accepts this."),
    "keys_number": _l("Write a whole number from 0 to %(most)s."),
    "keys_differ": _l("This is not what was counted. Say why."),
    "papers_too_many": _l("These are too many. Write %(limit)s at most, one on each line."),
    "later_day": _l("Choose a day from the handover to today."),
    "walk_open": _l("A walk of %(unit)s is planned or under way already."),
    "units_missing": _l("Choose at least one unit."),
    "units_too_many": _l("Choose %(limit)s units at most."),
    "not_ready": _l("Something is still missing before this can be completed."),
    # registers and actions
    "part_unknown": _l("This supplier has no such part. Add it to the register first."),
    "defect_code_unknown": _l("There is no such defect code."),
    "register_taken": _l("This number is in the register already."),
    "register_columns_missing": _l("The sheet lacks the column with the number or code."),
    "charge_back_nobody": _l("This action names no supplier, so there is nobody to charge."),
    "charge_back_empty": _l("Note the costs first: there is nothing to charge."),
    "action_closed": _l("This action is closed or cancelled. Nothing more can be changed."),
    "step_not_open": _l("This step is not the open one. Load the page again."),
    "step_in_review": _l("This step is being judged. It can be changed again when it comes back."),
    "nothing_sent": _l("Nothing was sent for this step yet."),
    "own_work": _l("Whoever did the work cannot check it. Ask somebody else to look."),
    "act_missing": _l("It cannot close without Act: what was learned must become the standard."),
    "check_missing": _l("It cannot close before its effect was checked."),
    "watch_running": _l("The effect is still watched. It closes by itself when the watch is over."),
    "form_lowered": _l("A case can ask for more than the rule, never for less."),
    "past_needs_reason": _l("This day has passed. Give a reason, or choose today or later."),
    "bad_deadlines": _l("These deadlines cannot be read; an example is contain=48h cause=5d."),
    "nothing_asked": _l("This question was answered already."),
    "quantity_wrong": _l("This is not a quantity that can be. Check the numbers."),
    "files_too_many": _l("These are too many files. Send five at once, twenty for a step."),
    "file_kind": _l(
        "This is no file we take, or its content is not what its name says. "
        "Send PDF, Word, Excel or PowerPoint (docx, xlsx, pptx), e-mail (eml, msg), CSV or text."
    ),
    "file_macros": _l("This file carries macros. Send it without them, or as PDF."),
    "file_too_large": _l("This file is larger than %(limit)s MB. Send a smaller one."),
    "none_chosen": _l("Tick the actions you want to print first."),
    "cases_too_many": _l("These are too many for one register. Tick %(limit)s at most."),
    "lot_of_part": _l("A lot belongs to a part. Choose the part first."),
    "photos_too_many": _l("These are too many photos. Send ten at once, forty for a step."),
    "contact_missing": _l("Name a contact at the supplier first."),
    "contact_without_mail": _l("This contact has no e-mail address. Show the link and send it by chat."),
    "link_not_yours": _l("This link opens something else."),
    "gate_response": _l("Say what was stopped and isolated, by whom and when."),
    "gate_places": _l("Name at least one place that was searched, with its quantities."),
    "gate_quantities": _l("In each place OK and not OK must add up to the quantity there."),
    "gate_dispositions": _l("Say for each place with bad parts what became of them."),
    "gate_safety": _l("Safety is touched: bad parts are not used as they are."),
    "gate_occurrence": _l("Say why it happened."),
    "gate_escape": _l("Say why nobody noticed."),
    "gate_shown": _l("Show what proves the causes, in words or as a photo."),
    "gate_measures": _l("Each cause needs a measure."),
    "gate_types": _l("Choose a type for each measure."),
    "gate_owners": _l("Each measure needs an owner and a day."),
    "gate_done": _l("Say what was done."),
    "gate_photo": _l("Add a photo that shows it."),
    "gate_done_by": _l("Say who did it."),
    "gate_cut_in": _l("Say from which day, or with which lot, it took effect."),
    "gate_word": _l("Say in words what was seen."),
    "gate_lots": _l("The next three lots must be inspected first."),
    "gate_lots_good": _l("One of these lots has bad parts, so it is not effective yet."),
    "gate_documents": _l("Name the documents that changed, or say why none had to."),
    "gate_revisions": _l("Each document needs its new revision."),
    "gate_similar": _l("Say which similar parts and sites were looked at."),
    "gate_lesson": _l("Write down the lesson."),
    # operations
    "op_not_object": _l("This change cannot be read by the server. It is kept on the phone."),
    "op_member_missing": _l("This change lacks a part the server needs. It is kept on the phone."),
    "op_member_unknown": _l("This change has a part the server does not know. It is kept on the phone."),
    "op_type": _l("This change has a value of the wrong kind. It is kept on the phone."),
    "op_id": _l("This change has an id the server cannot read. It is kept on the phone."),
    "op_version": _l("This change comes from a version of the app the server does not know."),
    "op_kind": _l("The server does not know this kind of change."),
    "op_path": _l("This change names a place that is not in the inspection."),
    "op_field": _l("This change names a field that is not in the inspection."),
    "op_kind_field": _l("This kind of change does not fit its field."),
    "op_value": _l("The server cannot take this value here."),
    "op_integer": _l("This number is too large."),
    "op_text": _l("This text has a character that cannot be stored. Type it again without it."),
    "op_text_too_long": _l("This text is too long. Shorten it to 10,000 characters."),
    "op_key": _l("This change has a name the server cannot read."),
    "op_too_deep": _l("This change is nested too deeply."),
    "op_too_large": _l("This change is too large."),
    "op_parents": _l("This change names what it replaces in a way the server cannot read."),
    "op_parents_many": _l("This change replaces too many others at once."),
    "op_id_reused": _l("Another change is stored under the same number. Both are kept."),
    "op_record_unknown": _l("The server does not know this inspection yet. The change is kept on the phone."),
    "op_record_kind": _l("The server does not know this kind of record."),
    "op_batch_too_large": _l("This was too much at once. It is sent again in smaller parts."),
    "op_batch_invalid": _l("The server could not read what the phone sent. It is kept on the phone."),
    "device_unknown": _l("Sign in once more on this phone, then everything waiting is sent."),
    "device_of_other": _l("This work belongs to another person. It is sent when they sign in on this phone."),
    "epoch_changed": _l("The server was restored from a backup. The phone sends again what it still holds."),
    "cursor_ahead": _l("The server was restored from a backup. The phone sends again what it still holds."),
    "media_expected": _l("The server still waits for a photo."),
    "quarantined": _l("You no longer have access here. Your work is held for an admin to decide."),
    "late": _l("This came after the inspection was closed. It is kept and shown to its owner."),
    # repairs
    "repair_sent": _l("Somebody has just sent this as repaired. Your photos are kept with it."),
    "repair_not_open": _l(
        "Case %(number)s cannot be changed now: it is sent, disputed or done. Take it out and try again."
    ),
    "repairs_too_many": _l("That is too much at once: %(most)s at most. Narrow the filters."),
    "dispute_open": _l("This is disputed. Take the dispute back first, or wait until it is decided."),
    "dispute_decided": _l("This dispute is over already. See below what was decided."),
    "contractor_same": _l("Nothing would change: choose another contractor or another day."),
    "list_without_repairs": _l("There is nothing for this contractor to repair here."),
    # photos
    "sha_mismatch": _l("The photo was damaged on its way. It is sent again."),
    "size_mismatch": _l("The photo was damaged on its way. It is sent again."),
    "parts_missing": _l("Parts of this photo are still missing. They are sent again."),
    "not_a_picture": _l("The server cannot read this picture. It is still on this phone."),
    "half_a_picture": _l("This picture is cut off. It is still on this phone; take it again."),
    "too_many_pixels": _l("This picture has too many pixels. Take it again in a smaller size."),
    "picture_too_large": _l("This picture is too large. Take it again in a smaller size."),
    "svg_refused": _l("Drawings of this kind are not accepted as evidence. Use JPEG, PNG or WebP."),
    "heic_refused": _l(
        "This phone saves photos as HEIC, which browsers cannot read. "
        "Set the camera to the most compatible format (JPEG)."
    ),
    "part_differs": _l("Another part of this photo is here under this number. The whole decides."),
    "digest_mismatch": _l("These bytes were damaged on the way. They are sent again."),
    "media_unknown": _l("The server does not have this photo."),
    "unsupported_picture": _l("Pictures of this kind are not accepted. Use JPEG, PNG or WebP."),
    "picture_check_timed_out": _l("Checking this picture took too long. It is still on this phone."),
    "picture_check_unavailable": _l("The server cannot check pictures just now. It is sent again later."),
    "storage_unavailable": _l("The server cannot store files just now. Try again later."),
    # work brought in from a file
    "rescue_not_ours": _l("This is not a file with unsent work that Plumbline made."),
    "rescue_passphrase": _l("The passphrase does not open this file. It is the one typed on the phone."),
    "rescue_damaged": _l("This file is damaged. Make it again on the phone, or copy it once more."),
    "rescue_too_large": _l("This file is larger than what a phone writes at once."),
    # sheets
    "sheet_old_format": _l("This is an old or protected Excel file. Save it as XLSX without a password."),
    "sheet_empty": _l("There is nothing in this sheet."),
    "sheet_quote_open": _l("A quotation mark in row %(row)s is never closed."),
    "sheet_cell_too_long": _l("A cell in this row holds too much text."),
    "sheet_row_too_wide": _l("This row has more cells than the heading row has columns."),
    "sheet_check_timed_out": _l("Reading this sheet took too long. Split it and import the parts."),
    "sheet_check_unavailable": _l("The server cannot read sheets just now. Try again later."),
    # mail
    "mail_header_unsafe": _l("An address or a subject must not contain a line break."),
    "mail_not_sent": _l("The mail could not be sent. It is tried again."),
    "mail_refused": _l("The mail server refused this mail."),
}

_HEADLINES: dict[int, LazyString] = {
    400: _l("This did not work"),
    403: _l("Not yours to do"),
    404: _l("This page is not here"),
    409: _l("Changed meanwhile"),
    413: _l("Too large"),
    422: _l("Something is not right yet"),
    429: _l("Wait a moment"),
    500: _l("Something failed"),
    503: _l("Busy for a moment"),
    507: _l("No room"),
}


def sentence(code: str, **params: object) -> str:
    """The sentence of a code in the reader's language."""
    text = SENTENCES.get(code, SENTENCES["bad_request"])
    return str(text) % defaultdict(str, params) if "%(" in str(text) else str(text)


def headline(status: int) -> str:
    return str(_HEADLINES.get(status, _HEADLINES[400]))
