"""[tls] page: clients find the authority's certificate there, how to install it, and whether their device has accepted it."""

import os
import plistlib
import signal
import socket
import ssl

import pytest

from lab import mail
from lab.host import HERE
from lab.interception import NAME, TlsSession, handshake
from lab.postern import PASSWORD, Ended
from lab.process import await_condition


@pytest.fixture
def page():
    return f"127.0.0.1:{HERE.free_port()}"


@pytest.fixture
def postern(authority, intercepting, serve, gateway, page):
    server = serve([mail.plain()], tls=authority.issue(NAME).context())
    return gateway(server, intercepting.settings(server.port, relays=2, page=page))


def curl(page, path="", *options):
    return HERE.run(["curl", "-sS", "--max-time", "20", *options, f"http://{page}/{path}"], text=False).stdout


def raw(page, request, end=True):
    """Sends these bytes and returns all that comes until the page closes the connection."""
    address, port = page.split(":")
    with socket.create_connection((address, int(port)), 20) as connection:
        connection.sendall(request)
        if end:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        while data := connection.recv(65536):
            got += data
    return got


def test_clients_find_the_certificate(postern, intercepting, page):
    text = curl(page).decode()
    with open(intercepting.certificate, encoding="ascii") as f:
        pem = f.read()
    der = ssl.PEM_cert_to_DER_cert(pem)
    shown = HERE.run(["openssl", "x509", "-in", intercepting.certificate, "-noout", "-fingerprint", "-sha256"]).stdout
    assert shown.split("=")[1].strip() in text
    assert "Gateway of the lab" in text
    for program in "Windows", "macOS", "iPhone", "Android", "Thunderbird", "Outlook", "fetchmail", "mutt":
        assert program in text
    assert ssl.PEM_cert_to_DER_cert(curl(page, "postern.pem").decode()) == der
    assert curl(page, "postern.crt") == der
    profile = plistlib.loads(curl(page, "postern.mobileconfig"))
    assert profile["PayloadContent"][0]["PayloadContent"] == der
    assert intercepting.directory not in text


def test_each_file_has_its_type(postern, page):
    for path, kind in {"": "text/html; charset=utf-8", "postern.pem": "application/x-pem-file",
                       "postern.crt": "application/x-x509-ca-cert", "postern.mobileconfig": "application/x-apple-aspen-config",
                       "?again": "text/html; charset=utf-8"}.items():
        head = curl(page, path, "-I").decode().lower()
        assert head.startswith("http/1.1 200 ") and f"content-type: {kind}\r\n" in head
        assert "cache-control: no-store\r\n" in head
        assert f"content-length: {len(curl(page, path))}\r\n" in head


def test_a_device_learns_whether_it_has_accepted_the_certificate(postern, intercepting, page):
    assert "No encrypted mail connection from this device" in curl(page).decode()
    with pytest.raises(ssl.SSLError):
        handshake(postern.address, postern.port, ssl.create_default_context())
    await_condition(lambda: "rejected the certificate" in curl(page).decode(), 20, "the rejection on the page")
    session = TlsSession(postern.address, postern.port, intercepting.context()).login(password=PASSWORD.encode())
    session.quit()
    text = await_condition(lambda: "accepted the certificate" in (got := curl(page).decode()) and got, 20, "the acceptance on the page")
    assert "rejected the certificate" not in text and "127.0.0.1" in text


def test_requests_that_are_not_answered_with_a_file(postern, page):
    assert raw(page, b"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    assert raw(page, b"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    answer = raw(page, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 405 ") and b"\r\nAllow: GET, HEAD\r\n" in answer
    assert raw(page, b"\x16\x03\x01\x02\x00\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(page, b"GET / HTTP/1.1\r\nA: " + b"a" * 20000).startswith(b"HTTP/1.1 431 ")
    assert raw(page, b"GET / HTTP/1.1\r\n") == b""
    assert raw(page, b"GET / HTTP/1.0\r\n\r\n", end=False).startswith(b"HTTP/1.1 200 ")


def test_one_client_cannot_keep_the_page_from_others(postern, page):
    """It opens more connections than are allowed in all, and sends nothing on them."""
    address, port = page.split(":")
    held = []
    for _ in range(200):
        held.append(socket.create_connection((address, int(port)), 20, ("127.0.0.2", 0)))
    assert b"Gateway of the lab" in curl(page)
    assert held[-1].recv(1) == b""  # over the limit of one address: closed at once
    for connection in held:
        connection.close()


def test_the_page_is_started_again_and_outlives_a_reload(postern, page):
    os.kill(postern.children("page")["page", 0], signal.SIGKILL)
    postern.await_log(r"event=child_ended .*role=page")
    await_condition(lambda: is_served(page), 20, "the page")
    postern.command("reload")
    assert b"Gateway of the lab" in curl(page)


def is_served(page):
    try:
        return b"Gateway of the lab" in curl(page)
    except RuntimeError:  # curl cannot connect
        return False


def test_a_page_whose_port_is_taken_is_reported_at_start(authority, intercepting, serve, gateway, page):
    address, port = page.split(":")
    server = serve([], tls=authority.issue(NAME).context())
    with socket.socket() as taken:
        taken.bind((address, int(port)))
        taken.listen()
        with pytest.raises(Ended, match=rf"cannot listen on {address}:{port}: Address already in use"):
            gateway(server, intercepting.settings(server.port, page=page))


def test_there_is_no_page_without_interception(intercepting, serve, gateway, page):
    postern = gateway(serve([]), {"tls": {"page": page, "directory": intercepting.directory}})
    assert not postern.children("page")
    assert not is_served(page)
