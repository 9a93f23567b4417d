"""The register of personal information: content, purpose, legal ground, retention and access.

The page 个人信息, the data export and the nightly deletion use it. A test compares it with the
tables of the database: a new table must be added to `HOLDINGS`, or to `ABOUT_NOBODY` when it holds
nothing about people. The legal grounds are our interpretation; each deployment must have them
confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

DAY = timedelta(days=1)

DUTY = "履行法定职责（个人信息保护法第十三条、第三十四条；社会保险法第七十四条）"
LOGS = "网络安全法：网络日志留存不少于六个月"
SAFETY = "防止冒用和骚扰（个人信息保护法第五十一条）"
ASKED_FOR = "您自己要求的服务（个人信息保护法第十三条）"

FOR_GOOD = "长期保存：社会保险业务档案，不能删除"

DRAFT_LIFE = timedelta(days=30)
LOG_LIFE = timedelta(days=200)
"""Longer than any six months, whatever the length of the months."""
CODE_LIFE = timedelta(days=2)
"""Long enough to investigate why a code did not arrive."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows of `table` are deleted once the time in `column` is longer ago than `kept`."""

    table: str
    column: str
    kept: timedelta


@dataclass(frozen=True, slots=True)
class Holding:
    """One category of personal information. The texts are displayed on the page 个人信息.

    `section`: its name in the data export. Empty when it is not exported; `left_out` then states
    the reason.
    """

    name: str
    tables: tuple[str, ...]
    what: str
    why: str
    ground: str
    kept: str
    seen_by: str
    section: str = ""
    left_out: str = ""
    expiries: tuple[Expiry, ...] = ()


def _days(kept: timedelta) -> str:
    return f"{kept.days} 天"


