"""Every metric of the gateway, in one place: what is not here is not measured. Labels are bounded by configuration.

No key, user, path or caller-chosen model name is ever a label value: an unknown model counts as `rejected_model`.
"""

from octogate.telemetry.metrics import Counter, Gauge, Histogram, Metric

REJECTED_MODEL = "rejected_model"
DIRECT_MODEL = "direct"

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_OVERHEAD = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)

calls = Counter(
    "octogate_calls_total",
    "Calls answered, by caller dialect, model group, HTTP status and code (ok or the error's code).",
    ("dialect", "group", "status", "code"),
)
attempts = Counter(
    "octogate_attempts_total",
    "Attempts at targets, by target and outcome (ok, cancelled or the error's code).",
    ("target", "outcome"),
)
translated = Counter(
    "octogate_translated_attempts_total",
    "Attempts in another dialect than the caller's, by target and the caller's dialect.",
    ("target", "dialect"),
)
dropped = Counter(
    "octogate_dropped_fields_total",
    "Fields of calls that their target, which speaks another dialect, could not be told, by model group.",
    ("group",),
)
tokens = Counter(
    "octogate_tokens_total",
    "Tokens used, by target and class (input, cached, cache_write, output, reasoning).",
    ("target", "class"),
)
cost = Counter("octogate_cost_usd_total", "What calls cost in USD at the configured prices, by target.", ("target",))
unpriced = Counter("octogate_unpriced_calls_total", "Calls whose price is unknown, by target.", ("target",))
duration = Histogram(
    "octogate_call_duration_seconds", "From the request head to the last byte of the answer.", _SECONDS, ("dialect",)
)
overhead = Histogram(
    "octogate_overhead_seconds",
    "Time of a call in which neither the provider nor the caller was waited for.",
    _OVERHEAD,
    ("dialect",),
)
first_event = Histogram(
    "octogate_time_to_first_event_seconds",
    "From the start of an attempt to its first content event (streams) or its answer (plain).",
    _SECONDS,
    ("target",),
)
edge_refusals = Counter(
    "octogate_edge_refusals_total", "Connections or messages refused before they were calls, by reason.", ("reason",)
)
reloads = Counter("octogate_config_reloads_total", "Reloads of the configuration, by result.", ("result",))
internal_errors = Counter("octogate_internal_errors_total", "Defects: unexpected exceptions in a call.")
credential_alarms = Counter(
    "octogate_credential_refused_total", "A provider refused our credential, by provider.", ("provider",)
)
log_dropped = Counter("octogate_log_lines_dropped_total", "Log lines lost because the log could not keep up.")
in_flight = Gauge("octogate_calls_in_flight", "Calls being served now.")
connections = Gauge("octogate_connections", "Caller connections open now.")
buffered = Gauge("octogate_buffered_bytes", "Bytes of request bodies held in memory now.")
breaker_open = Gauge("octogate_breaker_open", "1 for each target whose breaker is not closed.", ("target",))
config_version = Gauge("octogate_config_version", "Version of the configuration in force.")
config_age = Gauge("octogate_config_age_seconds", "Seconds since the configuration in force was read.")

ALL: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Counter | Gauge | Histogram)
)
