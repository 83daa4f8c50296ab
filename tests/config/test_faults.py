"""Every fault has its place, its message, and a way out."""

import pytest

from config.conftest import BASE, GROUP, KEYS, STRONG, VLLM


def only(configs, text, **options):
    faults = configs.faults(text, **options)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def with_provider(text):
    return "version: 1\n" + KEYS + "providers: {p: {" + text + "}}\nmodels: {g: {targets: [p/m]}}\n"


def with_target(text):
    return "version: 1\n" + KEYS + VLLM + "models: {g: {targets: [" + text + "]}}\n"


def with_key(text, mode=""):
    return "version: 1\n" + mode + "auth: {static_keys: [{" + text + "}]}\n" + VLLM + GROUP


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (BASE.replace("version: 1\n", ""), "version", "begin the file with `version: 1`"),
        (BASE.replace("version: 1", "version: 2"), "version", "2 is not an allowed value"),
        (BASE + "server: {port: http}\n", "server.port", "must be a whole number"),
        (BASE + "server: {port: 70000}\n", "server.port", "must be at most 65535"),
        (BASE + "server: {max_body: 5 apples}\n", "server.max_body", 'must be a size such as "64MiB"'),
        (BASE + "server: {max_body: 0}\n", "server.max_body", "must be more than 0"),
        (BASE + "server: {shutdown_grace: soon}\n", "server.shutdown_grace", "must be a duration"),
        (BASE + "server: {shutdown_grace: 5sec}\n", "server.shutdown_grace", "must be a duration"),
        (BASE + "server: {shutdown_grace: -1}\n", "server.shutdown_grace", "must be at least 0"),
        (BASE + "server: {trusted_proxies: [10.0.0.0/99]}\n", "server.trusted_proxies[0]", "10.0.0.0/8"),
        (BASE + "server: {host: 127.0.0.1, host: '::1'}\n", "server.host", "is here twice"),
        (BASE + "server: {tls: {cert: c.pem}}\n", "server.tls.key", "is required"),
        (BASE + "server: {client_ip: {store: maybe}}\n", "server.client_ip.store", "must be true or false"),
        (BASE + "server: [1]\n", "server", "must be a mapping"),
        (BASE + "server: {mode: prod}\n", "server.mode", "'prod' is not an allowed value"),
        (BASE + "metrics: {listen: 0.0.0.0:9090}\n", "metrics.listen", "must be a loopback address"),
        (BASE + "logging: {level: loud}\n", "logging.level", "not an allowed value"),
        (BASE + "resilience: {retries: {max_attempts: 0}}\n", "resilience.retries.max_attempts", "at least 1"),
        (BASE + "aliases: {x: [y]}\n", "aliases.x", "must be text"),
        (BASE.replace("{vllm: {}}", "[vllm]"), "providers", "must be a mapping"),
        (with_provider("type: vllm, timeout: {connect: 0s}"), "providers.p.timeout.connect", "must be more than 0"),
        (with_provider("type: vllm, api_key: 12345678"), "providers.p.api_key", "must be text; put it in quotes"),
        (with_provider("type: vllm, dialects: []"), "providers.p.dialects", "must not be empty"),
        (with_provider("type: vllm, dialects: [grpc]"), "providers.p.dialects[0]", "not an allowed value"),
        (with_provider("type: vllm, proxy: 'http://u:p@h:1'"), "providers.p.proxy", "is not supported"),
        (with_provider("type: vllm, models: {m: {context_tokens: -5}}"),
         "providers.p.models.m.context_tokens", "more than"),
        (with_provider("type: vllm, models: {m: {reasoning: {min_budget_tokens: 9, max_budget_tokens: 8}}}"),
         "providers.p.models.m.reasoning.max_budget_tokens", "must not be below min_budget_tokens"),
        (with_target("{provider: vllm, model: x, reasoning: {efforts: [high, low]}}"),
         "models.g.targets[0].reasoning.efforts", "once, from the least: low, high"),
        (with_target("{provider: vllm, model: x, reasoning: {efforts: [low, low]}}"),
         "models.g.targets[0].reasoning.efforts", "once, from the least: low"),
        (with_provider("type: anthropic, api_key: k, models: {m: {supported_inbound_dialects: [openai_embeddings]}}"),
         "providers.p.models.m.supported_inbound_dialects", "nobody could reach it"),
        (with_provider("type: vllm, dialects: [openai_embeddings], "
                       "models: {m: {supported_inbound_dialects: [openai_chat]}}"),
         "providers.p.models.m.supported_inbound_dialects", "nobody could reach it"),
        (with_target("{model: x}"), "models.g.targets[0].provider", "is required"),
        (with_target("{provider: vllm, model: x, weight: -1}"), "models.g.targets[0].weight", "at least 0"),
        (with_target("{provider: vllm, model: x, weight: 0.5}"), "models.g.targets[0].weight", "whole number"),
        (with_target(""), "models.g.targets", "must not be empty"),
        (with_target("7"), "models.g.targets[0]", "must be a mapping"),
        (with_key(f"key: '{STRONG}', scopes: [admin]"), "auth.static_keys[0].scopes[0]", "not an allowed value"),
        (with_key(f"key: '{STRONG}', expires_at: tomorrow"), "auth.static_keys[0].expires_at", "must be a date"),
        (with_key(f"key: '{STRONG}', team: ''"), "auth.static_keys[0].team", "must not be empty"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_shape(configs, text, path, message):
    """S2-21"""
    fault = only(configs, text)

    assert fault.path == path
    assert message in str(fault)


@pytest.mark.parametrize(
    ("text", "path", "suggestion"),
    [
        (BASE + "server: {prot: 1}\n", "server.prot", "port"),
        (BASE + "severs: {}\n", "severs", "server"),
        (BASE.replace("targets:", "tragets:"), "models.default.tragets", "targets"),
        (with_provider("type: vllm, timeout: {conect: 5s}"), "providers.p.timeout.conect", "connect"),
        (with_target("{provider: vllm, model: a, wieght: 3}"), "models.g.targets[0].wieght", "weight"),
        (with_key(f"key: '{STRONG}', gruops: [default]"), "auth.static_keys[0].gruops", "groups"),
        (with_provider("type: vllm, models: {m: {price: {input: 1, output: 2, cashed: 1}}}"),
         "providers.p.models.m.price.cashed", "cached"),
        (with_provider("type: vlm"), "providers.p.type", "vllm"),
        (with_target("vlm/a"), "models.g.targets[0].provider", "vllm"),
        (BASE + "server: {default_model: defualt}\n", "server.default_model", "default"),
        (BASE + "aliases: {fast: defaul}\n", "aliases.fast", "default"),
        (with_key(f"key: '{STRONG}', groups: [defaults]"), "auth.static_keys[0].groups[0]", "default"),
        (BASE.replace("targets:", "strategy: round-robbin, targets:"), "models.default.strategy", "round_robin"),
    ],
)  # fmt: skip
def test_a_misspelling_is_met_with_what_was_meant(configs, text, path, suggestion):
    """S3-36"""
    fault = next(fault for fault in configs.faults(text) if fault.path == path)

    assert fault.suggestion == suggestion
    assert f"did you mean {suggestion!r}?" in str(fault)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        *((BASE + f"{name}: {{}}\n", name) for name in (
            "database", "redis", "secrets", "limits", "budgets", "keys", "teams", "users", "memberships", "admin",
            "privacy", "capture", "cache", "media", "retention", "callbacks", "compat")),
        (BASE.replace("auth: {", "auth: {jwt: [], "), "auth.jwt"),
        (BASE.replace("auth: {", "auth: {master_key: x, "), "auth.master_key"),
        (BASE.replace("{id: a,", "{id: a, role: admin,"), "auth.static_keys[0].role"),
        (BASE.replace("vllm: {}", "vllm: {limits: []}"), "providers.vllm.limits"),
        (BASE.replace("targets:", "fallbacks: [x], targets:"), "models.default.fallbacks"),
        (BASE.replace("targets:", "retries: {jitter: full}, targets:"), "models.default.retries.jitter"),
        (BASE.replace("targets:", "strategy: latency, targets:"), "models.default.strategy"),
        (BASE.replace("targets:", "strategy: cost-based, targets:"), "models.default.strategy"),
        (BASE + "resilience: {circuit_breaker: {window: 60s}}\n", "resilience.circuit_breaker.window"),
        (BASE + "logging: {format: json}\n", "logging.format"),
    ],
)  # fmt: skip
def test_a_setting_of_a_later_release_is_refused_by_name(configs, text, path):
    fault = only(configs, text)

    assert fault.path == path
    assert fault.message.startswith("is not part of this release")


