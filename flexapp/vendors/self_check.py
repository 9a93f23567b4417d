"""Findings of the webview self-check: their encoding in twelve characters, and their explanation.

Pure: the views collect the findings, a vendor sends the code, and `flask channels self-check`
explains it. It contains no personal data.
"""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from enum import StrEnum

from flexapp.channels.user_agents import LONGEST, Platform, platform

# Crockford's base 32: without letters that are easily mistaken for digits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_LETTERS = 12
_VERSION = 1
_CHECK = 10

_SIZES = (2, 2, 2, 2, 2, 2, 2, 2, 2, 6, 10, 2, 2, 8)
"""Number of bits of each field of `Findings`, in order.

With 4 bits for the version and 10 for the check they make 60.
"""

GOOD, BAD, OTHER = 1, 2, 3
"""Values of most findings; 0 is "not checked". The meaning of OTHER is given at each field."""

OLDEST_CHROMIUM, OLDEST_IOS = 69, 12
NARROWEST, WIDEST_PHONE, NO_VIEWPORT, WIDEST = 320, 600, 900, 1023
LETTER = 16
MAX_LETTER = 32


@dataclass(frozen=True, slots=True)
class Findings:
    """The results of all checks.

    `letters`: rendered size of 1rem in pixels. `width`: viewport width in pixels. `inset`: safe
    area, 1 bottom, 2 top, 3 both. `engine`: major version.
    """

    https: int = 0
    cookie: int = 0  # OTHER: kept, but lost in a redirect
    post: int = 0
    origin: int = 0  # BAD: none, OTHER: null; that of another site is refused before this check
    referrer: int = 0  # BAD: none, OTHER: of another site
    back: int = 0  # BAD: the page came from a cache, OTHER: "back" did not return to it
    script: int = 0
    local_storage: int = 0
    session_storage: int = 0
    letters: int = 0
    width: int = 0
    inset: int = 0
    system: int = 0  # 1 Android, 2 iOS, 3 HarmonyOS
    engine: int = 0


class Verdict(StrEnum):
    """The verdict that a vendor reads beside each finding."""

    GOOD = "通过"
    BAD = "不通过"
    INFO = "仅供参考"
    NOT_TRIED = "没有检查"


@dataclass(frozen=True, slots=True)
class Line:
    """One check. `todo`: what to change in the webview, "" if nothing."""

    name: str
    verdict: Verdict
    found: str
    todo: str = ""


def encode(findings: Findings) -> str:
    """Encode the findings as `XXXX-XXXX-XXXX`; values too large for their field are clamped."""
    number = _VERSION
    for size, value in zip(_SIZES, astuple(findings), strict=True):
        number = number << size | max(0, min(value, 2**size - 1))
    number = number << _CHECK | _check(number)
    letters = "".join(_ALPHABET[number >> 5 * n & 31] for n in reversed(range(_LETTERS)))
    return "-".join(letters[n : n + 4] for n in range(0, _LETTERS, 4))


