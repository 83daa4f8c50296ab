"""The start page: one HTML file with nothing external, filled in per request."""

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_FALLBACK_HOST = "127.0.0.1:4000"
_SLOT = re.compile(r"\{\{ (\w+) \}\}")
_ASSETS = files("octogate.control")

FAVICON = _ASSETS.joinpath("favicon.svg").read_bytes()
_TEMPLATE = _ASSETS.joinpath("front.html").read_text("utf-8")


def _digest(element: str) -> str:
    """The hash source of the page's one `<style>` or `<script>`, so that nothing else can run or be applied."""
    inline = _TEMPLATE.split(f"<{element}>", 1)[1].split(f"</{element}>", 1)[0]
    return "'sha256-" + b64encode(hashlib.sha256(inline.encode()).digest()).decode() + "'"


class FrontPage:
    """The template; `policy` is its Content-Security-Policy."""

    policy = (
        f"default-src 'none'; style-src {_digest('style')}; script-src {_digest('script')}; "
        "connect-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )

    def render(self, headers: Mapping[str, str], *, tls: bool, ready: bool, providers: int, version: str) -> str:
        """The page with the base URLs that this browser reached it by; every value is escaped."""
        values = {
            "base_url": base_url(headers, tls=tls),
            "state": "ready" if ready else "not-ready",
            "state_text": "ready for calls" if ready else "not ready",
            "providers": f"{providers} provider" + ("" if providers == 1 else "s"),
            "version": version,
        }
        return _SLOT.sub(lambda slot: html.escape(values[slot[1]]), _TEMPLATE)


def base_url(headers: Mapping[str, str], *, tls: bool) -> str:
    """Scheme and host as the browser sees them; a Host that is not one is replaced, never echoed.

    X-Forwarded-Proto only changes the text that this one caller sees, so it may be believed from anybody.
    """
    host = headers.get("host", "")
    secure = tls or headers.get("x-forwarded-proto", "").strip().lower() == "https"
    shown = host if _HOST.fullmatch(host) else _FALLBACK_HOST
    return f"{'https' if secure else 'http'}://{shown}"


FRONT_PAGE = FrontPage()
