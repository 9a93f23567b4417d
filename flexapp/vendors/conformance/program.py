"""The command-line program: arguments, report as text or JSON, exit code."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict

from .bench import Bench
from .cases import CASES, Result, attempt
from .messages import Signer, Stopped, by_command, by_key, by_url, read_key

IN_WORDS = {"passed": "通过", "failed": "不通过", "not_tried": "没有试"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cases and print the report; return the exit code.

    0 if no case failed, 1 if one failed or the run could not continue; wrong arguments exit with 2.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    bench = _bench(parser, given)
    try:
        results = [attempt(case, bench, given.launch_url) for case in CASES]
    except Stopped as stopped:
        error = json.dumps({"passed": False, "error": str(stopped)}, ensure_ascii=False)
        sys.stdout.write(f"{error if given.json else stopped}\n")
        return 1
    passed = all(each.result != "failed" for each in results)
    if given.json:
        found = {"passed": passed, "cases": [asdict(each) for each in results]}
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(results)))
    return 0 if passed else 1


def _lines(results: Sequence[Result]) -> list[str]:
    lines = []
    for each in results:
        lines.append(f"【{IN_WORDS[each.result]}】{each.id}：{each.title}。{each.why}")
        lines.append(f"    应该答复：{each.expected}；实际：{each.got or '没有试'}")
        lines += [f"    → {advice}" for advice in each.advice]
    counts = [
        f"{sum(each.result == name for each in results)} 项{word}"
        for name, word in IN_WORDS.items()
    ]
    return [*lines, f"共 {len(results)} 项：{'，'.join(counts)}。"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="check_launch", description="用您自己的签名程序，逐项试一试进入接口。不会登录任何人。"
    )
    add = parser.add_argument
    add("--launch-url", type=_address, required=True, help="https://…/open/v1/launches")
    add("--channel", required=True, help="您的渠道编码（iss）")
    signers = parser.add_mutually_exclusive_group(required=True)
    signers.add_argument("--signer", help="签名程序：从标准输入读声明（JSON），输出紧凑格式的 JWS")
    signers.add_argument(
        "--signer-url", type=_address, help="签名服务：POST 声明（JSON），答复紧凑格式的 JWS"
    )
    signers.add_argument("--key", help="私钥文件（JWK），由本程序签名")
    add("--public-key", help="登记的公钥文件（JWK）：多查一项，也说得更准")
    add("--kid", default="", help="登记公钥时的 kid")
    add("--name", default="马兰", help="测试人员的姓名；默认是演示环境里的虚构人物")
    add("--id-number", default="640104198503120021", help="测试人员的身份证号")
    add("--phone", default="19900000001", help="测试人员的手机号")
    add("--json", action="store_true", help="输出 JSON")
    return parser


def _address(text: str) -> str:
    if not re.match("https?://.", text):
        raise argparse.ArgumentTypeError("地址要以 https:// 或 http:// 开头")
    return text


def _bench(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Bench:
    private, public, kid = None, None, ""
    try:
        if given.key or given.public_key:
            private, public, kid = read_key(given.key or given.public_key)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        parser.error(f"密钥文件不是 P-256 的 JWK（{fault}）")
    kid = given.kid or kid
    signer: Signer
    if given.signer:
        signer = by_command(given.signer)
    elif given.signer_url:
        signer = by_url(given.signer_url)
    elif private is None or not kid:
        parser.error("--key 的文件里要有私钥（d）和 kid；没有 kid 的，用 --kid 给出")
    else:
        signer = by_key(private, kid)
    person = {"name": given.name, "id_number": given.id_number, "phone": given.phone}
    return Bench(signer, given.channel, person, kid, public)