HOLDINGS: tuple[Holding, ...] = (
    Holding(
        name="身份",
        tables=("person",),
        what="姓名、身份证号（由它得出性别和出生日期）、是否允许他人代办、核准的退休年月",
        why="知道是谁参保、谁缴费，同一个人只有一份",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="本人；为您办事的窗口人员；查询操作记录的审计员；实名认证时由人口信息系统核对",
        section="身份",
    ),
    Holding(
        name="姓名更正",
        tables=("name_correction",),
        what="更正前后的姓名（加密保存）、看过什么证件和它的尾号、谁提交、谁复核",
        why="姓名写错了能更正，更正前的凭证还能验证",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="本人；参保地区的大厅经办员；经办机构",
        section="姓名更正",
    ),
    Holding(
        name="账号",
        tables=("account",),
        what="手机号、实名时间、是否用长辈版",
        why="登录，确认是本人",
        ground=ASKED_FOR,
        kept="到您注销账号为止",
        seen_by="本人；别人只看到打了星号的手机号；发验证码的短信公司",
        section="账号",
    ),
    Holding(
        name="参保登记",
        tables=("registration",),
        what="参保地区、民族、通讯地址、统一社会信用代码、参加工作时间，以及每次变更前的内容",
        why="办理和变更参保登记",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="本人；参保地区的窗口人员；经办机构",
        section="参保登记",
    ),
    Holding(
        name="缴费核定",
        tables=("assessment", "assessed_month", "batch_row"),
        what="起止年月、缴费基数、缴费总额、状态、谁在哪里办的",
        why="核定缴费，日后能说清每一笔怎么算的",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="本人；代办人只看到自己办的那一笔；窗口人员；传输以后税务部门（含姓名、身份证号）",
        section="缴费核定",
    ),
    Holding(
        name="与税务的往来",
        tables=("outbox_message", "tax_event", "tax_finding"),
        what="传给税务的核定原文（加密保存）和税务的答复",
        why="证明传了什么、税务答了什么，两边的账对得上",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="经办机构和税务部门",
        left_out="内容就是您的核定，结果已写在“缴费核定”和“办理记录”里",
    ),
    Holding(
        name="办理记录",
        tables=("audit_event", "audit_words"),
        what="谁、什么时候、从哪里办了什么；记录里没有身份证号和完整的手机号，您写的撤销原因加密保存",
        why="出了差错能查清，改动能发现",
        ground=DUTY,
        kept="长期保存：只能增加，不能改也不能删",
        seen_by="本人（消息）；经办机构的管理员和审计员，查询本身也留下记录",
        section="办理记录",
    ),
    Holding(
        name="不是我办的",
        tables=("dispute",),
        what="您反映了哪一条、什么时候，代办人是谁，核实的结果和经办机构的答复（答复加密保存）",
        why="核实不是本人办的业务，核实前不传输",
        ground=DUTY,
        kept=FOR_GOOD,
        seen_by="本人；参保地区的大厅经办员和经办机构；代办人只知道结果",
        section="不是我办的",
    ),
    Holding(
        name="登录",
        tables=("sign_in",),
        what="每次登录的时间和渠道（哪个 App 或浏览器）",
        why="您能看到有没有别人用过您的账号，也能随时退出",
        ground=LOGS,
        kept=_days(LOG_LIFE),
        seen_by="本人",
        section="登录",
        expiries=(Expiry("sign_in", "seen_at", LOG_LIFE),),
    ),
    Holding(
        name="短信验证码",
        tables=("sms_code",),
        what="发到哪个手机号、什么时候；验证码本身不保存，只留核对用的摘要",
        why="登录，查清验证码有没有发出",
        ground=SAFETY,
        kept=_days(CODE_LIFE),
        seen_by="没有人看",
        left_out="两天内就删除，内容只有您自己的手机号",
        expiries=(Expiry("sms_code", "sent_at", CODE_LIFE),),
    ),
    Holding(
        name="没填完的内容",
        tables=("draft",),
        what="登记和核定表格里填了还没提交的内容（加密保存）",
        why="断网或换手机以后接着填",
        ground=ASKED_FOR,
        kept=f"提交或清除为止，最长 {_days(DRAFT_LIFE)}",
        seen_by="本人",
        section="没填完的内容",
        expiries=(Expiry("draft", "saved_at", DRAFT_LIFE),),
    ),
    Holding(
        name="办理码",
        tables=("hand_over",),
        what="拿到窗口（或从窗口拿回手机）接着办的表格内容",
        why="手机和窗口接着办",
        ground=ASKED_FOR,
        kept="24 小时后失效，最迟当晚删除",
        seen_by="本人；您报出办理码的那位窗口人员",
        section="办理码",
        expiries=(Expiry("hand_over", "expires_at", timedelta(0)),),
    ),
    Holding(
        name="评价",
        tables=("rating",),
        what="满意程度、您写的话、经办机构的答复",
        why="改进服务",
        ground=ASKED_FOR,
        kept="长期保存；注销账号后不再和账号相连",
        seen_by="本人；工作人员只看到评价，看不到是谁写的",
        section="评价",
    ),
    Holding(
        name="代他人核定",
        tables=("proxy_case",),
        what="哪个账号当天在为谁代办",
        why="一天之内不用重复输入对方的身份证号",
        ground=ASKED_FOR,
        kept=_days(2 * DAY),
        seen_by="没有人看；被代办的人在消息里知道",
        left_out="说的是另一个人；代办的结果在“替别人办的核定”里",
        expiries=(Expiry("proxy_case", "opened_at", 2 * DAY),),
    ),
    Holding(
        name="次数限制",
        tables=("daily_use", "try_count"),
        what="一天里核验、代办、获取验证码、输错了几次，从哪个网络地址来的；"
        "手机号、姓名、身份证号和网络地址只以摘要保存",
        why="防止有人试探别人的身份证号和办理码，或者乱发验证码",
        ground=SAFETY,
        kept=f"核验和代办 {_days(2 * DAY)}；其余最长一天后失效，最迟第二天晚上删除",
        seen_by="没有人看",
        left_out="只有次数和摘要，看不出内容",
        expiries=(
            Expiry("daily_use", "day", 2 * DAY),
            Expiry("try_count", "until", timedelta(0)),
        ),
    ),
    Holding(
        name="防止重复提交",
        tables=("once_key",),
        what="每次提交的随机号的摘要，以及提交后到了哪一页",
        why="按两次按钮也只办一次",
        ground=DUTY,
        kept=_days(7 * DAY),
        seen_by="没有人看",
        left_out="只有摘要，看不出是谁",
        expiries=(Expiry("once_key", "at", 7 * DAY),),
    ),
    Holding(
        name="从 App 进入",
        tables=("launch",),
        what="App 告诉我们的姓名、身份证号、手机号（加密保存）",
        why="从 App 进来不用再登录",
        ground=ASKED_FOR,
        kept="用过就抹去姓名、身份证号和手机号；没用的一分钟后失效，最迟当晚抹去",
        seen_by="没有人看",
        left_out="进来以后就抹去了",
        expiries=(Expiry("launch", "expires_at", DAY),),
    ),
    Holding(
        name="窗口办理",
        tables=("counter_case",),
        what="哪位窗口人员正在为谁办理",
        why="窗口人员按身份证号打开您的信息后，才能为您办理",
        ground=DUTY,
        kept=_days(2 * DAY),
        seen_by="那位窗口人员；您在消息里知道",
        left_out="每次打开都写在“办理记录”里",
        expiries=(Expiry("counter_case", "opened_at", 2 * DAY),),
    ),
    Holding(
        name="工作人员",
        tables=("staff", "staff_division", "staff_session"),
        what="窗口人员和管理员的姓名、用户名、密码摘要、登录时间",
        why="知道是谁办的，按岗位限制能做什么",
        ground=DUTY,
        kept=f"账号不删除，停用；登录 {_days(LOG_LIFE)}",
        seen_by="经办机构",
        left_out="是工作人员的信息，不是您的",
        expiries=(Expiry("staff_session", "seen_at", LOG_LIFE),),
    ),
)

ABOUT_NOBODY: dict[str, str] = {
    "announcement": "texts for everybody; who of the staff posted them, in office",
    "audit_anchor": "the sealed end of the record",
    "batch_import": "files of old assessments, by their digests, and who of the staff gave them",
    "batch_refusal": "why a line of such a file was refused; nothing of the line",
    "channel": "apps",
    "channel_key": "public keys of vendors",
    "channel_switch": "apps switched on and off, and who did it, in office",
    "channel_webview": "how apps show the pages",
    "declaration_year": "years that are open",
    "former_unit": "units, which are places",
    "pilot_place": "areas and channels that are open",
    "publication": "published figures, and who of the staff proposed and confirmed them, in office",
    "reference_revision": "a random token: whether figures, years, areas or apps have changed",
    "sandbox_channel": "channels made to try things with fictional people",
    "seen_message": "that a signed message of another system was taken already",
    "serial_counter": "numbers given out on a day",
    "tax_link": "how we stand with the tax bureau",
    "virtual_unit": "units, which are places",
}
"""Tables without information about residents, with their content."""


def expiries() -> tuple[Expiry, ...]:
    """The deletion rules of all categories."""
    return tuple(expiry for holding in HOLDINGS for expiry in holding.expiries)
