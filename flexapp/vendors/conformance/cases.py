"""The test cases, and the evaluation of one: expected answer, actual answer, advice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .bench import Bench, NotTried, no_such_day, shifted
from .messages import SigningRefused, fetch
from .reading import clock_faults, link_faults, looked_at


@dataclass(frozen=True)
class Case:
    """A test case: what is tested and why, in plain words, and the expected answer."""

    id: str
    title: str
    why: str
    status: int
    reason: str
    make: Callable[[Bench], str]


# Keep the layout of the table.
# fmt: off
CASES: tuple[Case, ...] = tuple(
    Case(*row)
    for row in (
        ("valid", "正确的消息", "收下，给出一个 60 秒内能打开一次的链接。", 201, "", Bench.signed),
        ("again", "同一个人再来一次", "每条消息都要重新签名，jti 每次都不同。", 201, "", Bench.ask),
        ("replayed", "原样重发", "截到旧消息的人不能再用一次。", 409, "replayed",
         Bench.replayed),
        ("expired", "已经过期", "exp 过了就没有用了。", 401, "expired", shifted(-300)),
        ("future", "签发时间在将来", "双方时钟最多差 30 秒。", 401, "not_yet", shifted(300)),
        ("too_long", "有效期太长", "exp 最多比 iat 晚 120 秒。", 401, "too_long", shifted(0, 600)),
        ("ends_first", "过期在签发之前", "exp 要比 iat 晚。", 401, "ends_first", shifted(0, -10)),
        ("not_before", "还没有生效", "nbf 可以不写，写了就要算数。", 401, "not_yet",
         lambda bench: bench.ask(nbf=int(time.time()) + 300)),
        ("audience", "写给别人的", "给别的系统的消息不能拿来登录这里。", 401, "wrong_audience",
         lambda bench: bench.ask(aud="somebody-else")),
        ("tampered", "内容被改过", "签名之后换了人，签名就不成立。", 401, "bad_signature",
         Bench.tampered),
        ("alg_none", "不签名", "alg 写成 none 也不行。", 401, "algorithm",
         lambda bench: bench.forged("none", lambda _: b"")),
        ("hs256", "用公钥当口令", "公钥人人都有，不能用它来签。", 401, "algorithm",
         Bench.by_public_key),
        ("other_key", "别人的密钥，您的 kid", "只认登记的公钥。", 401, "bad_signature",
         Bench.strange),
        ("unknown_kid", "没有登记的 kid", "换密钥要先登记新公钥。", 401, "unknown_key",
         lambda bench: bench.strange(kid="never-registered")),
        ("missing", "缺手机号", "姓名、身份证号、手机号缺一不可。", 422, "invalid_claims",
         lambda bench: bench.ask(phone=None)),
        ("bad_id", "身份证号不对", "没有 13 月 32 日出生的人。", 422, "invalid_claims",
         no_such_day),
        ("oversize", "正文太长", "正文不能超过 8 KB。", 413, "too_large", Bench.oversize),
    )
)
# fmt: on


@dataclass(frozen=True)
class Result:
    """Result of a case. `result`: passed, failed or not_tried. `advice`: what to change, or why
    not.

    The field names are read by programs: none changes its meaning.
    """

    id: str
    title: str
    why: str
    expected: str
    got: str
    result: str
    advice: tuple[str, ...]


def attempt(case: Case, bench: Bench, url: str) -> Result:
    """Run one case. The first valid message that is accepted is kept in `bench` for the others."""
    bench.asked = None
    expected = f"{case.status} {case.reason}".strip()

    def result(got: str, verdict: str, *advice: str) -> Result:
        return Result(case.id, case.title, case.why, expected, got, verdict, advice)

    try:
        message = case.make(bench)
    except SigningRefused as refusal:
        if case.status == 201:
            return result("", "failed", f"您的签名程序拒绝签这条正确的消息：{refusal}。")
        return result("", "not_tried", f"您的签名程序拒绝签这样的消息（{refusal}），这样很好。")
    except NotTried as because:
        return result("", "not_tried", str(because))
    answer = fetch("POST", url, message.encode(), "application/jose")
    problem = _json(answer)
    reason, detail = problem.get("reason", ""), problem.get("detail", "")
    got = f"{answer.status_code} {reason} {detail}".strip()
    as_expected = (answer.status_code, reason) == (case.status, case.reason)
    if as_expected and case.status != 201:
        return result(got, "passed")
    if answer.status_code == 201 != case.status:
        return result(got, "failed", "接口收下了不该收的消息，请把这份结果发给我们。")
    # A message forged by the case itself is not a fault of the vendor.
    faults = [] if bench.asked is None else looked_at(message, bench)
    if as_expected:
        faults += link_faults(problem, bench.person)
        if not faults:
            bench.first = bench.first or message
            return result(got, "passed")
    if reason == "not_confirmed":
        faults.append("请用 --name、--id-number、--phone 给出和我们约定的测试人员。")
    faults += clock_faults(answer)
    return result(got, "failed", *(faults or ["请按上面应答里的说明修改。"]))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
