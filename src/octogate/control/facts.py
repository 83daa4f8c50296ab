"""What the control pages need to know, given by whoever builds them."""

from collections.abc import Mapping
from typing import Protocol


class ControlFacts(Protocol):
    """Questions with cheap answers: each is asked once per request and must not wait."""

    def enabled_providers(self) -> int:
        """How many providers the configuration enables, healthy or not."""

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether calls may be sent here, and facts to show; `error` says why not. Never a secret."""

    def version(self) -> Mapping[str, str | None]:
        """`version`, `commit` and `build_date`."""

    def metrics_text(self) -> bytes:
        """All metrics in the Prometheus text format."""

    def may_read_metrics(self, fields: Mapping[bytes, bytes]) -> None:
        """Return when these request fields (lower-case names) may read metrics. Raises GatewayError if not."""
