"""Two decisions about every table that holds personal data, checked against the models.

What happens to the rows when an account is closed, and whether a column is in the data export. A
new table or column fails these tests until its decision is entered here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Column, Table

from flexapp.db.session import db
from flexapp.portal import data_export
from flexapp.rules.personal_information import HOLDINGS
from tests.support.client import LintingClient
from tests.support.database import rows
from tests.support.walks import DING, MA_LAN, assess, proxy_for, sign_in


class AtClosing(Enum):
    """What closing an account does to the reference in a column."""

    DELETED = "the rows are deleted, except what a clerk has already taken over"
    UNLINKED = "the rows stay without the reference"


INSURANCE = "insurance data of the person, which must be kept by law"

CLOSING: dict[str, AtClosing | str] = {
    "account.person_id": AtClosing.UNLINKED,
    "account.phone_index": AtClosing.UNLINKED,
    "assessed_month.person_id": INSURANCE,
    "assessment.made_by": "says who assessed; the account row stays without number and person",
    "assessment.person_id": INSURANCE,
    "audit_event.person_id": "the audit chain is only appended to",
    "counter_case.person_id": "a clerk's case at a window, deleted by age; not the account's",
    "daily_use.account_id": "closing must not reset the daily limits; deleted by age",
    "dispute.person_id": INSURANCE,
    "dispute.proxy_person_id": "whom the dispute is about; decided after the account is closed",
    "draft.account_id": AtClosing.DELETED,
    "hand_over.person_id": AtClosing.DELETED,
    "name_correction.person_id": INSURANCE,
    "proxy_case.account_id": AtClosing.DELETED,
    "proxy_case.person_id": AtClosing.DELETED,
    "rating.account_id": AtClosing.UNLINKED,
    "registration.person_id": INSURANCE,
    "sign_in.account_id": "network logs are kept by law for six months; the sessions are ended",
    "sms_code.phone_index": "closing must not reset the daily limit; the number itself is erased",
}
"""Every column that refers to an account or a person: what closing does, or why the rows stay."""

WITHOUT_REFERENCE = {
    "audit_words": "belongs to an audit event",
    "batch_row": "belongs to an assessment",
    "launch": "an app's message before anybody has signed in; erased when used, or by age",
    "once_key": "digests only; deleted by age",
    "outbox_message": "belongs to an assessment, by its serial",
    "person": "the person, who stays insured",
    "staff": "staff, not residents",
    "staff_division": "staff, not residents",
    "staff_session": "staff, not residents",
    "tax_event": "belongs to an assessment, by its serial",
    "tax_finding": "belongs to an assessment, by its serial",
    "try_count": "digests only; deleted by age",
}
"""Tables with personal data that refer to neither an account nor a person, with the reason."""

INTERNAL = "internal number; says nothing about the person"
DIGEST = "a digest for look-ups; the value itself is exported"
SHOWN = "shown by whom it was done, as a masked label"
TO_PARENT = "its content is exported with the row it belongs to"

EXPORTED: dict[str, str] = {
    "account.created_at": "开通时间",
    "account.elder": "长辈版",
    "account.phone": "手机号",
    "account.real_name_at": "实名时间",
    "assessment.entered": "填的数",
    "assessment.kind": "费率",
    "assessment.made_at": "核定时间",
    "assessment.made_by_label": "谁办的",
    "assessment.monthly_base": "每月缴费基数",
    "assessment.period_base": "缴费基数",
    "assessment.serial": "核定流水号",
    "assessment.start_month": "年月",
    "assessment.end_month": "年月",
    "assessment.state": "状态",
    "assessment.total": "缴费总额",
    "audit_event.action": "办了什么",
    "audit_event.actor_label": "谁办的",
    "audit_event.at": "时间",
    "audit_event.channel": "从哪里",
    "dispute.assessment_id": "核定流水号",
    "dispute.found": "答复",
    "dispute.opened_at": "反映时间",
    "dispute.opened_label": "谁反映的",
    "dispute.settled_at": "结案时间",
    "dispute.state": "结果",
    "draft.form": "表格",
    "draft.saved_at": "保存时间",
    "hand_over.action": "表格",
    "hand_over.expires_at": "保存到",
    "name_correction.decided_label": "谁办的",
    "name_correction.document": "看过的证件",
    "name_correction.document_end": "看过的证件",
    "name_correction.new_name": "新姓名",
    "name_correction.old_name": "原姓名",
    "name_correction.proposed_at": "提交时间",
    "name_correction.proposed_label": "谁办的",
    "name_correction.reason": "退回原因",
    "name_correction.state": "状态",
    "person.approved_month": "核准的退休年月",
    "person.identity": "身份证号",
    "person.name": "姓名",
    "person.proxy_allowed": "他人代办",
    "rating.answer": "答复",
    "rating.business": "办的什么",
    "rating.created_at": "评价时间",
    "rating.level": "满意程度",
    "rating.sentence": "您写的话",
    "registration.address": "通讯地址",
    "registration.credit_code": "统一社会信用代码",
    "registration.division": "参保地区",
    "registration.ethnic_group": "民族",
    "registration.registered_at": "办理时间",
    "registration.superseded_at": "到什么时候为止",
    "registration.unit_id": "参保单位",
    "registration.work_start": "参加工作时间",
    "sign_in.channel": "渠道",
    "sign_in.seen_at": "最后使用",
    "sign_in.started_at": "登录时间",
}
"""The label under which a column is exported."""

NOT_EXPORTED: dict[str, str] = {
    "account.closed_at": "empty while somebody can sign in with the account",
    "account.id": INTERNAL,
    "account.person_id": INTERNAL,
    "account.phone_index": DIGEST,
    "account.vouched_by": "the app or hall that vouched for the number; in 办理记录",
    "assessed_month.assessment_id": TO_PARENT,
    "assessed_month.month": TO_PARENT,
    "assessed_month.person_id": INTERNAL,
    "assessment.bound": "follows from the entered number and the base",
    "assessment.by_proxy": SHOWN,
    "assessment.channel": "in 办理记录, with the event of the assessment",
    "assessment.claimed": "state of our sender; the person sees it as the state",
    "assessment.disputed_at": "in 不是我办的",
    "assessment.division": "in 参保登记",
    "assessment.held_up": "state of our sender; the person sees it as the state",
    "assessment.id": INTERNAL,
    "assessment.made_by": SHOWN,
    "assessment.made_by_staff": SHOWN,
    "assessment.meaning": "follows from the entered number",
    "assessment.monthly_amount": "the total divided by the months",
    "assessment.months": "follows from the period",
    "assessment.origin": "whether the tax bureau's archive restored it; in 办理记录",
    "assessment.parameters": "published figures; the same for everybody",
    "assessment.person_id": INTERNAL,
    "assessment.state_at": "in 办理记录, with the event of the move",
    "assessment.unit_id": "in 参保登记",
    "audit_event.actor_id": SHOWN,
    "audit_event.actor_kind": SHOWN,
    "audit_event.data": "exported inside the sentence of 办了什么",
    "audit_event.digest": "integrity of the chain",
    "audit_event.person_id": INTERNAL,
    "audit_event.previous": "integrity of the chain",
    "audit_event.rows": "integrity of the chain",
    "audit_event.seq": INTERNAL,
    "audit_event.subject": "exported inside the sentence of 办了什么",
    "audit_event.words": INTERNAL,
    "audit_words.content": "exported inside the sentence of 办了什么",
    "audit_words.ref": INTERNAL,
    "batch_row.assessment_id": TO_PARENT,
    "batch_row.import_id": "the file of the agency, which names nobody",
    "batch_row.number": "the line in the file of the agency",
    "dispute.about_action": "in 办理记录, with the event it is about",
    "dispute.about_seq": INTERNAL,
    "dispute.by_proxy": "says something about another person",
    "dispute.id": INTERNAL,
    "dispute.person_id": INTERNAL,
    "dispute.proxy_person_id": "says something about another person",
    "dispute.settled_label": "the agency answers as an office",
    "dispute.staff_id": "the agency answers as an office",
    "dispute.under_way": "whether the tax bureau had the assessment; in its state",
    "draft.account_id": INTERNAL,
    "draft.content": "exported field by field, under the labels of data_export.FIELDS",
    "hand_over.code_digest": DIGEST,
    "hand_over.content": "exported field by field, under the labels of data_export.FIELDS",
    "hand_over.id": INTERNAL,
    "hand_over.person_id": INTERNAL,
    "hand_over.place": "the form's address; the export names the form",
    "hand_over.taken_by": "in 办理记录, with the event of the clerk",
    "name_correction.decided_at": "in 办理记录, with the event of the decision",
    "name_correction.id": INTERNAL,
    "name_correction.person_id": INTERNAL,
    "name_correction.proposed_by": SHOWN,
    "person.created_at": "when the row was written; in 办理记录 with the first event",
    "person.id": INTERNAL,
    "person.identity_index": DIGEST,
    "person.original_age": "follows from sex and date of birth",
    "rating.account_id": INTERNAL,
    "rating.case_seq": INTERNAL,
    "rating.channel": "in 办理记录, with the event that was rated",
    "rating.division": "in 参保登记",
    "rating.handled_at": "when the office answered; the answer is exported",
    "rating.handled_by": "the agency answers as an office",
    "rating.id": INTERNAL,
    "registration.id": INTERNAL,
    "registration.person_id": INTERNAL,
    "sign_in.account_id": INTERNAL,
    "sign_in.ended_at": "the export shows the last use",
    "sign_in.id": INTERNAL,
    "sign_in.token_digest": "opens nothing, but belongs to a secret",
}
"""Columns of exported tables that are not exported, with the reason."""

REFERENCES = frozenset({"person_id", "account_id", "phone_index"})
"""Columns that refer to a person or an account even without a foreign key."""


def refers(column: Column[object]) -> bool:
    """Whether a column says whose row it is."""
    return column.name in REFERENCES or any(
        key.column.table.name in ("person", "account") for key in column.foreign_keys
    )


def references(tables: Iterator[Table]) -> set[str]:
    """The columns (`table.column`) that refer to an account or a person."""
    return {
        f"{table.name}.{column.name}" for table in tables for column in table.c if refers(column)
    }


def labels(source: str) -> set[str]:
    """Every text that stands first in a pair in the source of the export."""
    return {
        node.elts[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Tuple)
        and len(node.elts) == 2
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[0].value, str)
    }


def test_every_reference_to_an_account_or_a_person_is_decided_for_closing(app: Flask) -> None:
    assert references(iter(db.metadata.tables.values())) == set(CLOSING)


def test_every_table_with_personal_data_is_decided_for_closing(app: Flask) -> None:
    held = {table for holding in HOLDINGS for table in holding.tables}
    decided = {column.partition(".")[0] for column in CLOSING}
    assert held - decided == set(WITHOUT_REFERENCE)
    assert all(WITHOUT_REFERENCE.values())


def test_closing_does_to_every_reference_what_is_decided(client: LintingClient, app: Flask) -> None:
    sign_in(client, MA_LAN.phone)
    ((account, person, index),) = rows(
        app,
        "SELECT account.id, person_id, phone_index FROM account"
        " WHERE account.id = (SELECT account_id FROM sign_in ORDER BY id DESC LIMIT 1)",
    )
    own = {"person_id": person, "phone_index": index}

    def referring(name: str) -> int:
        table, _, column = name.partition(".")
        value = own.get(column, account)
        ((count,),) = rows(app, f"SELECT count(*) FROM {table} WHERE {column} = ?", value)
        assert isinstance(count, int)
        return count

    record = client.page(f"/assessment/records/{assess(client, '2026-01', '2026-01')}")
    client.submit(client.page(record.links()["评价"]), "提交评价", level="4", sentence="好")
    proxy_for(client, DING)
    client.submit(client.page("/registration"), "到窗口继续办理", address="没交的新地址五号")
    client.submit(client.page("/assessment/self/new"), "核定", 422, base="59")
    decided = {name for name, what in CLOSING.items() if isinstance(what, AtClosing)}
    # Whom a proxy acts for is another person: counted through the account of the same row.
    counted = decided - {"proxy_case.person_id"}
    assert {name for name in counted if referring(name) == 0} == set()
    client.submit(client.page("/me/close-account"), "确认注销")
    assert {name for name in counted if referring(name) > 0} == set()
    assert rows(app, "SELECT account_id FROM rating") == [(None,)]
    kept = {"assessment.made_by", "assessed_month.person_id", "sign_in.account_id"}
    assert {name for name in kept if referring(name) == 0} == set()


def test_every_column_of_an_exported_table_is_exported_or_left_out_for_a_reason(app: Flask) -> None:
    columns = {
        f"{name}.{column.name}"
        for holding in HOLDINGS
        if holding.section
        for name in holding.tables
        for column in db.metadata.tables[name].c
    }
    assert set(EXPORTED) & set(NOT_EXPORTED) == set()
    assert set(EXPORTED) | set(NOT_EXPORTED) == columns
    assert all(NOT_EXPORTED.values())


def test_every_label_that_is_named_here_stands_in_the_export() -> None:
    source = Path(data_export.__file__).read_text(encoding="utf-8")
    assert set(EXPORTED.values()) - labels(source) == set()


@pytest.mark.parametrize(
    ("name", "expected"), [("person_id", True), ("phone_index", True), ("serial", False)]
)
def test_a_reference_is_noticed_without_a_foreign_key(name: str, expected: bool) -> None:
    assert refers(Column(name)) is expected
