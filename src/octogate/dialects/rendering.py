"""What every dialect needs to write an error: text that can be encoded, and the code a client tests."""

from octogate.core.errors import GatewayError, UpstreamRefused


def shown_code(error: GatewayError) -> str:
    """The code to show: the provider's own word where it refused a caller's request, for it says more than ours."""
    if isinstance(error, UpstreamRefused) and error.code == UpstreamRefused.code and error.reason:
        return writable(error.reason)
    return error.code


def writable(text: str) -> str:
    """`text` with half characters replaced, so that it can be encoded."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
