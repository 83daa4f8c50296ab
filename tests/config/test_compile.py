"""What a file means: the snapshot that it compiles to."""

import pytest

from config.conftest import BASE, GROUP, KEYS, STRONG, VLLM
from octogate.core.keys import digest_key, mint_key
from octogate.core.snapshot import BreakerRules, Retries, Timeouts
from octogate.core.traits import USUAL, ReasoningTraits, Traits


def providers(text, models="g: {targets: [p/m]}"):
    return "version: 1\n" + KEYS + "providers: {" + text + "}\nmodels: {" + models + "}\n"


def group(configs, text, name="g"):
    return configs.load(text).snapshot.groups[name]


def test_the_three_vendors_need_nothing_but_a_key(configs):
    """S2-1"""
    text = providers(
        "openai: {api_key: a1}, anthropic: {api_key: b2}, gemini: {api_key: c3}", "g: {targets: [openai/m]}"
    )

    found = configs.load(text).snapshot.providers

    assert {
        name: (p.origin.scheme, p.origin.host, p.origin.port, p.base_path, p.auth_style, p.credential.reveal())
        for name, p in found.items()
    } == {
        "openai": ("https", "api.openai.com", 443, "/v1", "bearer", "a1"),
        "anthropic": ("https", "api.anthropic.com", 443, "", "x-api-key", "b2"),
        "gemini": ("https", "generativelanguage.googleapis.com", 443, "", "x-goog-api-key", "c3"),
    }


def test_a_disabled_provider_is_not_there_and_its_targets_say_so(configs):
    """S2-2"""
    text = providers(
        "p: {type: vllm, enabled: false}, q: {type: vllm}",
        "g: {targets: [p/m, {provider: q, model: m, enabled: false}, q/n]}",
    )

    snapshot = configs.load(text).snapshot

    assert set(snapshot.providers) == {"q"}
    assert [(t.provider.enabled, t.enabled) for t in snapshot.groups["g"].targets] == [
        (False, True),
        (True, False),
        (True, True),
    ]


def test_a_provider_of_any_kind_has_the_settings_it_was_given(configs):
    """S2-13, S3-34, S3-50"""
    text = providers(
        "p: {type: openai-compatible, base_url: 'http://10.0.0.5:9000/x/v1/', api_key: k, auth_style: api-key,"
        " headers: {X-Team: research}, timeout: {connect: 250ms, first_byte: 5s, total: 1m30s}, stream_usage: false,"
        " dialects: [openai_responses], proxy: 'http://proxy:3128', default_max_tokens: 512}"
    )

    provider = configs.load(text).snapshot.providers["p"]

    assert provider.kind == "openai_compatible"
    assert (provider.origin.host, provider.origin.port, provider.base_path) == ("10.0.0.5", 9000, "/x/v1")
    assert provider.origin.proxy == "proxy:3128"
    assert provider.auth_style == "api-key"
    assert [(name, value.reveal()) for name, value in provider.headers] == [("X-Team", "research")]
    assert provider.timeouts == Timeouts(connect=0.25, first_event=5.0, total=90.0)
    assert provider.dialects == {"openai_responses"}
    assert provider.default_max_tokens == 512
    assert not provider.supports_stream_usage


def test_files_are_relative_to_the_configuration(configs):
    (configs.folder / "ca.pem").write_text("x")

    loaded = configs.load(providers("p: {type: vllm, tls: {ca: ca.pem}}") + "logging: {file: out.log}\n")

    assert loaded.snapshot.providers["p"].origin.tls.ca_file == str(configs.folder / "ca.pem")
    assert str(loaded.config.logging.file) == str(configs.folder / "out.log")


def test_a_server_of_ones_own_needs_no_credential(configs):
    assert configs.load(BASE).snapshot.providers["vllm"].auth_style == "none"
    assert (
        configs.load(BASE.replace("vllm: {}", "vllm: {api_key: t}")).snapshot.providers["vllm"].auth_style == "bearer"
    )


def test_targets_keep_their_order_and_repeats_stay_apart(configs):
    """S2-6, S3-39, S3-53"""
    text = providers(
        "p: {type: vllm}, openrouter: {api_key: k}", "g: {targets: [p/m, openrouter/anthropic/claude, p/m, p/m]}"
    )

    targets = group(configs, text).targets

    assert [target.id for target in targets] == ["p/m", "openrouter/anthropic/claude", "p/m#2", "p/m#3"]
    assert [target.model for target in targets] == ["m", "anthropic/claude", "m", "m"]