def decode(code: str) -> Findings | None:
    """Decode a code in any spacing and case; None if a character is wrong or missing."""
    letters = re.sub(r"[\s-]", "", code[:64]).upper().translate(_MISREAD)
    if len(letters) != _LETTERS or any(letter not in _ALPHABET for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    number, check = number >> _CHECK, number & (2**_CHECK - 1)
    if check != _check(number):
        return None
    values = []
    for size in reversed(_SIZES):
        values.append(number & (2**size - 1))
        number >>= size
    return Findings(*reversed(values)) if number == _VERSION else None


def _check(number: int) -> int:
    # The largest prime below 2**10, so that one wrong letter or two swapped ones are always
    # detected.
    return number % 1021


def browser_of(user_agent: str) -> tuple[int, int]:
    """Return (system, major version of its engine) of a user agent; 0 for what it does not say."""
    systems = {Platform.ANDROID: 1, Platform.IOS: 2, Platform.HARMONY: 3}
    found = platform(user_agent)
    system = 0 if found is None else systems[found]
    pattern = r"\bOS (\d{1,3})_" if found is Platform.IOS else r"\bChrom(?:e|ium)/(\d{1,3})\b"
    version = re.search(pattern, user_agent[:LONGEST])
    return system, int(version[1]) if version else 0


def explain(findings: Findings) -> tuple[Line, ...]:
    """Return one line per check, in display order."""
    return (
        _cookie(findings.cookie),
        _post(findings.post),
        _back(findings.back),
        _https(findings.https),
        _letters(findings.letters),
        _width(findings),
        _browser(findings),
        _script(findings.script),
        _origin(findings.origin),
        _referrer(findings.referrer),
        _storage("localStorage", findings.local_storage),
        _storage("sessionStorage", findings.session_storage),
        _inset(findings),
    )


def _cookie(value: int) -> Line:
    name = "Cookie 和跳转"
    todo = (
        "打开 webview 的 Cookie：Android 用 CookieManager.setAcceptCookie(true)，"
        "iOS 的 WKWebView 用默认的 WKWebsiteDataStore。"
        "页面要直接打开，不要放在别的网站的框架里，也不要逐页清 Cookie。"
    )
    if value == GOOD:
        return Line(name, Verdict.GOOD, "存得住，跳转以后还在。")
    if value == BAD:
        return Line(name, Verdict.BAD, "没有存住。居民点“继续”以后进不去。", todo)
    if value == OTHER:
        return Line(name, Verdict.BAD, "第一页存住了，跳转以后丢了。", todo)
    return Line(name, Verdict.NOT_TRIED, "还没有检查到这一步。")


def _post(value: int) -> Line:
    name = "表单提交"
    if value == GOOD:
        return Line(name, Verdict.GOOD, "POST 的内容完整，汉字没有变。")
    if value == BAD:
        return Line(
            name,
            Verdict.BAD,
            "提交的内容少了或者变了。",
            "webview 拦截请求（shouldInterceptRequest、URLProtocol）时要原样转发 POST 的正文。",
        )
    return Line(name, Verdict.NOT_TRIED, "还没有检查到这一步。")


def _back(value: int) -> Line:
    name = "返回"
    if value == GOOD:
        return Line(name, Verdict.GOOD, "退回到上一页，并且重新取了内容。")
    if value == BAD:
        return Line(
            name,
            Verdict.BAD,
            "退回去看到的是缓存里的旧页面。",
            "缓存用默认的方式（Android 的 LOAD_DEFAULT），不要先读缓存。",
        )
    if value == OTHER:
        return Line(
            name,
            Verdict.BAD,
            "没有退回到上一页。",
            "返回键先退网页：canGoBack() 时调用 goBack()，到头了才关闭 webview。",
        )
    return Line(name, Verdict.NOT_TRIED, "要先解决上面的问题。")


def _https(value: int) -> Line:
    if value == GOOD:
        return Line("HTTPS", Verdict.GOOD, "用 https 打开。")
    if value == BAD:
        return Line(
            "HTTPS",
            Verdict.INFO,
            "这次用 http 打开。",
            "演示环境可以；正式环境一律用 https 的地址。",
        )
    return Line("HTTPS", Verdict.NOT_TRIED, "没有看出来。")


def _letters(pixels: int) -> Line:
    name = "字号"
    if pixels == 0:
        return Line(name, Verdict.NOT_TRIED, "要打开 JavaScript 才能量。")
    found = f"正文一个字 {pixels} 像素，是标准的 {pixels * 100 // LETTER}%。"
    if pixels < LETTER - 1:
        return Line(name, Verdict.BAD, found, "字被缩小了：Android 的 textZoom 不要小于 100。")
    if pixels > MAX_LETTER:
        return Line(name, Verdict.BAD, found, "字太大：textZoom 最多 200，跟随系统字号即可。")
    verdict = Verdict.GOOD if pixels <= LETTER + 1 else Verdict.INFO
    return Line(name, verdict, found)


def _width(findings: Findings) -> Line:
    name, width = "页面宽度", findings.width
    if width == 0:
        return Line(name, Verdict.NOT_TRIED, "要打开 JavaScript 才能量。")
    found = f"{width} 像素{'以上' if width == WIDEST else ''}。"
    if width < NARROWEST:
        return Line(name, Verdict.BAD, found, "太窄：页面按 320 像素以上设计，webview 要占满屏幕。")
    if findings.system and width >= NO_VIEWPORT:
        return Line(
            name,
            Verdict.BAD,
            found,
            "viewport 没有起作用，字会很小：Android 要 setUseWideViewPort(true)。",
        )
    return Line(name, Verdict.GOOD if width <= WIDEST_PHONE else Verdict.INFO, found)


def _browser(findings: Findings) -> Line:
    name = "系统和内核"
    system = ("电脑或其他", "Android", "iOS", "HarmonyOS")[findings.system]
    if findings.engine == 0:
        return Line(name, Verdict.INFO, f"{system}，看不出版本。")
    is_ios = findings.system == 2
    oldest = OLDEST_IOS if is_ios else OLDEST_CHROMIUM
    found = system + ("" if is_ios else "，Chromium") + f" {findings.engine}。"
    if findings.engine < oldest:
        todo = f"太旧：页面支持 Chromium {OLDEST_CHROMIUM} 和 iOS {OLDEST_IOS} 以上。"
        return Line(name, Verdict.BAD, found, todo)
    return Line(name, Verdict.GOOD, found)


def _script(value: int) -> Line:
    if value == GOOD:
        return Line("JavaScript", Verdict.GOOD, "打开。")
    if value == BAD:
        todo = "页面照样能办，但是少了边填边算；Android 用 setJavaScriptEnabled(true) 打开。"
        return Line("JavaScript", Verdict.INFO, "关闭，或者我们的脚本没有装上。", todo)
    return Line("JavaScript", Verdict.NOT_TRIED, "还没有检查到这一步。")


def _origin(value: int) -> Line:
    found = ("还没有检查到这一步。", "是我们的地址。", "没有带，可以。", "是 null，可以。")[value]
    return Line("Origin 头", Verdict.INFO if value else Verdict.NOT_TRIED, found)


def _referrer(value: int) -> Line:
    found = ("还没有检查到这一步。", "是我们的地址。", "没有带，可以。", "是别的地址，可以。")[
        value
    ]
    return Line("Referer 头", Verdict.INFO if value else Verdict.NOT_TRIED, found)


def _storage(name: str, value: int) -> Line:
    found = (
        "要打开 JavaScript 才知道。",
        "能用，我们不用它。",
        "不能用，没有关系。",
        "看不出来。",
    )[value]
    return Line(name, Verdict.INFO if value in (GOOD, BAD) else Verdict.NOT_TRIED, found)


def _inset(findings: Findings) -> Line:
    if findings.script != GOOD:
        return Line("安全区", Verdict.NOT_TRIED, "要打开 JavaScript 才能量。")
    found = ("没有留边。", "下边要留。", "上边要留。", "上下都要留。")[findings.inset]
    todo = "标题栏由 App 画的时候，webview 从标题栏下面开始。" if findings.inset >= 2 else ""
    return Line("安全区", Verdict.INFO, found, todo)
