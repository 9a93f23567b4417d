"""Normalisation of all text that comes from people, files and vendors.

`normalise` is for values: names, numbers, codes, addresses, search terms. `normalise_prose` is for
sentences that are displayed as written (announcements, reasons, opinions): it treats characters the
same way but keeps Chinese punctuation. Neither refuses anything; the rule of each field decides
which characters are allowed. Both are idempotent. For characters that occur in names, neither
depends on the Unicode version of the running Python.
"""

import unicodedata

LINE_ENDS = frozenset("\t\n\r")
"""The control characters that HTML allows."""

# Radicals and strokes, each followed by its equivalent unified ideograph. NFKC maps the Kangxi
# radicals (U+2F00 to U+2FD5) but only two of the CJK Radicals Supplement.
# Source: Unicode 14.0, EquivalentUnifiedIdeograph.txt, without the entries that NFKC maps equally.
_RADICALS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌"
    "⺙攵⺛旡⺜日⺝月⺞歺⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒"
    "⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷"
    "⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马"
    "⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀㇆𠃌㇏乀㇐一㇑丨㇒丿㇓丿㇔丶㇕𠃍"
    "㇖乛㇗𠃊㇘𠃎㇙𠄌㇚亅㇛𡿨㇜𠃋㇝乀㇞𠃑㇟乚㇠乙㇡𠄎"
)

# Private-use code points of GBK fonts of the 1990s and the characters they represent, keyed by the
# first code point of each run. Source: GB 18030-2022 with GBK 1.0, where the code points of a run
# follow the order of the double bytes (U+E815 to U+E864: FE50 to FEA0). Extracted from glibc 2.36's
# GB18030 (2005 with the code points of 2022). Python's codec (GB 18030-2000) differs only where it
# keeps the private code point; a test compares the table with it.
_GBK_PRIVATE = {
    0xE78D: "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19",
    0xE7C7: "ḿǹ",
    0xE7E7: "\u303e⿰⿱⿲⿳⿴⿵⿶⿷⿸⿹⿺⿻",
    0xE815: (
        "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
        "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
    ),
}

_CHARACTERS = {ord(_RADICALS[n]): _RADICALS[n + 1] for n in range(0, len(_RADICALS), 2)}
_CHARACTERS |= {
    first + n: _CHARACTERS.get(ord(char), char)
    for first, chars in _GBK_PRIVATE.items()
    for n, char in enumerate(chars)
}

_APOSTROPHES = "‘’‚‛ʹʻʼʽʾʿˈˊˋ′‵`´＇՚ꞌ"
_DASHES = "‐‑‒–—―⁃−﹘﹣－─━ー⸺⸻˗"
_MIDDLE_DOTS = "·•‧∙⋅●◦・･᛫⸱⸳⦁ꞏ˙\u0387"
_SQUARE = ("【〔〖﹝［", "】〕〗﹞］")
_ROUND = ("（﹙⁽₍❨⦅⸨", "）﹚⁾₎❩⦆⸩")
# Maps variants to one character. Full stops and middle dots stay distinct: numbers contain stops.
_PUNCTUATION = (
    dict.fromkeys(map(ord, _APOSTROPHES), "'")
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _MIDDLE_DOTS), "·")
    | dict.fromkeys(map(ord, _SQUARE[0]), "[")
    | dict.fromkeys(map(ord, _SQUARE[1]), "]")
    | dict.fromkeys(map(ord, _ROUND[0]), "(")
    | dict.fromkeys(map(ord, _ROUND[1]), ")")
)
# Further Chinese punctuation, which `normalise_prose` keeps.
_CHINESE_PUNCTUATION = frozenset("！，：；？～“”…、。￥％")

# Code points without a glyph outside category Cf (Unicode's Default_Ignorable_Code_Point): a
# joiner, Hangul fillers, Khmer vowels, variation selectors. Their categories are those of letters
# and marks.
_INVISIBLE = frozenset(
    (
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFFA0,
        *range(0xE0000, 0xE1000),
    )
)


def normalise(text: str) -> str:
    """Normalise a value for storage and comparison.

    Compatibility forms, radicals and private code points of GBK become the unified character. Full
    width becomes half width. Variants of dashes, dots, apostrophes and brackets become one
    character each. Invisible characters are removed and whitespace becomes single spaces. Unknown
    private code points stay; the rule of the field refuses them.
    """
    # Most fields hold ASCII (months, numbers) or nothing, in which only "`" has another form.
    if text.isascii() and text.isprintable() and "`" not in text:
        return _single_spaces(text)
    text = _visible(text).translate(_CHARACTERS).translate(_PUNCTUATION)
    text = unicodedata.normalize("NFKC", text)
    # NFKC can produce characters of the tables again: vertical punctuation, half-width Katakana.
    text = text.translate(_PUNCTUATION).translate(_CHARACTERS)
    return _single_spaces(_visible(unicodedata.normalize("NFC", text)))


def normalise_prose(text: str) -> str:
    """Normalise a sentence for storage and display: like `normalise`, but keeps punctuation."""
    text = _visible(text).translate(_CHARACTERS)
    text = "".join(_narrow(char) for char in text).translate(_CHARACTERS)
    return _single_spaces(_visible(unicodedata.normalize("NFC", text)))


def printable(text: str) -> str:
    """`text` without the control characters and noncharacters that HTML does not allow."""
    return "".join(char for char in text if char in LINE_ENDS or not _is_unprintable(char))


def is_printable(text: str) -> bool:
    """Whether a line has no control character, invisible character or line end.

    Unlike `str.isprintable` it accepts ideographs that are newer than Python's Unicode tables.
    """
    return all(char == " " or (not char.isspace() and _is_visible(char)) for char in text)


def has_private_use(text: str) -> bool:
    """Whether the text has private-use characters, whose meaning depends on the font."""
    return any(unicodedata.category(char) == "Co" for char in text)


def _narrow(char: str) -> str:
    keep = char in _CHINESE_PUNCTUATION or ord(char) in _PUNCTUATION
    return char if keep else unicodedata.normalize("NFKC", char)


def _visible(text: str) -> str:
    return "".join(char for char in text if char.isspace() or _is_visible(char))


def _is_visible(char: str) -> bool:
    return (
        not _is_unprintable(char)
        and unicodedata.category(char) not in ("Cf", "Zl", "Zp")
        and ord(char) not in _INVISIBLE
    )


def _is_unprintable(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or _is_no_character(char)


def _is_no_character(char: str) -> bool:
    """Whether `char` is one of the 66 noncharacters (Unicode, section 23.7)."""
    code = ord(char)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _single_spaces(text: str) -> str:
    return " ".join(text.split())
