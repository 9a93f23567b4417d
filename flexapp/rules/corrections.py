"""Name corrections (姓名更正): the accepted documents and the states of a correction."""

from __future__ import annotations

import re
from enum import StrEnum

from flexapp.rules.refusal import Refusal
from flexapp.rules.text import normalise


class Document(StrEnum):
    """Documents that a clerk accepts as evidence of a name. The values are stored."""

    IDENTITY_CARD = "identity_card"
    RESIDENCE_PERMIT = "residence_permit"
    HOUSEHOLD_REGISTER = "household_register"
    POLICE_CERTIFICATE = "police_certificate"

    @property
    def label(self) -> str:
        return _DOCUMENTS[self]


_DOCUMENTS = {
    Document.IDENTITY_CARD: "居民身份证",
    Document.RESIDENCE_PERMIT: "居住证或永久居留身份证",
    Document.HOUSEHOLD_REGISTER: "户口簿",
    Document.POLICE_CERTIFICATE: "公安机关的姓名变更证明",
}


HAVE_THE_NUMBER = frozenset({Document.IDENTITY_CARD, Document.RESIDENCE_PERMIT})
"""Documents whose number is the identity number."""


class CorrectionState(StrEnum):
    """States of a correction. WAITING: a second officer has not reviewed it yet."""

    WAITING = "waiting"
    DONE = "done"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        return {"waiting": "待复核", "done": "已更正", "declined": "已退回"}[self.value]


def read_document(kind: str, end: str) -> tuple[Document, str] | tuple[Refusal, ...]:
    """Parse the document kind and the last four characters of its number.

    On error returns all refusals: document_missing, document_end.
    """
    refusals = []
    if kind not in set(Document):
        refusals.append(Refusal("document_missing", "请选择看过的证件。", "document"))
    last = normalise(end).upper()
    if re.fullmatch(r"[0-9A-Z]{4}", last) is None:
        refusals.append(
            Refusal("document_end", "请输入证件号码的最后 4 位数字或字母。", "document_end")
        )
    return tuple(refusals) if refusals else (Document(kind), last)
