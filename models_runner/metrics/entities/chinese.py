"""Chinese numbers, dates and times: 四十八, 百分之三, 三成, 两千万, 周五, 三月, 下午三点半."""

from collections.abc import Iterator

import regex

from models_runner.metrics.entities.mentions import Mention, MentionKind, clock, reading
from models_runner.metrics.entities.words import words_of

DIGITS = {character: n for n, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
SMALL_SCALES = {"十": 10, "百": 100, "千": 1_000}
LARGE_SCALES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_NUMERAL = "零〇一二三四五六七八九十百千万萬亿億两兩"
# Where a single numeral is a number: a measure follows it.
_MEASURES = (
    "个個名位人家条條项項份次天周月年日号號时時点點分秒元块塊角台臺件套页頁章轮輪期步组組层層楼樓岁歲度米吨噸克斤升倍种種"
    "场場句篇版批"
)
_UNCLAIMED = {"一半": ("0.5", "50"), "第一": ("1",), "第二": ("2",), "两者": ("2",), "双方": ("2",)}
_WEEK = regex.compile(r"(?:周|星期|礼拜)([一二三四五六日天末1-7])")
_MONTH = regex.compile(r"([一二三四五六七八九十]{1,3}|1?\d)月(?:份)?")
_CLOCK = regex.compile(
    rf"([{_NUMERAL}]{{1,3}}|\d\d?)[点點时時](?:(半)|(一刻)|([{_NUMERAL}]{{1,3}}|\d\d?)分?)?(?![{_NUMERAL}\d.])"
)
_SHARE = regex.compile(rf"百分之([{_NUMERAL}点]+|\d+(?:\.\d+)?)|([{_NUMERAL}\d])成(?![{_NUMERAL}立本员員为為果绩績])")
_PLAIN = regex.compile(rf"[{_NUMERAL}]+(?:点[零〇一二三四五六七八九]+(?:[万萬亿億])?)?")
WEEK = {character: n for n, character in enumerate("一二三四五六", 1)} | {"日": 7, "天": 7}


def chinese_mentions(text: str) -> Iterator[Mention]:
    """Yield numbers in Chinese numerals, dates and times, in order of kind; where two overlap, the first counts."""
    taken: list[tuple[int, int]] = []
    for mention in _all(text):
        if not any(mention.start < end and start < mention.end for start, end in taken):
            taken.append((mention.start, mention.end))
            yield mention


def _all(text: str) -> Iterator[Mention]:
    for match in _WEEK.finditer(text):
        day = WEEK.get(match[1]) or (int(match[1]) if match[1].isdigit() else None)
        if day:
            yield Mention(match.start(), match.end(), MentionKind.DATE, frozenset({f"day:{day}"}))
    for match in _SHARE.finditer(text):
        share = value_of(match[1]) if match[1] else 10 * value_of(match[2])
        yield Mention(match.start(), match.end(), MentionKind.NUMBER, frozenset({reading(share)}))
    for match in _MONTH.finditer(text):
        month = int(value_of(match[1]))
        if 1 <= month <= 12:
            yield Mention(match.start(), match.end(), MentionKind.DATE, frozenset({f"month:{month}"}))
    yield from _clocks(text)
    yield from _plain(text)


def _clocks(text: str) -> Iterator[Mention]:
    for match in _CLOCK.finditer(text):
        hour = value_of(match[1])
        minute = 30 if match[2] else 15 if match[3] else int(value_of(match[4])) if match[4] else 0
        told = match[2] or match[3] or match[4] or _is_time(text, match.start(), match.end())
        if hour <= 24 and minute < 60 and told:
            yield Mention(
                match.start(), match.end(), MentionKind.TIME, frozenset({clock(int(hour), minute), reading(hour)})
            )


def _is_time(text: str, start: int, end: int) -> bool:
    """Tell 三点 of the clock from three points: what stands before or after is about a time."""
    before, after = text[max(0, start - 3) : start], text[end : end + 2]
    return bool(
        regex.search(r"[午晨晚早夜]|[于在到至从前]$", before) or regex.match(r"[前后钟整开到之]|以前|以后", after)
    )


def _plain(text: str) -> Iterator[Mention]:
    hidden = [match.span() for word in words_of("no_numbers") for match in regex.finditer(word, text)]
    for word, readings in _UNCLAIMED.items():
        for match in regex.finditer(word, text):
            yield Mention(match.start(), match.end(), MentionKind.NUMBER, frozenset(readings), claimed=False)
    for match in _PLAIN.finditer(text):
        start, end = match.span()
        if any(begin <= start and end <= stop for begin, stop in hidden):
            continue
        if start and text[start - 1].isdigit():
            continue  # 3万: digits.py has it
        alone = end - start == 1
        measured = text[end : end + 1] in _MEASURES or text[start - 1 : start] == "第"
        if alone and (not measured or match[0] in "万亿千百萬億零"):
            continue
        claimed = not (alone and match[0] == "一")
        yield Mention(start, end, MentionKind.NUMBER, frozenset({reading(value_of(match[0]))}), claimed)


def value_of(numeral: str) -> float:
    """Return the value of a numeral: 四十八 is 48, 二〇二五 is 2025, 三点五 is 3.5, 一万二 is 12,000."""
    if numeral.replace(".", "", 1).isdigit():
        return float(numeral)
    whole, _, fraction = numeral.partition("点")
    factor = 1
    if fraction and fraction[-1] in LARGE_SCALES:
        factor, fraction = LARGE_SCALES[fraction[-1]], fraction[:-1]
    value = _whole(whole)
    if fraction:
        value += float("0." + "".join(str(DIGITS[c]) for c in fraction if c in DIGITS) or "0")
    return value * factor


def _whole(numeral: str) -> float:
    if len(numeral) > 1 and all(character in DIGITS for character in numeral):
        return float("".join(str(DIGITS[character]) for character in numeral))  # digit by digit, as years are read
    total = section = digit = 0.0
    last = 1.0
    for character in numeral:
        if character in DIGITS:
            digit = DIGITS[character]
            last = 10.0 if digit == 0 else last
        elif character in SMALL_SCALES:
            last = SMALL_SCALES[character]
            section += (digit or 1) * last
            digit = 0
        elif character in LARGE_SCALES:
            last = LARGE_SCALES[character]
            section, digit = (section + digit or 1) * last, 0
            total, section = total + section, 0
    # 一万二 is 12,000 and 三百五 350: a last digit counts the next smaller place.
    return total + section + digit * (last / 10 if last > 10 and numeral[-1] in DIGITS else 1)
