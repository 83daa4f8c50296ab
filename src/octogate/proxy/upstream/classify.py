"""What a provider's refusal means: which error it is, whether it may be repeated, and after how long."""

from collections.abc import Mapping

from octogate.core.errors import UpstreamError
from octogate.dialects.base import ProviderFault
from octogate.dialects.judgement import FAILED, judge, judge_in_band, named_status
from octogate.dialects.meaning import explain
from octogate.proxy.upstream.waits import retry_after

__all__ = ("FAILED", "classify", "classify_answer", "told")


def classify(status: int, fields: Mapping[bytes, bytes], fault: ProviderFault, *, now: float) -> UpstreamError:
    """The error for an answer with `status` ≥ 300. `now` is wall time, for dates in Retry-After."""
    explained = explain(fault)
    amazon = fields.get(b"x-amzn-errortype", b"").decode("latin-1").partition(":")[0]
    said = status
    if status == 400 and amazon:  # some of its services answer 400 to everything and leave the rest to this header
        said = named_status((amazon,)) or status
    judged = judge(said, explained)
    wait = retry_after(fields, now)
    return judged.error(
        explained,
        upstream_status=status,
        retry_after=explained.wait if wait is None else wait,
        detail=told(fault) or amazon or _kind_of_body(fields),
        param=explained.param,
    )


def _kind_of_body(fields: Mapping[bytes, bytes]) -> str | None:
    """A page is the work of something between us and the provider, more often than not."""
    return "an HTML page" if fields.get(b"content-type", b"").lower().startswith(b"text/html") else None


def classify_answer(status: int, fault: ProviderFault) -> UpstreamError:
    """The error for an answer that claims success and is none: `fault` is what its dialect found wrong with it."""
    explained = explain(fault)
    judged = judge_in_band(explained)
    return judged.error(
        explained, upstream_status=status, retry_after=explained.wait, detail=told(fault) or "no whole answer"
    )


def told(fault: ProviderFault) -> str | None:
    """What the log keeps of a provider's words: its code and its type. The prose can quote the caller's prompt."""
    return " ".join(dict.fromkeys(filter(None, (fault.code, fault.kind)))) or None
