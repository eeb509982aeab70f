"""`postern tls`: the authority is made, shown, renewed and exported, and a service works with it."""

import json
import os
import plistlib
import ssl
import stat

from lab.certificates import Authority
from lab.host import HERE
from lab.interception import Intercepting, TlsSession
from lab.postern import binary
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
