"""The worlds that are explored: small ones with every push, larger ones by `make prove`."""

from typing import Final

from octogate.limits.quota import Quota
from octogate.limits.rule import Rule, Unit

from .admissions import Admissions
from .explorer import Model
from .leases import Leases
from .rates import Rates

MOST_STATES: Final = 400_000
"""Far more than any of them has."""

_CUT: Final = Quota(limit=2, window=4, buckets=2)
_WHOLE: Final = Quota(limit=2, window=2, buckets=1)
_BUCKET: Final = Quota(limit=2, window=4, burst=3)


def _rule(name: str, unit: Unit, algorithm: str, quota: Quota) -> Rule:
    return Rule(name=name, scope="key", unit=unit, quota=quota, algorithm=algorithm)


_CALLS: Final = _rule("calls", "requests", "sliding_window", Quota(limit=2, window=1, buckets=1))
_TOKENS: Final = _rule("tokens", "tokens", "sliding_window", Quota(limit=2, window=1, buckets=1))
_BUSY: Final = _rule("busy", "concurrency", "concurrency", Quota(limit=1, window=2))

SMALL: Final[dict[str, Model]] = {
    "sliding_window": Rates("sliding_window", _CUT, clients=2),
    "sliding_window, clock set back": Rates("sliding_window", _WHOLE, clients=2, back=1, lag=2),
    "sliding_log": Rates("sliding_log", _CUT, clients=2),
    "token_bucket": Rates("token_bucket", _BUCKET, clients=2),
    "token_bucket, clock set back": Rates("token_bucket", Quota(limit=2, window=3), clients=2, debt=0, back=2, lag=2),
    "gcra": Rates("gcra", _BUCKET, clients=2),
    "fixed_window": Rates("fixed_window", _CUT, clients=2),
    "fixed_window, clock set back": Rates("fixed_window", _WHOLE, clients=2, debt=0, back=1, lag=2),
    "concurrency": Leases(Quota(limit=2, window=2), clients=2),
    "concurrency, clock set back": Leases(Quota(limit=1, window=2), clients=2, costs=(1,), back=1, lag=2),
    "calls and places": Admissions((_CALLS, _BUSY), clients=2, tokens=(1,), used=(0,)),
    "tokens and places": Admissions((_TOKENS, _BUSY), clients=2, tokens=(1,)),
}

_FINE: Final = Quota(limit=3, window=6, buckets=3)
_SLOW: Final = Quota(limit=2, window=5, burst=3)
_ALSO_CALLS: Final = _rule("calls", "requests", "fixed_window", Quota(limit=2, window=2))
_ALSO_TOKENS: Final = _rule("tokens", "tokens", "token_bucket", Quota(limit=2, window=2))

LARGE: Final[dict[str, Model]] = {
    "sliding_window, three clients": Rates("sliding_window", _CUT, clients=3),
    "sliding_window, more and finer buckets": Rates("sliding_window", _FINE, clients=2),
    "sliding_window, clock set back by more": Rates("sliding_window", _CUT, clients=2, back=3, lag=4),
    "sliding_log, three clients": Rates("sliding_log", _CUT, clients=3),
    "token_bucket, three clients": Rates("token_bucket", _SLOW, clients=3, costs=(1, 2, 3)),
    "token_bucket, clock set back by more": Rates("token_bucket", _SLOW, clients=2, back=3, lag=6),
    "gcra, three clients": Rates("gcra", Quota(limit=2, window=6, burst=3), clients=3, costs=(1, 2, 3)),
    "fixed_window, three clients": Rates("fixed_window", _FINE, clients=3),
    "fixed_window, clock set back by more": Rates("fixed_window", _CUT, clients=2, debt=0, back=3, lag=4),
    "concurrency, three clients": Leases(Quota(limit=2, window=3), clients=3),
    "concurrency, clock set back by more": Leases(Quota(limit=2, window=3), clients=2, back=2, lag=3),
    "calls, tokens and places": Admissions((_CALLS, _TOKENS, _BUSY), clients=2),
    "calls and tokens of other kinds, and places": Admissions(
        (_ALSO_CALLS, _ALSO_TOKENS, _BUSY), clients=2, tokens=(2,), used=(0, 2), served=False
    ),
}
