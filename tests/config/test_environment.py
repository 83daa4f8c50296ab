"""References to the environment and the `.env` file."""

import pytest

from config.conftest import BASE, GROUP, STRONG, VLLM
from octogate.config.environment import UnresolvedReference, expand, read_dotenv
from octogate.core.keys import digest_key

WITH_REFERENCE = "version: 1\nauth: {static_keys: [{id: a, key: '${ROUTER_API_KEY}'}]}\n" + VLLM + GROUP


def accepts(snapshot, key):
    return digest_key(key, snapshot.pepper) in snapshot.keys


def test_a_key_is_taken_from_the_environment(configs):
    """S0-6, S2-16"""
    snapshot = configs.load(WITH_REFERENCE, env={"ROUTER_API_KEY": STRONG}).snapshot

    assert accepts(snapshot, STRONG)
    assert not accepts(snapshot, "${ROUTER_API_KEY}")


def test_an_unset_variable_stops_the_start_and_is_named(configs):
    """S0-7"""
    (fault,) = configs.faults(WITH_REFERENCE, env={})

    assert fault.path == "auth.static_keys[0].key"
    assert "ROUTER_API_KEY is not set" in fault.message
    assert (fault.line, fault.column) == (2, 30)


@pytest.mark.parametrize("text", ["$${ROUTER_API_KEY}", "${ROUTER_API_KEY:-}", "${ROUTER_API_KEY:-${X}}"])
def test_neither_the_literal_reference_nor_nothing_becomes_a_key(configs, text):
    """S0-7"""
    faults = configs.faults(WITH_REFERENCE.replace("${ROUTER_API_KEY}", text), env={})

    assert [fault.path for fault in faults] == ["auth.static_keys[0].key"]


def test_an_empty_variable_never_becomes_an_empty_key(configs):
    """S0-7"""
    (fault,) = configs.faults(WITH_REFERENCE, env={"ROUTER_API_KEY": ""})

    assert fault.message == "is empty"


def test_the_spelling_of_litellm_is_understood(configs):
    text = WITH_REFERENCE.replace("${ROUTER_API_KEY}", "os.environ/ROUTER_API_KEY")

    assert accepts(configs.load(text, env={"ROUTER_API_KEY": STRONG}).snapshot, STRONG)


def test_a_dollar_in_a_hash_needs_no_escape(configs):
    """S3-169"""
    hashed = "$2b$12$abcdefghijklmnopqrstuv0123456789ABCDEFGHIJKLMNOPQ"

    snapshot = configs.load(WITH_REFERENCE.replace("${ROUTER_API_KEY}", hashed), env={"b": "no"}).snapshot

    assert accepts(snapshot, hashed)


def test_a_value_is_expanded_once_so_that_its_own_dollars_stay():
    assert expand("${A}-${B:-x}", {"A": "${B}", "B": ""}) == "${B}-x"


@pytest.mark.parametrize("text", ["${", "${A", "${1A}", "${}", "a${b c}d"])
def test_a_broken_reference_says_how_to_write_a_literal_one(text):
    with pytest.raises(UnresolvedReference, match=r"\$\$\{"):
        expand(text, {"A": "x"})


@pytest.mark.parametrize("text", ["$A", "$$", "cost$", "{A}", "os.environ/A/b", "x os.environ/A"])
def test_everything_else_is_ordinary_text(text):
    assert expand(text, {"A": "x"}) == text


def test_comments_and_keys_are_not_looked_into(configs):
    configs.load("# ${NOT_SET}\n" + BASE)


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_a_dotenv_near_the_file_fills_in_what_the_process_lacks(configs, levels):
    """S2-17"""
    place = configs.folder
    for _ in range(levels):
        place = place.parent
    (place / ".env").write_text(f"# keys\nexport ROUTER_API_KEY='{STRONG}'\n")

    assert accepts(configs.load(WITH_REFERENCE, env={}).snapshot, STRONG)


def test_the_process_environment_wins_over_dotenv(configs):
    """S2-17"""
    (configs.folder / ".env").write_text("ROUTER_API_KEY=from-the-file-aaaaaaaaaaaaaaaaaa\n")

    assert accepts(configs.load(WITH_REFERENCE, env={"ROUTER_API_KEY": STRONG}).snapshot, STRONG)


def test_dotenv_lines_are_read_as_people_write_them():
    text = "A=1\n B = two words # note\nC='x # y'\nD=\"q\" # note\n#E=1\nnot a line\nF=\nG=a#b\n"

    assert read_dotenv(text) == {"A": "1", "B": "two words", "C": "x # y", "D": "q", "F": "", "G": "a#b"}


def test_a_value_from_the_environment_is_never_quoted_in_a_fault(configs):
    secret = "s3cr3t-that-landed-in-the-wrong-place"
    text = BASE.replace("vllm/qwen", "{provider: '${X}', model: m}") + "server: {mode: '${X}', default_model: '${X}'}\n"

    faults = configs.faults(text, env={"X": secret})

    assert len(faults) == 3
    assert all(secret not in str(fault) for fault in faults)
