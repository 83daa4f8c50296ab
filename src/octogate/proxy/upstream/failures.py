"""How an upstream can fail us: the only place where this folder's errors get their words.

Messages are generic, since callers see them; `detail` names host and port for the log, never a credential.
"""

from octogate.core.errors import Interrupted, UpstreamBroken, UpstreamTimeout, UpstreamUnavailable


def unreachable(where: str, reason: str) -> UpstreamUnavailable:
    """Nothing was sent: DNS, TCP, TLS, the proxy or our own connection cap said no."""
    return UpstreamUnavailable("The provider could not be reached.", replay="safe", detail=f"{where}: {reason}")


def slow_to_connect(where: str, reason: str) -> UpstreamTimeout:
    """Nothing was sent: the connect phase took too long."""
    return UpstreamTimeout("The provider did not answer in time.", replay="safe", detail=f"{where}: {reason}")


def late(where: str, reason: str) -> UpstreamTimeout:
    """The request was sent and a deadline passed: the work may have been done."""
    return UpstreamTimeout("The provider did not answer in time.", replay="ambiguous", detail=f"{where}: {reason}")


def broken(where: str, reason: str) -> UpstreamBroken:
    """What came is not an HTTP answer that we accept."""
    return UpstreamBroken("The provider's answer could not be read.", replay="ambiguous", detail=f"{where}: {reason}")


def too_large(where: str, cap: int) -> UpstreamBroken:
    """The same request would be answered with the same bytes: never repeated."""
    return UpstreamBroken(
        "The provider's answer is too large.",
        code="upstream_response_too_large",
        replay="never",
        detail=f"{where}: more than {cap} bytes",
    )


def cut(where: str, reason: str) -> Interrupted:
    """The connection ended in the middle of the body."""
    return Interrupted("The provider's answer ended early.", replay="ambiguous", detail=f"{where}: {reason}")
