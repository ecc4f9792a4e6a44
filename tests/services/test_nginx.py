"""The shipped configuration of nginx, in front of the real server below a prefix. One start for all that is asked."""

import os
import re
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from http.cookies import SimpleCookie

import pytest
from django.conf import global_settings, settings

from annotations.people.links import invitation_path
from tests.factories import UserFactory, make_study
from tests.services.workers import database_url, wait_until
from tools.servers import find_nginx

NGINX = find_nginx(install=False)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.worker,
    pytest.mark.once("looks at what nginx does"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed; make test with CI=true installs it"),
]
HANG = 60
NAME, PREFIX = "example.org", "/punchweight"
ABOUT = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def free_ports(count):
    with ExitStack() as probes:
        bound = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in bound:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in bound]


def configured(folder, static, plain, tls, site):
    """The shipped file with what its first lines tell an operator to change."""
    text = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{site};",
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": f"{folder}/certificate",
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": f"{folder}/key",
        "/var/lib/punchweight/static/": f"{static}/",
        "/var/log/nginx/": f"{folder}/",
    }
    for shipped, ours in changes.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    (folder / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(ABOUT.format(folder=folder, user=user))


def certify(folder):
    made = ["-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(["openssl", "req", "-x509", *key, *made, *files], check=True, capture_output=True)


@contextmanager
def running(command, log, **environment):
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=settings.BASE_DIR, env=os.environ | environment
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(HANG)


class Site:
    def __init__(self, folder, plain, tls):
        self.folder, self.plain, self.tls = folder, plain, tls
        self.trust = ssl.create_default_context(cafile=folder / "certificate")

    def connect(self):
        """A connection under the site's name, whose address no name server knows here."""
        connection = socket.create_connection(("127.0.0.1", self.tls), timeout=HANG)
        return self.trust.wrap_socket(connection, server_hostname=NAME)

    def answers(self):
        try:
            return self.ask("GET", f"{PREFIX}/healthz").status == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, **headers):
        connection = HTTPSConnection(NAME, timeout=HANG)
        connection.sock = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named, encode_chunked="Transfer-Encoding" in named)
        return connection.getresponse()

    def log(self, name):
        return (self.folder / name).read_text()


@pytest.fixture
def site(tmp_path, collected):
    plain, tls, behind = free_ports(3)
    configured(tmp_path, collected, plain, tls, behind)
    certify(tmp_path)
    (tmp_path / "static").symlink_to(collected)
    options = ["--bind", f"127.0.0.1:{behind}", "--workers", "1", "--threads", "2", "--no-control-socket"]
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        # The port is not in what nginx passes on.
        "SITE_URL": f"https://{NAME}:{tls}{PREFIX}",
        "BEHIND_PROXY": "1",
    }
    with ExitStack() as started:
        gunicorn = [sys.executable, "-m", "gunicorn", "evalsite.wsgi", *options]
        started.enter_context(running(gunicorn, tmp_path / "site.log", **environment))
        nginx = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        started.enter_context(running(nginx, tmp_path / "nginx.log"))
        site = Site(tmp_path, plain, tls)
        wait_until(site.answers, what="the site behind nginx")
        yield site


def cookies_of(answer):
    kept = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie", []):
        kept.load(line)
    return {name.rstrip("0123456789"): cookie for name, cookie in kept.items()}


def form(**fields):
    return "&".join(f"{name}={value}" for name, value in fields.items())


def test_the_site_behind_the_shipped_configuration(site, settings):
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # as the server reads them
    user = UserFactory()
    user.set_password("of-the-user")
    user.save()
    secret = invitation_path(make_study(systems=2, documents=1)).split("/")[-2]
    leads_to_tls_and_below_the_prefix(site)
    page, csrf = serves_pages_and_files(site)
    logs_in(site, user, csrf, page)
    refuses_large_bodies(site)
    answers_beside_half_sent_requests(site)
    keeps_secrets_out_of_its_log(site, secret)


