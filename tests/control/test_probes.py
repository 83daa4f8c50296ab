"""What load balancers, containers and scrapers ask."""

import json

import pytest


async def test_health_counts_the_enabled_providers_and_says_nothing_else(control):
    """S2-28"""
    answer = await control.ask("/health")

    assert answer.status == 200
    assert answer.fields["content-type"] == "application/json"
    assert answer.text == '{"status":"healthy","providers":3}'


async def test_health_stays_good_while_the_gateway_drains_but_readiness_does_not(control):
    """S2-28, S3-26"""
    control.facts.error = "draining"

    health, healthz, readyz = [await control.ask(path) for path in ("/health", "/healthz", "/readyz")]

    assert (health.status, healthz.status, readyz.status) == (200, 200, 503)
    assert json.loads(readyz.text) == {
        "ok": False, "version": "9.8.7", "commit": "abc1234", "build_date": "2026-11-21", "error": "draining",
    }  # fmt: skip


async def test_healthz_and_readyz_tell_the_build(control):
    """S3-26"""
    build = {"version": "9.8.7", "commit": "abc1234", "build_date": "2026-11-21"}

    assert json.loads((await control.ask("/healthz")).text) == {"ok": True, **build}
    assert json.loads((await control.ask("/readyz")).text) == {"ok": True, **build, "config_version": 7}
    assert json.loads((await control.ask("/version")).text) == build


@pytest.mark.parametrize("path", ["/health/liveliness", "/health/liveness", "/health/readiness"])
async def test_the_probe_names_of_other_gateways_work_without_a_key(control, path):
    """S4-69, C12"""
    answer = await control.ask(path)

    assert answer.status == 200
    assert json.loads(answer.text)["status"] == "healthy"


async def test_only_readiness_fails_while_draining(control):
    """S4-69"""
    control.facts.error = "draining"

    assert (await control.ask("/health/liveliness")).status == 200
    assert (await control.ask("/health/liveness")).status == 200
    readiness = await control.ask("/health/readiness")
    assert readiness.status == 503
    assert json.loads(readiness.text) == {"status": "unhealthy", "error": "draining"}


async def test_metrics_are_for_keys_that_may_read_them(control):
    nobody = await control.ask("/metrics")
    caller = await control.ask("/metrics", fields={"authorization": "Bearer may-call"})
    reader = await control.ask("/metrics", fields={"authorization": "Bearer may-read"})

    assert nobody.status == 401
    assert nobody.fields["www-authenticate"] == "Bearer"
    assert json.loads(nobody.text)["error"]["code"] == "invalid_api_key"
    assert caller.status == 403
    assert json.loads(caller.text)["error"]["type"] == "permission_error"
    assert "key other" not in caller.text, "the detail is for the log"
    assert reader.status == 200
    assert reader.body == b"octogate_calls_total 1\n"
    assert reader.fields["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("path", ["/", "/health", "/healthz", "/readyz", "/version", "/favicon.svg"])
async def test_head_answers_as_get_does(control, path):
    get, head = await control.ask(path), await control.ask(path, "HEAD")

    assert head.status == get.status == 200
    assert head.fields["content-type"] == get.fields["content-type"]
    assert head.fields["content-length"] == get.fields["content-length"]


async def test_an_unknown_address_and_a_wrong_method_are_refused_in_json(control):
    missing, posted = await control.ask("/nothing"), await control.ask("/health", "POST")

    assert missing.status == 404
    assert json.loads(missing.text)["error"]["code"] == "not_found"
    assert posted.status == 405
    assert posted.fields["allow"] == "GET, HEAD"
    assert json.loads(posted.text)["error"]["code"] == "method_not_allowed"


async def test_a_defect_is_answered_in_json_without_its_text_and_still_reaches_the_server(control):
    def broken() -> int:
        raise RuntimeError("the secret of the matter")

    control.facts.enabled_providers = broken
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/health", "headers": [], "scheme": "http", "query_string": b""}
    with pytest.raises(RuntimeError):
        await control._application(scope, None, send)

    assert sent[0]["status"] == 500
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert json.loads(body)["error"]["code"] == "internal_error"
    assert b"secret" not in body
