"""Raw requests, right and wrong, as data: what is sent, which statuses must come back, and whether we hang up."""

from typing import NamedTuple


class Case(NamedTuple):
    name: str
    data: bytes
    statuses: tuple[int, ...]
    closed: bool = True


NEXT = b"GET /next HTTP/1.1\r\nHost: gateway\r\n\r\n"
"""Sent behind every case in the same segment: after a right request it is answered, after a wrong one never seen."""

CANARY = b"GET /canary HTTP/1.1\r\nHost: gateway\r\n\r\n"
"""Hidden inside bodies: whoever disagrees about a length takes it for a request."""


def post(*lines: bytes, body: bytes = b"", target: bytes = b"/v1/chat", version: bytes = b"1.1") -> bytes:
    head = [b"POST %b HTTP/%b" % (target, version), b"Host: gateway", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(target: bytes, *lines: bytes, version: bytes = b"1.1") -> bytes:
    return b"\r\n".join([b"GET %b HTTP/%b" % (target, version), b"Host: gateway", *lines]) + b"\r\n\r\n"


def bare(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunked(body: bytes, *lines: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", *lines, body=body)


def right(name: str, data: bytes) -> Case:
    return Case(name, data, (200, 200), closed=False)


def wrong(name: str, data: bytes, status: int = 400) -> Case:
    return Case(name, data, (status,))


def last(name: str, data: bytes) -> Case:
    """Right, but the connection ends with it."""
    return Case(name, data, (200,))


RIGHT = [
    right("no body", get(b"/v1/models")),
    right("content-length", post(b"Content-Length: 5", body=b"hello")),
    right("content-length of zero", post(b"Content-Length: 0")),
    right("content-length with leading zeros", post(b"Content-Length: 0005", body=b"hello")),
    right("content-length with white space around it", post(b"Content-Length: \t 5 ", body=b"hello")),
    right("content-length without a space", post(b"content-length:5", body=b"hello")),
    right("a request as a body", post(b"Content-Length: %d" % len(CANARY), body=CANARY)),
    right("a post without a length has no body", post()),
    right("a get with a body", get(b"/v1/models", b"Content-Length: 3") + b"abc"),
    right("one chunk", chunked(b"5\r\nhello\r\n0\r\n\r\n")),
    right("many chunks", chunked(b"1\r\nh\r\n2\r\nel\r\n002\r\nlo\r\n0\r\n\r\n")),
    right("an upper-case chunk size", chunked(b"A\r\n0123456789\r\n0\r\n\r\n")),
    right("an empty chunked body", chunked(b"0\r\n\r\n")),
    right("a chunk extension", chunked(b"5;a=b\r\nhello\r\n0\r\n\r\n")),
    right("a quoted chunk extension", chunked(b'5;a="b"\r\nhello\r\n0\r\n\r\n')),
    right("a request inside a chunk", chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(CANARY), CANARY))),
    right("transfer-encoding behind a tab", post(b"Transfer-Encoding:\tchunked", body=b"0\r\n\r\n")),
    right("transfer-encoding in capitals", post(b"TRANSFER-ENCODING: Chunked", body=b"0\r\n\r\n")),
    right("a trailer", chunked(b"5\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n")),
    right("an authorization in the trailer", chunked(b"0\r\nAuthorization: Bearer evil\r\nHost: evil\r\n\r\n")),
    right("empty lines before the request", b"\r\n\r\n" + get(b"/v1/models")),
    right("an offer of h2c", post(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk",
                                  b"Content-Length: %d" % len(CANARY), body=CANARY)),
    right("an offer of h2c on a chunked body", chunked(b"5\r\nhello\r\n0\r\n\r\n", b"Connection: upgrade",
                                                       b"Upgrade: h2c")),
    right("an offer of websocket", get(b"/v1/realtime", b"Connection: Upgrade", b"Upgrade: websocket")),
    right("a host with a port", bare(b"GET / HTTP/1.1", b"Host: gateway.example:4000")),
    right("an IPv6 host", bare(b"GET / HTTP/1.1", b"Host: [2001:db8::1]:4000")),
    right("an escaped slash in a model name", get(b"/v1beta/models/meta%2Fllama:generateContent?alt=sse")),
    right("options on everything", bare(b"OPTIONS * HTTP/1.1", b"Host: gateway")),
    right("obs-text in a value", get(b"/", b"X-Name: caf\xe9")),
    right("a list field twice", get(b"/", b"Accept: a/b", b"Accept: c/d")),
    right("an expectation with the body behind it", post(b"Expect: 100-continue", b"Content-Length: 5", body=b"hello")),
    right("the largest header block", get(b"/", b"X-Large: " + b"a" * 32_000)),
    right("a hundred fields", get(b"/", *(b"X-%d: a" % i for i in range(99)))),
    last("connection: close", get(b"/v1/models", b"Connection: close")),
    last("HTTP/1.0", get(b"/v1/models", version=b"1.0")),
    last("HTTP/1.0 with keep-alive", get(b"/v1/models", b"Connection: keep-alive", version=b"1.0")),
    last("HTTP/1.0 with a body", post(b"Content-Length: 5", body=b"hello", version=b"1.0")),
]  # fmt: skip

LENGTHS = [
    wrong("content-length and transfer-encoding", post(b"Content-Length: 5", b"Transfer-Encoding: chunked",
                                                       body=b"0\r\n\r\n" + CANARY)),
    wrong("transfer-encoding and content-length", post(b"Transfer-Encoding: chunked", b"Content-Length: 5",
                                                       body=b"0\r\n\r\n" + CANARY)),
    wrong("unknown coding and content-length", post(b"Transfer-Encoding: x", b"Content-Length: 5", body=b"hello")),
    wrong("content-length twice, equal", post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello")),
    wrong("content-length twice, different", post(b"Content-Length: 0", b"Content-Length: 44", body=CANARY)),
    wrong("content-length as a list", post(b"Content-Length: 5, 5", body=b"hello")),
    wrong("content-length with a plus", post(b"Content-Length: +5", body=b"hello")),
    wrong("content-length with a minus", post(b"Content-Length: -5", body=b"hello")),
    wrong("content-length in hexadecimal", post(b"Content-Length: 0x5", body=b"hello")),
    wrong("content-length with an underscore", post(b"Content-Length: 0_5", body=b"hello")),
    wrong("content-length with a space inside", post(b"Content-Length: 5 5", body=b"hello")),
    wrong("content-length with a vertical tab", post(b"Content-Length: \x0b5", body=b"hello")),
    wrong("content-length empty", post(b"Content-Length: ", body=b"hello")),
    wrong("content-length in words", post(b"Content-Length: five", body=b"hello")),
    wrong("content-length with a fraction", post(b"Content-Length: 5.0", body=b"hello")),
    wrong("content-length above 64 bits", post(b"Content-Length: 18446744073709551621", body=b"hello")),
    wrong("content-length in other digits", post("Content-Length: ٥".encode(), body=b"hello")),
    wrong("content-length with a space before the colon", post(b"Content-Length : 5", body=b"hello")),
    wrong("content-length above the cap", post(b"Content-Length: 67108865"), 413),
    wrong("an unknown coding", post(b"Transfer-Encoding: x", body=b"0\r\n\r\n" + CANARY), 501),
    wrong("identity, chunked", post(b"Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n" + CANARY), 501),
    wrong("gzip, chunked", post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + CANARY), 501),
    wrong("chunked, identity", post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + CANARY)),
    wrong("a quoted coding", post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n" + CANARY), 501),
    wrong("a coding with a parameter", post(b"Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n" + CANARY), 501),
    wrong("a coding with a vertical tab", post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + CANARY)),
    wrong("an empty coding", post(b"Transfer-Encoding: ", body=b"0\r\n\r\n" + CANARY)),
    wrong("transfer-encoding twice", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked",
                                          body=b"0\r\n\r\n" + CANARY)),
    wrong("two codings in two fields", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
                                            body=b"0\r\n\r\n" + CANARY)),
    wrong("transfer-encoding in HTTP/1.0", post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + CANARY,
                                                version=b"1.0")),
    wrong("transfer-encoding with a space before the colon", post(b"Transfer-Encoding : chunked",
                                                                  body=b"0\r\n\r\n" + CANARY)),
]  # fmt: skip

