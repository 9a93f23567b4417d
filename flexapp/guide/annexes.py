"""The illustrated steps (annexes 1 to 3 of the notice).

The guide pages and the browser tests use the same definitions. `tests/journeys/test_walkthrough.py`
performs each step in a browser and finds its marks on the page; `python -m tools.guide` takes the
pictures the same way. A step whose page or button no longer exists therefore fails the tests.
"""

from __future__ import annotations

from flexapp.guide.model import (
    Annex,
    Part,
    Step,
    buttons,
    choices,
    fields,
    links,
    texts,
)

HOME, AFFAIRS = "首页", "社保办事"
REGISTRATION, ASSESSMENT = "灵活就业人员养老保险登记", "灵活就业人员养老保险缴费核定"
CHANNELS = "2019 年宁夏灵活就业人员养老保险指尖办核定渠道"

_REGISTRATION = Annex(
    number=1,
    code="registration",
    name="登记",
    about="没参保过的登记一次；换了参保地区、地址的，再登记一次",
    parts=(
        Part(
            "first",
            "第一次登记",
            "从首页开始，大约两分钟。",
            (
                Step("registration-home", HOME, links("社保专题"), "打开首页，点“社保专题”。"),
                Step("registration-affairs", "社保专题", links("社保办事"), "点“社保办事”。"),
                Step(
                    "registration-entry",
                    AFFAIRS,
                    links("登记"),
                    "在“灵活就业核定缴费”下面，点“登记”。",
                    height=240,
                ),
                Step(
                    "registration-phone",
                    "登录",
                    (*fields("手机号"), *buttons("获取验证码")),
                    "还没登录的，先登录：填本人的“手机号”，点“获取验证码”。",
                ),
                Step(
                    "registration-code",
                    "登录",
                    (*fields("验证码"), *buttons("登录")),
                    "收到短信后，把 6 位数字填进“验证码”，点“登录”。验证码不要告诉别人。",
                ),
                Step(
                    "registration-real-name",
                    "实名认证",
                    (*fields("姓名", "身份证号"), *buttons("确认")),
                    "第一次用的，填本人的“姓名”和“身份证号”，点“确认”。只填这一次。",
                ),
                Step(
                    "registration-division",
                    REGISTRATION,
                    fields("参保地区", "民族"),
                    "选“参保地区”（在哪个市、县、区参保）和“民族”。"
                    "性别、出生日期已按身份证号填好。",
                ),
                Step(
                    "registration-submit",
                    REGISTRATION,
                    (*fields("通讯地址"), *buttons("提交")),
                    "填“通讯地址”，能联系到您就行，再点“提交”。",
                ),
                Step(
                    "registration-done",
                    "提交成功",
                    (*texts("登记已办好"), *links("去核定缴费")),
                    "看到“登记已办好”，就办成了。接着缴费，点“去核定缴费”。",
                ),
            ),
        ),
        Part(
            "change",
            "换地区、改地址",
            "已经参保的也点“登记”，办的就是变更。",
            (
                Step(
                    "registration-change",
                    REGISTRATION,
                    (*fields("参保地区"), *buttons("提交")),
                    "只改要改的，比如“参保地区”，没改的都不变。改好点“提交”。",
                ),
                Step(
                    "registration-review",
                    REGISTRATION,
                    (*texts("请核对要变更的内容"), *buttons("提交")),
                    "页面上写着“请核对要变更的内容”：原来是什么，改成什么。对了，再点一次“提交”。",
                ),
            ),
        ),
    ),
)

