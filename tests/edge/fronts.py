"""nginx and HAProxy in front of a gateway, with a log of what each of them believes it has forwarded."""

import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/errors crit; user root;
events {{ worker_connections 512; }}
http {{
  log_format boundaries '$request_method $request_uri $upstream_status';
  access_log {folder}/log boundaries;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  large_client_header_buffers 8 64k; client_max_body_size 0; underscores_in_headers on; merge_slashes off;
  upstream gateway {{ server 127.0.0.1:{port}; keepalive 4; }}
  server {{
    listen unix:{socket};
    location / {{
      proxy_pass http://gateway; proxy_http_version 1.1; proxy_next_upstream off; proxy_request_buffering {buffering};
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }}
  }}
}}
"""

HAPROXY = """
global
  log stdout len 65535 format raw local0
  tune.bufsize 65536
  tune.http.maxhdr 1000
defaults
  mode http
  log global
  log-format "%HM %HU %ST"
  timeout connect 2s
  timeout client 3s
  timeout server 3s
  retries 0
frontend callers
  bind unix@{socket}
  {lenient}
  default_backend gateway
backend gateway
  http-reuse always
  server s 127.0.0.1:{port}
"""

KINDS = ("nginx", "nginx, unbuffered", "haproxy", "haproxy, lenient")


class Forwarded(NamedTuple):
    method: str
    path: str


class Front:
    """A proxy process of ours; `log()` is what it says it forwarded and got a 200 for, in order."""

    def __init__(self, kind: str, port: int, folder: Path) -> None:
        program = kind.partition(",")[0]
        path = shutil.which(program, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if path is None:
            pytest.fail(f"{program} is needed for the differential tests: install the Debian package {program!r}")
        self.socket = folder / "front.sock"
        self._log = folder / "log"
        self._config = folder / "config"
        facts = {"folder": folder, "socket": self.socket, "port": port}
        if program == "nginx":
            buffering = "off" if "unbuffered" in kind else "on"
            self._config.write_text(NGINX.format(**facts, buffering=buffering))
            command = [path, "-c", str(self._config), "-p", str(folder)]
        else:
            lenient = "option accept-invalid-http-request" if "lenient" in kind else ""
            self._config.write_text(HAPROXY.format(**facts, lenient=lenient))
            command = [path, "-db", "-f", str(self._config)]
        self._log.touch()
        self._output = (folder / ("output" if program == "nginx" else "log")).open("ab")
        self._process = subprocess.Popen(command, stdout=self._output, stderr=subprocess.DEVNULL)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as knock:
                knock.connect(str(self.socket))
                return
            time.sleep(0.01)
        self.stop()
        pytest.fail(f"the proxy did not start: {self._config.read_text()}")

    def log(self) -> list[Forwarded]:
        lines = self._log.read_text("latin-1").splitlines()
        parts = [line.split(" ") for line in lines if line.endswith(" 200")]
        return [Forwarded(method, target.partition("?")[0]) for method, target, *_ in parts]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._output.close()
