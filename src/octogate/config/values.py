"""The kinds of values that the schema is made of: durations, sizes, exact prices, secrets, addresses."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, ValidationInfo

from octogate.core.money import NANO_PER_USD
from octogate.core.secret import Secret

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([KMG]i?B|B)?")
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MAX_SECONDS = 7 * 86400.0
_MAX_USD_PER_MILLION = 1_000_000


class ListenAddress(NamedTuple):
    """Where a further listener is."""

    host: str
    port: int


def read_duration(value: object) -> float:
    """Seconds from "250ms", "5s", "1m30s", or from a plain number of seconds."""
    if isinstance(value, int | Decimal | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip() if isinstance(value, str) else ""
    if _NUMBER.fullmatch(text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError('must be a duration such as "250ms", "30s" or "1m30s", or a number of seconds')
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def read_size(value: object) -> int:
    """Bytes from "64MiB", "1GB", "512B", or from a plain whole number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a size such as "64MiB", or a whole number of bytes')
    return int(Decimal(match.group(1)) * _BYTES[match.group(2) or "B"])


def read_usd(value: object) -> int:
    """Exact nano-USD from a number or decimal text in USD. No rounding: what cannot be kept exactly is refused."""
    try:
        amount = Decimal(str(value)) if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise ValueError('must be an amount of USD such as 0.15 or "0.15"')
    if amount < 0:
        raise ValueError("must not be negative")
    if amount > _MAX_USD_PER_MILLION:
        raise ValueError(f"must be at most {_MAX_USD_PER_MILLION} USD")
    nano = amount * NANO_PER_USD
    if nano != int(nano):
        raise ValueError("must have at most 9 digits behind the point")
    return int(nano)


def read_secret(value: object) -> object:
    """Text becomes a Secret at once, so that no error text, repr or dump of the configuration can show it."""
    return Secret(value) if isinstance(value, str) else value


def read_key_hash(value: object) -> Secret:
    """A SHA-256 in hex, of either case. Kept as a Secret: whoever sees the hash of a weak key can guess at leisure."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError("must be a SHA-256: 64 hexadecimal digits")
    return Secret(value.lower())


def read_time(value: object) -> float:
    """Seconds since the epoch from an ISO 8601 date or date-time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError('must be a date or a time such as "2027-01-31" or "2027-01-31T12:00:00Z"')
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read_number(value: object) -> object:
    """Let exact decimals of the file into plain float fields."""
    return float(value) if isinstance(value, Decimal) else value


def read_network(value: object) -> object:
    """A network in CIDR form, normalised: "10.0.0.1/8" is "10.0.0.0/8"."""
    try:
        return str(ipaddress.ip_network(value, strict=False)) if isinstance(value, str) else value
    except ValueError:
        raise ValueError('must be an address or a network such as "10.0.0.0/8"') from None


def read_listen(value: object) -> ListenAddress:
    """The metrics listener, from "host:port" or a bare port on the loopback address."""
    text = f"127.0.0.1:{value}" if isinstance(value, int) and not isinstance(value, bool) else value
    host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    host = host.strip("[]")
    if not port.isdigit() or not int(port[:9]) <= 65535 or not is_loopback(host):
        raise ValueError('must be a loopback address with a port, such as "127.0.0.1:9090"')
    return ListenAddress(host, int(port))


def read_path(value: object, info: ValidationInfo) -> object:
    """A file; a relative name belongs to the folder of the configuration file (the validation's context)."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be the name of a file")
    return str(info.context["folder"] / value) if info.context else value


def read_proxy(value: object) -> object:
    """`host:port` of a CONNECT proxy, from "http://host:port" or "host:port"."""
    if not isinstance(value, str):
        return value
    text = value.removeprefix("http://").rstrip("/")
    host, colon, port = text.rpartition(":")
    plain = host.replace("-", "").replace(".", "").replace("_", "").isalnum()
    if not colon or not (plain and host.isascii()) or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError('must be "http://host:port"; a proxy that asks for a password is not supported')
    return text


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def rename(values: Any, names: Mapping[str, str]) -> Any:
    """`values` with other spellings of its members brought to ours (only where ours is absent)."""
    if not isinstance(values, dict):
        return values
    return {names[key] if key in names and names[key] not in values else key: value for key, value in values.items()}


Seconds = Annotated[float, BeforeValidator(read_duration), Field(gt=0, le=_MAX_SECONDS)]
SecondsOrZero = Annotated[float, BeforeValidator(read_duration), Field(ge=0, le=_MAX_SECONDS)]
Bytes = Annotated[int, BeforeValidator(read_size), Field(gt=0, le=2**40)]
NanoUsd = Annotated[int, BeforeValidator(read_usd)]
SecretText = Annotated[Secret, BeforeValidator(read_secret)]
KeyHash = Annotated[Secret, BeforeValidator(read_key_hash)]
Time = Annotated[float, BeforeValidator(read_time)]
Factor = Annotated[float, BeforeValidator(read_number), Field(ge=1, le=10)]
Network = Annotated[str, BeforeValidator(read_network)]
Listen = Annotated[ListenAddress, BeforeValidator(read_listen)]
Proxy = Annotated[str, BeforeValidator(read_proxy)]
Port = Annotated[int, Field(ge=0, le=65535)]
Tokens = Annotated[int, Field(gt=0, le=100_000_000)]
Label = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
FilePath = Annotated[str, BeforeValidator(read_path), Field(min_length=1, max_length=4096)]
LogFile = Annotated[Path, BeforeValidator(read_path)]
