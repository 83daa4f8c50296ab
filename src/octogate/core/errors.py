"""What can go wrong, grouped by who must act; stages raise these and only a dialect renders them.

`message` is safe for callers: never a secret, a prompt, an upstream's name or address. `detail` is for the log.
`code` is a closed set: it is the metric label, the documentation anchor and what clients test.
"""

from typing import ClassVar, Literal

import msgspec

# Whether the upstream can have done (and billed) the work, and so what may be repeated: docs/explanation/retries.md.
# safe: not processed · ambiguous: maybe · once: the same target, once · next: only another target · never: final
Replay = Literal["safe", "ambiguous", "once", "next", "never"]


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field of a caller's body."""

    field: str
    message: str


class GatewayError(Exception):
    """Any refusal or failure that ends a call; carries all that a dialect needs to render it."""

    status: int = 500
    code: str = "internal_error"
    source: ClassVar[str] = "gateway"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        detail: str | None = None,
        param: str | None = None,
        faults: tuple[Fault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
        self.reason = reason
        self.detail = detail
        self.param = param
        self.faults = faults
        self.retry_after = retry_after

    @property
    def should_retry(self) -> bool | None:
        """What `x-should-retry` says; None leaves it to the client's own rule for the status."""
        return None


class CallerError(GatewayError):
    """The caller must change the request."""


class BadRequest(CallerError):
    """The body, a header or a parameter is wrong; `faults` lists every one."""

    status = 400
    code = "invalid_request"


class BadPath(BadRequest):
    """The request line names something impossible; no endpoint and so no dialect is known yet."""


class TooLarge(CallerError):
    """The body is above the configured cap."""

    status = 413
    code = "request_too_large"


class UnsupportedEncoding(CallerError):
    """The request carries a Content-Encoding."""

    status = 415
    code = "unsupported_encoding"


class Unauthenticated(CallerError):
    """No key, an unknown key, an expired or a blocked one."""

    status = 401
    code = "invalid_api_key"


class Forbidden(CallerError):
    """The key is known but its scopes do not allow this route."""

    status = 403
    code = "forbidden"


class NotFound(CallerError):
    """No such route."""

    status = 404
    code = "not_found"


class MethodNotAllowed(CallerError):
    """The route exists, the method does not."""

    status = 405
    code = "method_not_allowed"


class ModelNotFound(CallerError):
    """The model group does not exist or is not the caller's: the same text for both, so that nobody can list them."""

    status = 404
    code = "model_not_found"

    def __init__(self, model: str) -> None:
        shown = model if len(model) <= 128 else model[:125] + "..."
        super().__init__(f"The model {shown!r} does not exist or you do not have access to it.", param="model")


class Unsupported(CallerError):
    """No target can ever serve this call."""

    status = 400
    code = "unsupported"


class UpstreamError(GatewayError):
    """A provider failed. `replay` says whether the same work may be sent again."""

    status = 502
    code = "upstream_broken"
    source = "upstream"
    counts_for_breaker: bool = True

    def __init__(
        self,
        message: str,
        *,
        replay: Replay = "ambiguous",
        upstream_status: int | None = None,
        detail: str | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(
            message, detail=detail, retry_after=retry_after, code=code, status=status, reason=reason, param=param
        )
        self.replay: Replay = replay
        self.upstream_status = upstream_status
        self.attempts: tuple[str, ...] = ()
        """The codes of all attempts of the call, in order, without any name: set on the error that ends it."""


class UpstreamUnavailable(UpstreamError):
    """Not reachable, or it said so itself (503, 529)."""

    status = 503
    code = "upstream_unavailable"


class Untranslatable(UpstreamError):
    """A target of another dialect cannot be told what the call says; another target perhaps can."""

    status = 400
    code = "unsupported"
    source = "gateway"
    counts_for_breaker = False

    def __init__(self, message: str, *, faults: tuple[Fault, ...]) -> None:
        super().__init__(message, replay="next", detail=", ".join(fault.field for fault in faults))
        self.faults = faults
        self.param = faults[0].field if faults else None


class UpstreamTimeout(UpstreamError):
    """One of the phase deadlines passed."""

    status = 504
    code = "upstream_timeout"


class UpstreamLimited(UpstreamError):
    """The provider limits us (429, quota)."""

    status = 503
    code = "upstream_rate_limited"
    counts_for_breaker = False

    @property
    def should_retry(self) -> bool | None:
        """A quota that is used up comes back when somebody pays, not when somebody asks again."""
        return False if self.code == "upstream_quota_exhausted" and self.retry_after is None else None


class UpstreamBroken(UpstreamError):
    """The provider answered with something that is not an answer."""


class UpstreamRefused(UpstreamError):
    """The provider refused the caller's own request: its status and its scrubbed message are passed on.

    Two kinds have a code of their own and are always a 400: `context_length_exceeded` and `content_policy`.
    """

    status = 400
    code = "upstream_refused"
    counts_for_breaker = False


class CredentialRefused(UpstreamError):
    """The provider refused *our* credential: try the next target and tell the operator."""

    status = 502
    code = "upstream_credentials_exhausted"


class Interrupted(UpstreamError):
    """The stream broke after content had been passed on."""

    status = 502
    code = "upstream_interrupted"


class NoTargetLeft(UpstreamError):
    """Every target is out for now: disabled, broken, cooling down."""

    status = 503
    code = "no_target_left"


class OperatorError(GatewayError):
    """The operator must act; the caller sees a generic text and the request id."""


class Overloaded(OperatorError):
    """Refused to protect the latency of the others."""

    status = 503
    code = "overloaded"


class Draining(OperatorError):
    """This process is going away."""

    status = 503
    code = "draining"


class Internal(OperatorError):
    """A defect of ours; the log has the traceback under the request id."""
