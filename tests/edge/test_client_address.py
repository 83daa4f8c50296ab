"""Whose call it is, behind proxies that we trust and behind those that we do not."""

import pytest

from octogate.proxy.edge.address import TrustedProxies, network_of, socket_address

HEADERS = ("x-forwarded-for", "x-real-ip")
OURS = ("10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("peer", "chain", "caller"),
    [
        pytest.param("203.0.113.9", "1.1.1.1", "203.0.113.9", id="an untrusted peer is believed nothing"),
        pytest.param("10.0.0.1", "198.51.100.4", "198.51.100.4", id="one proxy"),
        pytest.param("10.0.0.1", "198.51.100.4, 10.0.0.2", "198.51.100.4", id="two proxies"),
        pytest.param("192.0.2.7", "198.51.100.4,10.0.0.2 , 10.9.9.9", "198.51.100.4", id="three proxies"),
        pytest.param("10.0.0.1", "127.0.0.1, 198.51.100.4", "198.51.100.4", id="a spoofed left value"),
        pytest.param("10.0.0.1", "10.0.0.5, 198.51.100.4, 10.0.0.2", "198.51.100.4", id="a spoofed inner address"),
        pytest.param("10.0.0.1", "10.0.0.5, 10.0.0.6", "10.0.0.5", id="all are ours"),
        pytest.param("10.0.0.1", "2001:DB8::0001", "2001:db8::1", id="IPv6, written the short way"),
        pytest.param("2001:db8:ffff::2", "[2001:db8::1]:4711", "2001:db8::1", id="IPv6 with a port"),
        pytest.param("10.0.0.1", "198.51.100.4:4711", "198.51.100.4", id="IPv4 with a port"),
        pytest.param("10.0.0.1", "::ffff:198.51.100.4", "198.51.100.4", id="IPv4 in IPv6"),
        pytest.param("10.0.0.1", "::ffff:10.0.0.2", "10.0.0.2", id="our own IPv4 in IPv6"),
        pytest.param("10.0.0.1", "unknown", "10.0.0.1", id="no address at all"),
        pytest.param("10.0.0.1", "198.51.100.4, unknown, 10.0.0.2", "10.0.0.2", id="no address in the middle"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="an empty chain"),
        pytest.param("10.0.0.1", None, "10.0.0.1", id="no chain"),
        pytest.param("", "198.51.100.4", "", id="a Unix socket that is not trusted"),
    ],
)
def test_the_caller_is_the_right_most_address_that_is_not_ours(peer, chain, caller):
    """S3-159"""
    fields = {} if chain is None else {b"x-forwarded-for": chain.encode()}

    assert TrustedProxies(OURS, HEADERS).client_ip(peer, fields) == caller


def test_the_first_header_that_is_present_decides():
    """S3-159"""
    both = {b"x-real-ip": b"198.51.100.1", b"x-forwarded-for": b"198.51.100.2"}

    assert TrustedProxies(OURS, HEADERS).client_ip("10.0.0.1", both) == "198.51.100.2"
    assert TrustedProxies(OURS, HEADERS[::-1]).client_ip("10.0.0.1", both) == "198.51.100.1"
    assert TrustedProxies(OURS, HEADERS).client_ip("10.0.0.1", {b"x-real-ip": b"198.51.100.1"}) == "198.51.100.1"
    assert TrustedProxies(OURS, ()).client_ip("10.0.0.1", both) == "10.0.0.1"


def test_without_trusted_proxies_no_header_is_believed():
    """S3-159"""
    for peer in ("127.0.0.1", "::1", "10.0.0.1", ""):
        assert TrustedProxies((), HEADERS).client_ip(peer, {b"x-forwarded-for": b"1.2.3.4"}) == peer


def test_a_unix_socket_can_be_trusted():
    """S3-159"""
    proxies = TrustedProxies(("unix:", "10.0.0.0/8"), HEADERS)

    assert proxies.client_ip("", {b"x-forwarded-for": b"198.51.100.4, 10.0.0.1"}) == "198.51.100.4"
    assert proxies.client_ip("203.0.113.9", {b"x-forwarded-for": b"198.51.100.4"}) == "203.0.113.9"


def test_a_wrong_cidr_is_refused_at_the_start():
    with pytest.raises(ValueError):
        TrustedProxies(("10.0.0.1/8",), HEADERS)


def test_the_address_of_a_socket():
    assert socket_address(("192.0.2.1", 4711)) == "192.0.2.1"
    assert socket_address(("::ffff:192.0.2.1", 4711, 0, 0)) == "192.0.2.1"
    assert socket_address(("2001:db8::1", 4711, 0, 0)) == "2001:db8::1"
    assert socket_address("") == ""
    assert socket_address(None) == ""


def test_an_IPv6_subscriber_is_one_caller():  # noqa: N802 - its proper name
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:ffff:ffff:ffff") != network_of("2001:db8:0:1::1")
    assert network_of("fe80::1%eth0") == "fe80::/64"


async def test_the_exchange_knows_its_caller(edge_with):
    """S3-159"""
    callers = []

    async def note(exchange):
        callers.append((exchange.peer, exchange.client_ip))
        exchange.send(200, b"", b"")

    get = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nx-forwarded-for: 198.51.100.4\r\n\r\n"
    for trusted in ((), ("127.0.0.0/8",)):
        edge = await edge_with(note, trusted_proxies=trusted)
        wire = await edge.call(get)
        assert (await wire.answer()).status == 200

    assert callers == [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "198.51.100.4")]


async def test_a_unix_socket_is_listened_on_and_removed_at_the_end(edge_with, tmp_path):
    import asyncio

    from .wire import Wire

    path = tmp_path / "gateway.sock"
    edge = await edge_with(unix_path=str(path), trusted_proxies=("unix:",))
    assert path.is_socket()
    wire = Wire(*await asyncio.open_unix_connection(str(path)))
    wire.say(b"GET /unix HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (await wire.answer()).status == 200
    assert edge.server.port == 0
    wire.hang_up()
    edge.server.stop_listening()
    assert not path.exists()


async def test_a_unix_socket_that_another_process_took_over_is_left_alone(edge_with, tmp_path):
    path = tmp_path / "gateway.sock"
    old = await edge_with(unix_path=str(path))
    await edge_with(unix_path=str(path))
    old.server.stop_listening()

    assert path.is_socket()


async def test_a_unix_socket_that_a_dead_process_left_behind_is_taken_over(edge_with, tmp_path):
    import socket

    path = tmp_path / "gateway.sock"
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(path))
    left_behind.close()

    await edge_with(unix_path=str(path))