CHUNKS = [
    wrong("chunk size 0x5", chunked(b"0x5\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size +5", chunked(b"+5\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size -5", chunked(b"-5\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size 5_0", chunked(b"5_0\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size with a leading space", chunked(b" 5\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size with a trailing space", chunked(b"5 \r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size that is empty", chunked(b"\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size that is no number", chunked(b"g\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk size above 64 bits", chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk line that ends in LF", chunked(b"5\nhello\r\n0\r\n\r\n")),
    wrong("chunk extension that ends in LF", chunked(b"5;a\nhello\r\n0\r\n\r\n")),
    wrong("chunk extension with a lone CR", chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk data that is too long", chunked(b"4\r\nhello\r\n0\r\n\r\n")),
    wrong("chunk data without its end", chunked(b"5\r\nhello0\r\n\r\n")),
    wrong("chunk data that ends in LF", chunked(b"5\r\nhello\n0\r\n\r\n")),
    wrong("chunk data with another end", chunked(b"5\r\nhelloXX0\r\n\r\n")),
    wrong("a last chunk that ends in LF", chunked(b"0\n\n")),
    wrong("a trailer with a content-length", chunked(b"0\r\nContent-Length: 44\r\n\r\n")),
    wrong("a trailer with both", chunked(b"0\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n")),
]  # fmt: skip

HEADS = [
    wrong("no host", bare(b"GET / HTTP/1.1", b"Accept: */*")),
    wrong("no host in HTTP/1.0", bare(b"GET / HTTP/1.0")),
    wrong("two hosts", get(b"/", b"Host: other")),
    wrong("two equal hosts", get(b"/", b"Host: gateway")),
    wrong("an empty host", bare(b"GET / HTTP/1.1", b"Host:")),
    wrong("a host with a path", bare(b"GET / HTTP/1.1", b"Host: a/health?x=")),
    wrong("a host with user information", bare(b"GET / HTTP/1.1", b"Host: me@gateway")),
    wrong("a list of hosts", bare(b"GET / HTTP/1.1", b"Host: a, b")),
    wrong("a host with a space", bare(b"GET / HTTP/1.1", b"Host: a b")),
    wrong("a host with a bad port", bare(b"GET / HTTP/1.1", b"Host: a:8o")),
    wrong("a host with a bare IPv6 address", bare(b"GET / HTTP/1.1", b"Host: ::1")),
    wrong("two keys", get(b"/", b"Authorization: Bearer a", b"authorization: Bearer b")),
    wrong("an absolute target", get(b"http://gateway/x")),
    wrong("an absolute target of another host", get(b"http://other/x")),
    wrong("a target without a slash", get(b"x")),
    wrong("a star that is no OPTIONS", get(b"*")),
    wrong("a target with a fragment", get(b"/a#b")),
    wrong("a target with a backslash", get(b"/a\\b")),
    wrong("a target in latin-1", get(b"/caf\xe9")),
    wrong("a target with an escaped zero", get(b"/a%00b")),
    wrong("a target with an escaped line", get(b"/a%0d%0aHost:%20b")),
    wrong("a query with an escaped line", get(b"/a?b=%0a")),
    wrong("a target with an escaped delete", get(b"/a%7fb")),
    wrong("a target with half an escape", get(b"/a%2")),
    wrong("a target with a false escape", get(b"/a%zz")),
    wrong("a target that climbs", get(b"/v1/../admin")),
    wrong("a target that climbs, escaped", get(b"/v1/%2e%2E/admin")),
    wrong("a target that ends climbing", get(b"/v1/..")),
    wrong("a target with a space", get(b"/a b")),
    wrong("a target with a control character", get(b"/a\x01b")),
    wrong("an unknown method", bare(b"FETCH / HTTP/1.1", b"Host: gateway")),
    wrong("a method in lower case", bare(b"get / HTTP/1.1", b"Host: gateway")),
    wrong("TRACE", bare(b"TRACE / HTTP/1.1", b"Host: gateway"), 405),
    wrong("CONNECT", bare(b"CONNECT other:443 HTTP/1.1", b"Host: gateway"), 405),
    wrong("PROPFIND", bare(b"PROPFIND / HTTP/1.1", b"Host: gateway"), 405),
    wrong("HTTP/0.9", b"GET /\r\n\r\n", 505),
    wrong("HTTP/2.0", get(b"/", version=b"2.0"), 505),
    wrong("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    wrong("HTTP/1.2", get(b"/", version=b"1.2")),
    wrong("HTTP/1.11", get(b"/", version=b"1.11")),
    wrong("HTTP/1", get(b"/", version=b"1")),
    wrong("a version in lower case", bare(b"GET / http/1.1", b"Host: gateway")),
    wrong("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)),
    wrong("a folded field", get(b"/", b"X-A: 1\r\n  folded")),
    wrong("a folded transfer-encoding", post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n" + CANARY)),
    wrong("lines that end in LF", b"GET / HTTP/1.1\nHost: gateway\n\n"),
    wrong("a field that ends in LF", b"GET / HTTP/1.1\r\nHost: gateway\nX-A: 1\r\n\r\n"),
    wrong("a lone CR in a value", get(b"/", b"X-A: a\rb")),
    wrong("a NUL in a value", get(b"/", b"X-A: a\0b")),
    wrong("a NUL in a name", get(b"/", b"X-\0A: b")),
    wrong("a name with a space", get(b"/", b"X A: b")),
    wrong("a line without a colon", get(b"/", b"nonsense")),
    wrong("an empty name", get(b"/", b": b")),
    wrong("a name in latin-1", get(b"/", b"X-\xe9: b")),
    wrong("a space before the first field", bare(b"GET / HTTP/1.1", b" Host: gateway")),
    wrong("an unknown expectation", post(b"Expect: the-unexpected", b"Content-Length: 5", body=b"hello"), 417),
    wrong("two expectations", post(b"Expect: 100-continue", b"Expect: 100-continue", b"Content-Length: 5")),
]  # fmt: skip

SIZES = [
    wrong("a target of 64 kB", get(b"/" + b"a" * 65_536), 414),
    wrong("a query of 64 kB", get(b"/?" + b"a" * 65_536), 414),
    wrong("a field of 33 kB", get(b"/", b"X-Large: " + b"a" * 33_000), 431),
    wrong("a field of 200 kB", get(b"/", b"X-Large: " + b"a" * 200_000), 431),
    wrong("a field of 4 MB", get(b"/", b"X-Large: " + b"a" * 4_000_000), 431),
    wrong("fields of 40 kB together", get(b"/", *(b"X-%d: %b" % (i, b"a" * 1000) for i in range(40))), 431),
    wrong("a hundred and one fields", get(b"/", *(b"X-%d: a" % i for i in range(101))), 431),
    wrong("two thousand fields", get(b"/", *(b"X-%d: a" % i for i in range(2_000))), 431),
    wrong("fifty thousand equal fields", get(b"/", *[b"X-A: a"] * 50_000), 431),
    wrong("fifty thousand fields", get(b"/", *(b"X-%d: a" % i for i in range(50_000))), 431),
]

SEQUENCES = [
    Case("a right one, then garbage", get(b"/first") + b"\x00\x01garbage\r\n\r\n", (200, 400)),
    Case("two right ones, then no host", get(b"/a") + get(b"/b") + bare(b"GET / HTTP/1.1"), (200, 200, 400)),
    Case("a right one, then a bad body", get(b"/a") + chunked(b"zz\r\n"), (200, 400)),
    Case("three in one segment", get(b"/a") + post(b"Content-Length: 5", body=b"hello") + chunked(b"0\r\n\r\n"),
         (200, 200, 200, 200), closed=False),
    Case("a close in the middle", get(b"/a") + get(b"/b", b"Connection: close") + get(b"/c"), (200, 200)),
    Case("an upgrade behind a body", post(b"Content-Length: 5", body=b"hello")
         + post(b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 3", body=b"abc"), (200, 200, 200),
         closed=False),
]  # fmt: skip

CASES = RIGHT + LENGTHS + CHUNKS + HEADS + SIZES + SEQUENCES