_ASSESSMENT = Annex(
    number=2,
    code="assessment",
    name="核定",
    about="选月份、填基数、传给税务；填错了怎么撤销；给父母办",
    parts=(
        Part(
            "own",
            "给自己核定，传给税务",
            "登记好了才能核定。还没登录的，页面会先请您登录。",
            (
                Step(
                    "assessment-entry",
                    AFFAIRS,
                    links("核定"),
                    "在“社保办事”里，点“核定”。",
                    height=240,
                ),
                Step(
                    "assessment-who",
                    ASSESSMENT,
                    (*choices("本人缴费核定"), *buttons("提交")),
                    "选“本人缴费核定”，点“提交”。",
                ),
                Step(
                    "assessment-months",
                    ASSESSMENT,
                    fields("缴费开始年月", "缴费结束年月"),
                    "在上面点月份，先点开始，再点结束；或者选“缴费开始年月”和“缴费结束年月”。"
                    "只列出能核定的月份。",
                ),
                Step(
                    "assessment-base",
                    ASSESSMENT,
                    fields("缴费基数"),
                    "填“缴费基数”：60 到 300 是百分之几，大于 300 是一个月的收入。"
                    "点一下常用的也行。下面马上算出一共要缴多少。",
                ),
                Step(
                    "assessment-submit",
                    ASSESSMENT,
                    (*texts("缴费总额"), *buttons("核定")),
                    "再看一眼月份和“缴费总额”。对了，点“核定”。",
                ),
                Step(
                    "assessment-transmit",
                    ASSESSMENT,
                    (*texts("已核定"), *buttons("传输")),
                    "记录上写着“已核定”。点“传输”，传给税务。",
                ),
                Step(
                    "assessment-transmitted",
                    ASSESSMENT,
                    texts("已传输"),
                    "变成“已传输”，就可以到税务渠道缴费了。",
                ),
            ),
        ),
        Part(
            "revoke",
            "填错了，还没传输",
            "没传输的，自己就能撤销。",
            (
                Step(
                    "assessment-revoke",
                    ASSESSMENT,
                    buttons("撤销"),
                    "在填错的那条记录上，点“撤销”。",
                ),
                Step(
                    "assessment-confirm", ASSESSMENT, buttons("确认"), "看清是哪几个月，点“确认”。"
                ),
                Step(
                    "assessment-add",
                    ASSESSMENT,
                    (*texts("已撤销"), *links("新增")),
                    "记录变成“已撤销”，月份空出来了。点右上角“新增”，重新核定。"
                    "还有别的月份要核定，也是点它。",
                ),
            ),
        ),
        Part(
            "ask",
            "填错了，已经传输",
            "已传输、还没缴费的，要先请税务撤销。",
            (
                Step("assessment-ask", ASSESSMENT, buttons("申请税务撤销"), "点“申请税务撤销”。"),
                Step(
                    "assessment-reason",
                    ASSESSMENT,
                    (*fields("撤销原因"), *buttons("确认")),
                    "写上“撤销原因”，点“确认”，等税务答复。",
                ),
                Step(
                    "assessment-agreed",
                    ASSESSMENT,
                    (*texts("税务已撤销"), *buttons("撤销")),
                    "税务同意后，记录变成“税务已撤销”。点“撤销”，就可以重新核定。",
                ),
            ),
        ),
        Part(
            "proxy",
            "给父母、家人核定",
            "家人要先登记好。用您自己的手机登录，从“核定”进去。",
            (
                Step(
                    "assessment-other",
                    ASSESSMENT,
                    (
                        *choices("代他人核定"),
                        *fields("被核定人姓名", "被核定人身份证号"),
                        *buttons("提交"),
                    ),
                    "选“代他人核定”，填家人的“被核定人姓名”和“被核定人身份证号”，点“提交”。",
                ),
                Step(
                    "assessment-for-other",
                    ASSESSMENT,
                    (*fields("缴费基数"), *buttons("核定")),
                    "看清名字是家人的。选月份、填“缴费基数”、点“核定”，和给自己办一样。",
                ),
            ),
        ),
    ),
)

_CHANNELS = Annex(
    number=3,
    code="channels",
    name="渠道",
    about="手机上哪些 App 能办，二维码在哪里，没装 App 怎么办",
    parts=(
        Part(
            "find",
            "找到能办的 App",
            "手机上有一个就够，不用都装。",
            (
                Step("channels-home", HOME, links("办理渠道"), "打开首页，点“办理渠道”。"),
                Step(
                    "channels-app",
                    CHANNELS,
                    (*texts("手机APP二维码"), *links("我的宁夏")),
                    "找一个您手机上有的 App。用另一部手机的，扫“手机APP二维码”；"
                    "用这部手机的，点它的名称，比如“我的宁夏”。",
                ),
                Step(
                    "channels-way",
                    "我的宁夏",
                    texts("在 App 里怎么找"),
                    "照着“在 App 里怎么找”，打开 App 去办。",
                ),
                Step(
                    "channels-browser",
                    "我的宁夏",
                    links("用手机浏览器直接办理"),
                    "没装 App，也不想装，点“用手机浏览器直接办理”，一样能办。",
                ),
            ),
        ),
        Part(
            "not-yet",
            "现在还不能办的",
            "在“办理渠道”那一页的最下面。",
            (
                Step(
                    "channels-not-yet",
                    CHANNELS,
                    texts("暂时不能办理的渠道"),
                    "列在“暂时不能办理的渠道”下面的，现在办不了，请换一个 App 或用手机浏览器。",
                ),
            ),
        ),
    ),
)

ANNEXES = (_REGISTRATION, _ASSESSMENT, _CHANNELS)
"""The three annexes in the order of the notice."""


def part(annex_code: str, part_code: str) -> Part:
    """Return a part of an annex; raises `LookupError` if it does not exist."""
    for each in ANNEXES:
        for found in each.parts:
            if (each.code, found.code) == (annex_code, part_code):
                return found
    raise LookupError(f"{annex_code} has no part {part_code}")


def annex(code: str) -> Annex | None:
    """Return the annex with this code (the last part of its URL), or None."""
    return next((each for each in ANNEXES if each.code == code), None)
