"""A real nginx before a site, with the files of deploy/nginx, filled in as they are without Docker."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import Template

import pytest

from clipsite.server import ports
from search.polling import wait_for

FILES = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
_MAIN = """
$user
daemon off;
pid $folder/nginx.pid;
error_log $folder/error.log notice;
events {}
http {
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    $also
    include $folder/clipsite.conf;
}
"""


def nginx_program() -> str:
    """The nginx of this machine; without it these tests are skipped, unless CLIPSITE_E2E_REQUIRED forbids that."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        reason = "nginx is not installed, so the proxy is not tested (Debian: apt-get install nginx)"
        if os.environ.get("CLIPSITE_E2E_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def proxy(folder: Path, webs: Sequence[int], kind: str, also: str = "", **variables: str) -> Iterator[None]:
    """Runs while the `with` block does; `webs` are ports of web processes, `kind` is http or https.

    `also` are further lines for nginx's block `http`.
    """
    variables |= {"WEB": " ".join(f"127.0.0.1:{port}" for port in webs)}
    subprocess.run([str(FILES / "fill"), str(folder), kind], env=os.environ | variables, check=True)
    # Its processes must be able to read what the test wrote for itself alone.
    user = "user root;" if os.geteuid() == 0 else ""
    main = Template(_MAIN).substitute(folder=folder, user=user, also=also)
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    process = subprocess.Popen([nginx_program(), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")])
    try:
        port = int(variables["HTTP_PORT"])
        answers = wait_for(lambda: process.poll() is not None or not ports.is_free("127.0.0.1", port), 20)
        assert answers, "nginx does not listen"
        assert process.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(20)