@pytest.mark.parametrize(
    ("text", "system"), [("model_list: []\n", "LiteLLM"), ("security: {apiKeys: [x]}\n", "Octo Router")]
)
def test_a_file_of_another_gateway_is_recognised(configs, text, system):
    assert any(f"belongs to a {system} file" in fault.message for fault in configs.faults(text))


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("version: 1\n" + KEYS, "providers", "at least one provider must be enabled"),
        ("version: 1\n" + KEYS + "providers: {vllm: {enabled: false}}\n", "providers", "at least one provider"),
        (with_provider("enabled: true"), "providers.p", "needs a `type`"),
        (with_provider("type: openai"), "providers.p.api_key", "is required for a provider of the kind openai"),
        (with_provider("type: openai, api_key: ''"), "providers.p.api_key", "${OPENAI_API_KEY}"),
        (with_provider("type: openai, api_key: \"a\\nb\""), "providers.p.api_key", "without spaces and line ends"),
        (with_provider("type: openai-compatible"), "providers.p.base_url", "is required"),
        (with_provider("type: vllm, tls: {cert: c.pem, key: k.pem}"), "providers.p.tls.cert", "no such file"),
        (with_provider("type: vllm, base_url: ftp://h"), "providers.p.base_url", "must begin with http"),
        (with_provider("type: vllm, base_url: 'http://u:p@h'"), "providers.p.base_url", "user name or password"),
        (BASE.replace("{vllm: {}}", "{vllm: {}, 'a/b': {type: vllm}}"), 'providers["a/b"]', "consists of letters"),
        (with_target("vllm"), "models.g.targets[0].model", "is required: the provider has no default_model"),
        (BASE.replace("targets: [vllm/qwen]", "strategy: weighted, targets: [{provider: vllm, model: a, weight: 0}]"),
         "models.default.targets", "at least one target with a weight above 0"),
        (BASE.replace("default:", "'my group':"), 'models["my group"]', "without spaces"),
        (BASE + "aliases: {default: vllm/x}\n", "aliases.default", "is also the name of a model group"),
        (BASE + "aliases: {a: default, b: a}\n", "aliases.b", "leads to another alias"),
        (BASE + "routing: {allow_direct_models: false}\naliases: {a: vllm/x}\n", "aliases.a", "no model group"),
        (BASE + "server: {tls: {cert: nowhere.pem, key: nowhere.pem}}\n", "server.tls.cert", "no such file"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_together(configs, text, path, message):
    """S2-4, S2-5, S2-21"""
    fault = configs.faults(text)[0]

    assert fault.path == path
    assert message in str(fault)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "metadata.google.internal", "100.100.100.200",
        "168.63.129.16", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1", "255.255.255.255", "2852039166",
        "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
    ],
)  # fmt: skip
def test_a_provider_is_never_at_a_metadata_address(configs, host):
    fault = only(configs, with_provider(f"type: vllm, base_url: 'http://{host}/v1'"))

    assert fault.path == "providers.p.base_url"
    assert fault.message.startswith("its host is")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "10.1.2.3", "vllm", "gpu.lan", "[::1]:80", "m.ns.svc.cluster.local"]
)
def test_clear_text_inside_networks_of_ones_own_is_fine(configs, host):
    assert configs.load(with_provider(f"type: vllm, base_url: 'http://{host}'")).warnings == ()