def test_a_target_without_a_model_takes_the_default_of_its_provider(configs):
    """S2-12"""
    (target,) = group(configs, providers("p: {type: vllm, default_model: big}", "g: {targets: [p]}")).targets

    assert (target.id, target.model) == ("p/big", "big")


def test_the_nearest_setting_wins(configs):
    """S3-37, S3-50"""
    text = providers(
        "p: {type: vllm, timeout: {total: 20s, idle: 7s}, models: {m: {context_tokens: 1000, max_output_tokens: 100}}}",
        "g: {targets: [p/m, {provider: p, model: m, timeout: {total: 3s}, max_output_tokens: 5, weight: 4}]}",
    )

    first, second = group(configs, text).targets

    assert (first.timeouts.total, first.timeouts.idle, first.max_output_tokens, first.weight) == (20, 7, 100, 1)
    assert (second.timeouts.total, second.timeouts.idle, second.max_output_tokens, second.weight) == (3, 7, 5, 4)
    assert first.context_tokens == second.context_tokens == 1000


def test_a_model_may_have_another_name_at_its_provider(configs):
    """S2-8"""
    text = providers("p: {type: vllm, models: {m: {name: Org/Model-7B, price: {input: 1, output: 2}}}}")

    snapshot = configs.load(text).snapshot

    assert snapshot.groups["g"].targets[0].model == "Org/Model-7B"
    assert snapshot.aliases == {"p/m": "p/Org/Model-7B"}
    assert snapshot.direct["p/Org/Model-7B"].price.input == 10**9


def test_prices_of_the_file_go_before_the_list(configs):
    """S2-9, S3-35"""
    text = providers(
        "openai: {api_key: k, models: {gpt-4o: {price: {input: '0.1', output: 0.3, cached: 0}}}}",
        "g: {targets: [openai/gpt-4o, {provider: openai, model: gpt-4o, price: {input: 7, output: 8}},"
        " openai/gpt-4o-mini, openai/never-heard-of-it]}",
    )

    snapshot = configs.load(text).snapshot
    own, nearest, listed, unknown = snapshot.groups["g"].targets

    assert (own.price.input, own.price.output, own.price.cached, own.price.reasoning) == (10**8, 3 * 10**8, 0, None)
    assert own.price.source == "configuration"
    assert own.price.id.startswith("openai/gpt-4o@config-")
    assert nearest.price.input == 7 * 10**9
    assert nearest.price.id != own.price.id
    assert listed.price.source != "configuration"
    assert unknown.price is None
    assert {name: target.price for name, target in snapshot.direct.items()} == {"openai/gpt-4o": own.price}


def test_what_is_said_of_a_model_holds_for_its_targets_and_the_target_has_the_last_word(configs):
    """S3-43, S3-44, S3-47, S3-49"""
    text = providers(
        "p: {type: vllm, models: {m: {honors_max_tokens: false, force_store_false: true, output_token_field: max_tokens,"
        " supported_inbound_dialects: [openai_chat], reasoning: {control: tokens, max_budget_tokens: 9000}}}}",
        "g: {targets: [p/m, {provider: p, model: m, honors_max_tokens: true, reasoning: {max_budget_tokens: 500}}, p/n]}",
    )

    snapshot = configs.load(text).snapshot
    first, second, other = snapshot.groups["g"].targets

    assert first.traits == Traits(
        honors_max_tokens=False,
        force_store_false=True,
        output_token_field="max_tokens",
        supported_inbound_dialects=frozenset({"openai_chat"}),
        reasoning=ReasoningTraits(control="tokens", max_budget_tokens=9_000),
    )
    assert second.traits.honors_max_tokens
    assert second.traits.reasoning == ReasoningTraits(control="tokens", max_budget_tokens=500)
    assert other.traits is USUAL
    assert snapshot.direct["p/m"].traits == first.traits


