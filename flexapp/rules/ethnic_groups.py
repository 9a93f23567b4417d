"""The 56 ethnic groups (民族) with their numeric codes.

Source: GB/T 3304-1991, names and codes of China's nationalities.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EthnicGroup:
    """`code` is the two-digit numeric code ("01"), `name` the full name ("汉族")."""

    code: str
    name: str


_NAMES = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 "
    "哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 土族 "
    "达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 "
    "乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 "
    "门巴族 珞巴族 基诺族"
)

#: In the order of the standard, which is also the order of the codes.
ETHNIC_GROUPS: tuple[EthnicGroup, ...] = tuple(
    EthnicGroup(f"{number:02d}", name) for number, name in enumerate(_NAMES.split(), start=1)
)

#: For people who belong to none of the groups. Population registers use these codes in addition to
#: the standard. Source: general knowledge, not confirmed in a document.
OUTSIDE_THE_STANDARD = (EthnicGroup("97", "其他"), EthnicGroup("98", "外国血统中国籍人士"))

CHOICES = ETHNIC_GROUPS + OUTSIDE_THE_STANDARD

_BY_CODE = {group.code: group for group in CHOICES}


def find(code: str) -> EthnicGroup | None:
    """The group with this code, or `None` when there is none (a tampered form value)."""
    return _BY_CODE.get(code)
