"""Nothing that a caller says and nothing that opens a door comes out of a gateway, whatever goes well or wrong."""

import asyncio

import pytest

from .canaries import Secrets
from .drive import Evidence, Run
from .scanner import Canary, scan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["standard output", "log file"])
def evidence(request, tmp_path_factory) -> Evidence:
    folder = tmp_path_factory.mktemp("canary")
    return asyncio.run(Run(folder, log_file=request.param == "log file").go())


def test_no_secret_is_anywhere(evidence):
    """T-57, S0-9: keys of callers, credentials, secret headers, cookies, `.env`, also inside files that are refused."""
    assert scan(evidence.for_secrets(), evidence.secrets.canaries()) == []


def test_no_content_is_in_logs_metrics_files_heads_or_our_own_errors(evidence):
    """T-57: prompt, system text, tool arguments, image, file name, user, path."""
    assert scan(evidence.for_content(), evidence.content.canaries()) == []


def test_a_model_name_of_the_caller_is_in_no_metric(evidence):
    """T-57, S3-144."""
    metrics = {"metrics": evidence.sinks["metrics"]}

    assert scan(metrics, [Canary("model", evidence.model, "content")]) == []


def test_the_run_went_through_every_kind_of_end(evidence):
    """A scan of a run that never failed, or never succeeded, would prove nothing."""
    statuses = {answer.status for answer in [*evidence.answers, *evidence.refusals]}
    log = evidence.sinks["stdout"] or b"".join(data for name, data in evidence.sinks.items() if "logs/" in name)
    codes = [
        "ok", "cancelled", "internal_error", "invalid_api_key", "invalid_request", "key_expired", "key_blocked",
        "model_not_found", "forbidden", "upstream_refused", "upstream_broken", "upstream_timeout",
        "upstream_unavailable", "upstream_rate_limited", "upstream_interrupted", "upstream_credentials_exhausted",
        "upstream_malformed_event", "unsupported",
    ]  # fmt: skip

    assert {200, 400, 401, 403, 404, 405, 413, 415, 500, 502, 503, 504} <= statuses
    assert [code for code in codes if f'"code":"{code}"'.encode() not in log] == []
    assert log.count(b'"event":"defect"') >= 5
    assert b'"event":"config_invalid"' in log
    assert b"in flight" in evidence.sinks["stderr"]
    assert b"octogate_calls_total" in evidence.sinks["metrics"]
    assert len(evidence.answers) > 400
    assert b'"dropped":["' in log
    assert b"x-octogate-dropped: " in b"".join(answer.head for answer in evidence.answers)


def test_the_providers_did_get_the_secrets_and_the_words(evidence):
    """The canaries were really on their way: the caller's words are in what a provider quoted back to that caller."""
    passed_on = b"".join(answer.body for answer in evidence.answers if answer.status == 400)

    assert evidence.content.system.encode() in passed_on
    assert len({canary.text for canary in evidence.secrets.canaries()}) == len(Secrets.__struct_fields__)