def test_openais_models_are_known_and_the_file_can_say_otherwise(configs):
    """S3-49"""
    text = providers(
        "openai: {api_key: k, models: {gpt-5-mini: {reasoning: {rejects: [], efforts: [low]}}}}",
        "g: {targets: [openai/gpt-5, openai/gpt-5-mini, openai/gpt-4o]}",
    )

    known, changed, older = (target.traits.reasoning for target in configs.load(text).snapshot.groups["g"].targets)

    assert known.default_on
    assert "temperature" in known.rejects
    assert (changed.rejects, changed.efforts, changed.default_on) == (frozenset(), ("low",), True)
    assert not older.supported


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("-1", "must not be negative"), ("'-0.01'", "must not be negative"), ("0.0000000001", "at most 9 digits"),
        ("cheap", "must be an amount"), ("'NaN'", "must be an amount"), ("'1e999'", "at most 1000000 USD"),
        ("true", "must be an amount"), ("[1]", "must be an amount"),
    ],
)  # fmt: skip
def test_a_price_that_is_none_is_refused(configs, price, message):
    """S3-35"""
    (fault,) = configs.faults(providers(f"p: {{type: vllm, models: {{m: {{price: {{input: {price}, output: 1}}}}}}}}"))

    assert fault.path == "providers.p.models.m.price.input"
    assert message in fault.message


def test_retries_and_breaker_of_the_file_apply(configs):
    """S2-22"""
    text = BASE.replace("targets:", "retries: {max_delay: 1s}, targets:") + (
        "resilience: {retries: {max_attempts: 1, multiplier: 1.5, replay_ambiguous: no},"
        " circuit_breaker: {failure_threshold: 2, reset_timeout: 1m}}\n"
    )

    snapshot = configs.load(text).snapshot

    assert snapshot.retries == Retries(max_attempts=1, multiplier=1.5, replay_ambiguous=False)
    assert snapshot.groups["default"].retries == Retries(
        max_attempts=1, multiplier=1.5, replay_ambiguous=False, max_delay=1
    )
    assert snapshot.breaker == BreakerRules(failure_threshold=2, reset_timeout=60.0)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("round-robin", "round_robin"),
        ("round_robin", "round_robin"),
        ("simple-shuffle", "weighted"),
        ("static", "static"),
    ],
)
def test_strategies_have_the_names_people_know(configs, written, meant):
    """S3-52, S3-53"""
    assert group(configs, BASE.replace("targets:", f"strategy: {written}, targets:"), "default").strategy == meant


def test_a_static_key_carries_what_the_file_says(configs):
    """S0-1"""
    text = (
        "version: 1\n"
        + VLLM
        + GROUP
        + "aliases: {fast: default}\n"
        + (
            f"auth: {{static_keys: [{{key: '{STRONG}', user: u, team: t, environment: e, allow: [fast, 'vllm/*'],"
            " tags: [x], scopes: [llm, 'metrics:read'], expires_at: 2030-01-01, blocked: true},"
            f" {{key: '{mint_key()[1]}'}}]}}\n"
        )
    )

    snapshot = configs.load(text).snapshot
    key = snapshot.keys[digest_key(STRONG, snapshot.pepper)]

    assert (key.id, key.user, key.team, key.environment, key.tags) == ("static-1", "u", "t", "e", ("x",))
    assert key.groups == {"default", "vllm/*"}
    assert key.scopes == {"llm", "metrics:read"}
    assert key.expires_at == 1893456000.0
    assert key.blocked
    assert {k.id: k.groups for k in snapshot.keys.values()} == {"static-1": key.groups, "static-2": None}


def test_aliases_and_the_default_model(configs):
    """S3-38"""
    snapshot = configs.load(BASE + "aliases: {fast: default, big: vllm/qwen}\nserver: {default_model: fast}\n").snapshot

    assert snapshot.aliases == {"fast": "default", "big": "vllm/qwen"}
    assert snapshot.default_model == "fast"


def test_a_digest_names_the_content_and_confirms_no_guess(configs):
    from octogate.config import load

    first = configs.load(BASE)
    again = load(configs.path, env={}, pepper=first.snapshot.pepper)
    elsewhere = load(configs.path, env={})
    other = configs.load(BASE.replace(STRONG, mint_key()[1]))

    assert first.snapshot.digest == again.snapshot.digest
    assert first.snapshot.digest != elsewhere.snapshot.digest
    assert first.snapshot.digest != other.snapshot.digest
