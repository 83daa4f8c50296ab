"""What one caller can do to the targets of all others."""

from .rig import EVENTS, HELLO, KEY, STOP, answer, chat, request, says


async def test_a_stream_that_lasts_does_not_keep_a_recovered_target_from_the_others(rig_with):
    rig = await rig_with(
        resilience={
            "retries": {"max_attempts": 1},
            "circuit_breaker": {"failure_threshold": 1, "reset_timeout": "10ms", "max_timeout": "10ms"},
        },
        models={"chat": {"targets": ["up/one"]}},
    )
    rig.behaviour = says(answer(b"{}", b"500 Broken"))
    assert (await rig.ask(chat())).status == 502
    assert (await rig.ask(chat())).status == 503, "its breaker is open"

    rig.behaviour = says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(HELLO), HELLO))
    await rig.until(lambda: not rig.gateway._breakers.blocked(("up/one",), rig.gateway._clock.monotonic()))
    probe = await rig.call(request(chat(stream=True), key=KEY))
    await probe.until_event(HELLO)

    rig.behaviour = says(answer())
    assert (await rig.ask(chat())).status == 200, "the probe has been answered, though it goes on"


async def test_models_that_only_callers_name_have_no_breaker_metric_of_their_own(rig):
    rig.behaviour = says(answer(b'{"error":{"message":"no"}}', b"403 Forbidden"))
    for number in range(5):
        assert (await rig.ask(chat(f"up/a-secret-project-name-{number}"))).status == 502

    text = rig.gateway.metrics_text().decode()
    shown = [line for line in text.splitlines() if line.startswith("octogate_breaker_open{")]

    assert shown == ['octogate_breaker_open{target="up/direct"} 1.0']
    assert "a-secret-project-name" not in text


def test_breakers_have_a_bound_whatever_models_callers_name(monkeypatch):
    from octogate.core.snapshot import BreakerRules
    from octogate.proxy.upstream import breaker

    monkeypatch.setattr(breaker, "MAX_BREAKERS", 3)
    breakers = breaker.Breakers()
    for number in range(10):
        breakers.fail(f"up/{number}", 0, BreakerRules(), 0.0, at_once=True)

    assert breakers.open_ids() == ["up/7", "up/8", "up/9"]


async def test_a_stream_that_ends_well_is_still_one_success(rig):
    rig.closes_after = True
    rig.behaviour = says(EVENTS + HELLO + STOP)
    got = await rig.ask(chat(stream=True))

    assert got.whole
    assert got.body.endswith(b"data: [DONE]\n\n")
    assert [attempt.outcome for attempt in rig.receipts[0].attempts] == ["ok"]
