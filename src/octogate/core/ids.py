"""Identifiers that we mint: unguessable, cheap, greppable."""

import os

_POOL_IDS = 256
_pool: list[str] = []


def request_id() -> str:
    """A fresh `req_` + 32 hex digits (128 random bits).

    Random bytes are taken from the kernel for 256 ids at once: one system call per id would cost more than the id.
    """
    if not _pool:
        block = os.urandom(16 * _POOL_IDS).hex()
        _pool.extend(block[at : at + 32] for at in range(0, len(block), 32))
    return "req_" + _pool.pop()