def test_clear_text_to_the_world_is_a_warning(configs):
    (warning,) = configs.load(with_provider("type: vllm, base_url: http://llm.example.com/v1")).warnings

    assert warning.path == "providers.p.base_url"
    assert "clear text" in warning.message


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Host: x", "writes itself"), ("Content-Length: '5'", "writes itself"), ("authorization: x", "use api_key"),
        ("Transfer-Encoding: x", "writes itself"), ("'a b': x", "not a valid header name"),
        ("'x-a:': x", "not a valid header name"), ('x-a: "b\\r\\nhost: evil"', "cannot be sent"),
        ("x-a: ' b'", "cannot be sent"), ("x-a: ''", "cannot be sent"), ("x-a: 'ü'", "cannot be sent"),
    ],
)  # fmt: skip
def test_a_header_that_would_break_requests_is_refused(configs, header, message):
    fault = only(configs, with_provider("type: vllm, headers: {" + header + "}"))

    assert message in fault.message
    assert "evil" not in str(fault)


def test_all_faults_come_at_once_and_in_the_order_of_the_file(configs):
    text = """\
version: 1
server: {prot: 8080, default_model: defualt}
auth: {static_keys: [{key: "${NOPE}"}, {key: x, groups: [defalt]}]}
providers:
  openai: {base_url: "http://169.254.169.254/v1"}
  vllm: {timeout: {conect: 5s}, headers: {Host: x}}
models:
  default: {targets: [opena/gpt-4o, {provider: vllm, model: x, wieght: 3}]}
limits: {}
"""
    faults = configs.faults(text)

    assert [(fault.line, fault.path) for fault in faults] == [
        (2, "server.prot"),
        (2, "server.default_model"),
        (3, "auth.static_keys[0].key"),
        (3, "auth.static_keys[1].groups[0]"),
        (5, "providers.openai.api_key"),
        (5, "providers.openai.base_url"),
        (6, "providers.vllm.timeout.conect"),
        (6, "providers.vllm.headers.Host"),
        (8, "models.default.targets[0].provider"),
        (8, "models.default.targets[1].wieght"),
        (9, "limits"),
    ]


