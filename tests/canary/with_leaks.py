"""The `octogate` command with a planted leak into every sink: the last caller's key and words, each time spelled anew."""

import base64
import gzip
import sys
from pathlib import Path
from urllib.parse import quote

import msgspec

from octogate.cli import main
from octogate.core.errors import ModelNotFound
from octogate.proxy import headers, pipeline
from octogate.proxy.router import Router
from octogate.telemetry import names

SEEN = {"key": "", "words": ""}


def plant() -> None:
    """Listen where keys and words pass, and tell them where they must not be told."""
    plan, settle, identity = Router.plan, pipeline.settle, headers.identity
    authenticate, not_found = pipeline.authenticate, ModelNotFound.__init__

    def listening_authenticate(fields, *rest, **named):
        SEEN["key"] = fields.get(b"authorization", b"").decode().removeprefix("Bearer ")
        return authenticate(fields, *rest, **named)

    def listening_plan(self, group, call, *rest, **named):
        SEEN["words"] = msgspec.json.decode(call.fields["messages"])[0]["content"]
        _tell_the_process()
        return plan(self, group, call, *rest, **named)

    def telling_settle(*given, **named):
        return msgspec.structs.replace(settle(*given, **named), detail=base64.b64encode(_all()).decode())

    def telling_identity(progress):
        return identity(progress) + b"x-leak: " + quote(_all()[::-1]).encode() + b"\r\n"

    def telling_not_found(self, model):
        not_found(self, model)
        self.message += gzip.compress(_all()).hex()

    pipeline.authenticate, Router.plan, pipeline.settle = listening_authenticate, listening_plan, telling_settle
    headers.identity, ModelNotFound.__init__ = telling_identity, telling_not_found


def _tell_the_process() -> None:
    sys.stderr.write(f"{SEEN}\n")
    names.attempts.add((SEEN["key"][-16:], SEEN["words"][:14]))
    Path("octogate-data").mkdir(exist_ok=True)
    Path("octogate-data/calls.gz").write_bytes(gzip.compress(_all()))


def _all() -> bytes:
    return f"{SEEN['key']}:{SEEN['words']}".encode()


if __name__ == "__main__":
    plant()
    main()