def leads_to_tls_and_below_the_prefix(site):
    connection = HTTPConnection("127.0.0.1", site.plain, timeout=HANG)
    connection.request("GET", f"{PREFIX}/login/?a=b", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}{PREFIX}/login/?a=b")
    assert site.ask("GET", "/").headers["Location"].endswith(f"{PREFIX}/")
    assert site.ask("GET", PREFIX).headers["Location"].endswith(f"{PREFIX}/")
    assert site.ask("GET", f"{PREFIX}/account/").headers["Location"] == f"{PREFIX}/login/?next={PREFIX}/account/"


def serves_pages_and_files(site):
    answer = site.ask("GET", f"{PREFIX}/login/")
    page = answer.read().decode()
    csrf = cookies_of(answer)["punchweight_csrf_"]
    assert (answer.status, csrf["path"], csrf["secure"]) == (200, f"{PREFIX}/", True)
    files = re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', page)
    assert len(files) >= 3
    for file in files:
        assert file.startswith(f"{PREFIX}/static/")
        sent = site.ask("GET", file, Accept_Encoding="gzip")
        assert (sent.status, sent.headers["Server"]) == (200, "nginx")
        assert "immutable" in sent.headers["Cache-Control"]
        assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Vary"] == "Accept-Encoding"
    assert site.ask("GET", f"{PREFIX}/static/../secret_key").status in (400, 404)
    return page, csrf


def logs_in(site, user, csrf, page):
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    headers = {
        "Content_Type": "application/x-www-form-urlencoded",
        "Cookie": f"{csrf.key}={csrf.value}",
        "Origin": f"https://{NAME}:{site.tls}",
        "X_Forwarded_For": "203.0.113.7",
        "X_Forwarded_Proto": "http",
    }
    wrong = form(username=user.username, password="wrong", csrfmiddlewaretoken=token)
    assert site.ask("POST", f"{PREFIX}/login/", wrong, **headers).status == 200
    # The address that nginx saw, not the one that the client claims.
    assert f"failed login from 127.0.0.1 as {user.username}" in site.log("site.log")
    assert "203.0.113.7" not in site.log("site.log")
    # In chunks, which nginx puts together.
    right = form(username=user.username, password="of-the-user", csrfmiddlewaretoken=token).encode()
    answer = site.ask("POST", f"{PREFIX}/login/", iter([right]), Transfer_Encoding="chunked", **headers)
    session = cookies_of(answer)["punchweight_session_"]
    assert (answer.status, answer.headers["Location"]) == (302, f"{PREFIX}/")
    assert (session["path"], session["secure"], session["httponly"]) == (f"{PREFIX}/", True, True)
    account = site.ask("GET", f"{PREFIX}/account/", Cookie=f"{session.key}={session.value}")
    assert (account.status, user.username in account.read().decode()) == (200, True)


def refuses_large_bodies(site):
    """By what is announced; nothing of it need come."""
    for path, most in (("login/", 9_000_000), ("import-meetings/", 100_000_000), ("api/v1/runs", 50_000_000)):
        connection = site.connect()
        header = f"POST {PREFIX}/{path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {most + 1}\r\n\r\n"
        connection.sendall(header.encode())
        assert connection.makefile("rb").readline().split()[1] == b"413"
    # What nginx lets through, the site refuses to who may not import.
    answer = site.ask(
        "POST", f"{PREFIX}/import-meetings/", b"x" * 9_500_000, Content_Type="multipart/form-data; boundary=x"
    )
    assert (answer.status, "at most 9 MB" in answer.read().decode()) == (413, True)


def answers_beside_half_sent_requests(site):
    half = f"POST {PREFIX}/login/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 100\r\n\r\nabc".encode()
    held = [site.connect() for _ in range(12)]
    for connection, part in zip(held, (half, half[:20], half[:70]) * 4, strict=True):
        connection.sendall(part)
    assert site.ask("GET", f"{PREFIX}/login/").status == 200
    for connection in held:
        connection.close()


def keeps_secrets_out_of_its_log(site, secret):
    assert site.ask("GET", f"{PREFIX}/join/{secret}/").status == 200
    assert site.ask("GET", f"{PREFIX}/healthz").status == 200
    written = site.log("punchweight.access.log")
    assert f"{PREFIX}/healthz" in written
    assert secret not in written + site.log("punchweight.error.log") + site.log("site.log")
