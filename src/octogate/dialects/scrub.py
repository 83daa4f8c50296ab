"""Takes out of a provider's words what callers must not see: addresses, keys, accounts, markup."""

import ipaddress
import re
from typing import Final

MAX_MESSAGE_CHARS: Final = 2_000

# What is read before anything is replaced: bounds the work on hostile text, and leaves room for what is cut out.
_MAX_READ_CHARS: Final = 4_000
_ADDRESS: Final = "[address]"
_SECRET: Final = "[secret]"  # noqa: S105 - the word that stands where one was
_ACCOUNT: Final = "[account]"

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_MARKUP: Final = re.compile(
    r"<(?:!doctype|!--|/?(?:html|head|body|title|meta|link|style|script|noscript|iframe|h[1-6]|p|div|span|center|hr|br|pre"
    r"|a|b|img|svg|table|tr|td|ul|ol|li|strong|form|section))\b",
    re.I,
)
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})"
_TOP_LEVELS: Final = (
    r"(?:com|net|org|io|ai|dev|app|cloud|local|localdomain|internal|intranet|lan|corp|home|svc|cluster|test|example|invalid"
    r"|eu|us|uk|de|fr|cn|co|me|tech|systems|xyz|info|gov|edu|host|site)"
)

# In this order: what contains others comes first.
_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>`]*[^\s\"'<>`.,;:)\]]"), _ADDRESS),
    (re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}[A-Za-z0-9]"), _ACCOUNT),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=*-]{6,}", re.I), rf"\1 {_SECRET}"),
    (
        re.compile(r"\b(api[-_ ]?key(?:\s+provided)?|token|secret|password)(\s*[:=]\s*)[\"'`]?[^\s\"'`,;]+", re.I),
        rf"\1\2{_SECRET}",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+"), _SECRET),
    (re.compile(r"\b(?:sk|pk|rk|xai|gsk|pplx|hf|r8|fw|csk|nvapi|tgp|key)[-_][A-Za-z0-9*._-]{6,}"), _SECRET),
    (re.compile(r"\b(?:AIza[A-Za-z0-9_-]{10,}|AKIA[A-Z0-9]{12,}|ASIA[A-Z0-9]{12,}|ya29\.[A-Za-z0-9_-]{8,})"), _SECRET),
    (re.compile(r"\b(?:org|proj|acct|user|team)-[A-Za-z0-9_*-]+"), _ACCOUNT),
    (re.compile(r"\bprojects/[^/\s\"'`]+"), f"projects/{_ACCOUNT}"),
    (re.compile(r"\barn:aws[A-Za-z-]*:[^\s\"'`]+"), _ACCOUNT),
    (re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\d)"), _ADDRESS),
    (re.compile(rf"\b(?:{_LABEL}\.){{1,8}}{_LABEL}:\d{{1,5}}\b(?:/[^\s\"'<>`]*)?"), _ADDRESS),
    (
        re.compile(
            rf"\b(?:{_LABEL}\.){{1,8}}{_TOP_LEVELS}\b(?![\w-])\.?(?::\d{{1,5}}|/[^\s\"'<>`]*)?(?<![.,;:)])", re.I
        ),
        _ADDRESS,
    ),
    (re.compile(r"\blocalhost\b(?::\d{1,5})?(?:/[^\s\"'<>`]*)?", re.I), _ADDRESS),
    (re.compile(r"\b[A-Za-z][A-Za-z0-9_-]{0,62}:\d{4,5}\b"), _ADDRESS),
)
_IPV6_LIKE: Final = re.compile(r"\[?(?<!\w)([0-9A-Fa-f:]{2,45})(?!\w)(?:\](?::\d{1,5})?)?")


def scrub(text: str) -> str:
    """`text` on one line, at most 2,000 characters, without addresses, keys and accounts; "" for a page of markup."""
    text = _CONTROL.sub(" ", text[:_MAX_READ_CHARS]).strip()
    if _MARKUP.search(text):
        return ""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    if ":" in text:
        text = _IPV6_LIKE.sub(_ipv6, text)
    return text if len(text) <= MAX_MESSAGE_CHARS else text[: MAX_MESSAGE_CHARS - 3] + "..."


def _ipv6(match: re.Match[str]) -> str:
    """An IPv6 address is taken out; a time or a ratio of the same looks stays."""
    try:
        ipaddress.IPv6Address(match.group(1))
    except ValueError:
        return match.group()
    return _ADDRESS
