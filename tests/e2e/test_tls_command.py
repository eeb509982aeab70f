"""`postern tls`: the authority is made, shown, renewed and exported, and a service works with it."""

import json
import os
import plistlib
import re
import shlex
import shutil
import ssl
import stat

import pytest

from lab.certificates import Authority
from lab.host import HERE
from lab.interception import Intercepting, TlsSession
from lab.postern import binary
from lab.wall_clock import DAY, WallClock
from test_tls_intercept import MESSAGES, NAME, fetch


def command(conf, *arguments, status=0):
    done = HERE.run([binary(), "tls", *arguments, "-c", str(conf)], check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def configuration(tmp_path, **keys):
    conf = tmp_path / "postern.conf"
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    conf.write_text(f"[pop3]\ninterception = fixed\ntarget = 127.0.0.1:110\n[tls]\ndirectory = {tmp_path}/new/tls\n{lines}")
    return conf


def facts(conf):
    trusted, untrusted = json.loads(command(conf, "show", "--json").stdout)
    assert trusted["trusted"] and not untrusted["trusted"]
    return trusted, untrusted


def test_the_authority_is_made_once(tmp_path):
    conf = configuration(tmp_path)
    done = command(conf, "init", "--name", "A & B <gateway>")
    trusted, untrusted = facts(conf)
    assert trusted["sha256"] in done.stdout and "not encrypted" in done.stdout
    assert trusted["name"] == "A & B <gateway>" and untrusted["name"] == "A & B <gateway> (not trusted)"
    directory = tmp_path / "new" / "tls"
    assert {stat.S_IMODE(os.stat(directory / name).st_mode) for name in os.listdir(directory)} == {0o600}
    before = {name: (directory / name).read_bytes() for name in os.listdir(directory)}
    assert "exists already" in command(conf, "init", status=1).stderr
    assert before == {name: (directory / name).read_bytes() for name in os.listdir(directory)}
    assert trusted["sha256"] in command(conf, "show").stdout


def test_a_missing_authority_is_reported(tmp_path):
    conf = configuration(tmp_path)
    for verb in ("show", "renew", "export"):
        assert f"{tmp_path}/new/tls" in command(conf, verb, status=1).stderr


def test_wrong_usage(tmp_path):
    conf = configuration(tmp_path)
    command(conf, status=2)
    command(conf, "nonsense", status=2)
    command(conf, "export", "more", status=2)
    command(conf, "export", "--format", "word", status=2)
    assert "mobileconfig" in command(conf, "--help").stdout
    assert not (tmp_path / "new").exists()


def test_each_format_has_the_same_certificate(tmp_path):
    conf = configuration(tmp_path)
    command(conf, "init", "--name", "A & B <gateway>")
    pem = command(conf, "export").stdout
    der = ssl.PEM_cert_to_DER_cert(pem)
    command(conf, "export", "--format", "der", "--output", str(tmp_path / "ca.der"))
    assert (tmp_path / "ca.der").read_bytes() == der
    assert "File exists" in command(conf, "export", "--output", str(tmp_path / "ca.der"), status=1).stderr
    command(conf, "export", "--format", "mobileconfig", "--output", str(tmp_path / "profile"))
    profile = plistlib.loads((tmp_path / "profile").read_bytes())
    root, = profile["PayloadContent"]
    assert root["PayloadContent"] == der and root["PayloadType"] == "com.apple.security.root"
    assert profile["PayloadDisplayName"] == "A & B <gateway>" and profile["PayloadUUID"] != root["PayloadUUID"]


def test_encrypted_keys_need_their_passphrase(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    conf = configuration(tmp_path, passphrase_file=secret)
    assert "not encrypted" not in command(conf, "init").stdout
    assert b"ENCRYPTED" in (tmp_path / "new" / "tls" / "ca.key").read_bytes()
    before = facts(conf)
    secret.write_text("wrong\n")
    command(conf, "renew", status=1)
    assert facts(conf) == before
    secret.write_text("correct horse\n")
    command(conf, "renew")
    assert facts(conf)[0]["sha256"] != before[0]["sha256"]


def test_a_restricted_authority_names_its_domains(tmp_path):
    conf = configuration(tmp_path)
    command(conf, "init", "--permit", "example.org example.net")
    text = HERE.run(["openssl", "x509", "-noout", "-ext", "nameConstraints", "-in", f"{tmp_path}/new/tls/ca.pem"]).stdout
    assert "DNS:example.org" in text and "DNS:example.net" in text


def test_clients_that_trust_the_old_certificate_accept_the_renewed_authority(lab, serve, gateway):
    """And those that trust the new one do, too."""
    servers = Authority(lab)
    intercepting = Intercepting(lab, servers.certificate)
    server = serve(MESSAGES * 3, tls=servers.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    old = intercepting.context()
    fetch(TlsSession(postern.address, postern.port, old))
    command(postern.config, "renew")
    postern.command("reload")
    fetch(TlsSession(postern.address, postern.port, old))
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))


class Checked:
    """A gateway that intercepts TLS and is not started, with a clock of its own."""

    def __init__(self, lab, serve, gateway):
        servers = Authority(lab)
        self.clock = WallClock(lab)
        self.intercepting = Intercepting(lab, servers.certificate)
        self.postern = gateway(serve([], tls=servers.issue(NAME).context()), self.intercepting.settings(), prefix=self.clock.prefix, start=False)

    def finds(self, text, status=1):
        """What check reports of TLS, if it has this text."""
        done = self.postern.command("check", check=False)
        found = [line for line in (done.stdout + done.stderr).splitlines() if self.intercepting.directory in line]
        assert done.returncode == status and any(text in line for line in found), (done.stdout, done.stderr)
        return "\n".join(found)

    def finds_nothing(self):
        done = self.postern.command("check", check=False)
        assert done.returncode == 0 and self.intercepting.directory not in done.stdout + done.stderr, (done.stdout, done.stderr)

    def run_cure(self, line, pattern):
        """Runs the command that a report names."""
        command = shlex.split(re.search(pattern, line)[0])
        if command[0] == "postern":
            self.postern.command(*command[1:])
        else:
            HERE.run(command)


@pytest.fixture
def checked(lab, serve, gateway):
    return Checked(lab, serve, gateway)


def test_a_good_authority_is_no_problem(checked):
    checked.finds_nothing()


def test_check_and_doctor_report_a_missing_authority(checked):
    for name in os.listdir(checked.intercepting.directory):
        os.remove(f"{checked.intercepting.directory}/{name}")
    assert "No such file" in checked.postern.command("doctor", check=False).stdout
    checked.run_cure(checked.finds("No such file"), "postern tls init")
    checked.finds_nothing()


@pytest.mark.parametrize("name", ["ca.key", "untrusted.key", "leaf.key"])
def test_check_reports_a_key_that_others_can_read(checked, name):
    os.chmod(f"{checked.intercepting.directory}/{name}", 0o640)
    checked.run_cure(checked.finds("is accessible to others"), r"chmod 600 \S+")
    checked.finds_nothing()


@pytest.mark.parametrize("days,text,status", [(3660, "has expired", 1), (3640, "days; renew it", 0)])
def test_check_reports_an_authority_that_expires(checked, days, text, status):
    checked.clock.ahead(days * DAY)
    checked.run_cure(checked.finds(text, status), "postern tls renew")
    checked.finds_nothing()


def test_check_reports_a_clock_before_the_authority(checked):
    checked.clock.set(DAY)
    checked.finds("is not valid yet; set the clock")
    checked.clock.ahead(0)
    checked.finds_nothing()


def test_check_reports_a_key_of_another_certificate(checked):
    shutil.copy(f"{checked.intercepting.directory}/untrusted.key", f"{checked.intercepting.directory}/ca.key")
    checked.finds("ca.key is not the key of ca.pem")