def test_the_whole_text_of_a_check_is_what_people_paste_into_a_ticket(configs, monkeypatch):
    monkeypatch.chdir(configs.folder)
    from pathlib import Path

    from octogate.config import ConfigInvalid, load

    Path("octogate.yaml").write_text(
        "version: 1\nauth:\n  mode: opne\nproviders:\n  openai:\n    api_key: k\n    timeout: {total: soon}\n"
        "models:\n  chat:\n    strategy: weigted\n    targets: [openai/gpt-4o]\n"
    )

    with pytest.raises(ConfigInvalid) as caught:
        load(Path("octogate.yaml"), env={})

    assert str(caught.value) == (
        "octogate.yaml:3:3: auth.mode: 'opne' is not an allowed value; allowed: keys, open; did you mean 'open'?\n"
        'octogate.yaml:7:15: providers.openai.timeout.total: must be a duration such as "250ms", "30s" or'
        ' "1m30s", or a number of seconds\n'
        "octogate.yaml:10:5: models.chat.strategy: 'weigted' is not an allowed value;"
        " allowed: static, failover, round_robin, weighted; did you mean 'weighted'?"
    )


def test_no_fault_ever_shows_a_secret(configs):
    secret = "sk-live-0123456789abcdefghijklmnop"
    text = f"""\
version: 1
auth: {{static_keys: [{{key: "{secret}", id: 5, expires_at: x}}, {{key: "{secret}"}}], mode: x}}
providers:
  p: {{type: vllm, api_key: "{secret} ", headers: {{host: "{secret}"}}, base_url: "http://u:{secret}@h/"}}
models: {{g: {{targets: []}}}}
"""
    faults = configs.faults(text)

    assert len(faults) >= 6
    assert all(secret not in str(fault) for fault in faults)
