"""A protocol that src/ does not know (tests/echo), through the relay, scan, the quarantine and the notice: build/tests/tools/postern_echo is
Postern with another list of protocols and nothing else changed."""

import shutil
import socketserver
import threading
import types

import pytest

from lab import signatures
from lab.postern import Postern, build_directory

FILES = {"clean": b"a file\n.\r\nFrom nobody: it is no mail\n", "virus": signatures.eicar(), "empty": b"", "large": bytes(range(256)) * 20000}


class Files(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"HELLO\r\n")
        for line in self.rfile:
            content = FILES[line.split()[1].decode()]
            self.wfile.write(b"%d\r\n%b" % (len(content), content))


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Files) as it:
        it.daemon_threads = True
        threading.Thread(target=it.serve_forever, daemon=True).start()
        yield types.SimpleNamespace(address="127.0.0.1", port=it.server_address[1])
        it.shutdown()


@pytest.fixture
def echo(lab, server):
    """echo(settings): such a Postern in front of the server."""
    started = []

    def start(settings=None):
        postern = Postern(lab, settings, target=server, start=False)
        own = postern.binary + "_echo"
        shutil.copy(build_directory() / "tests/tools/postern_echo", own)
        postern.binary = own
        started.append(postern.start())
        return postern

    yield start
    for postern in started:
        postern.stop()


class Client:
    def __init__(self, postern, closing):
        self.socket = closing(postern.host.connect(postern.address, postern.port))
        self.reader = closing(self.socket.makefile("rb"))
        assert self.reader.readline() == b"HELLO\r\n"

    def send(self, text):
        self.socket.sendall(text)

    def reply(self):
        line = self.reader.readline()
        return line if line.startswith(b"ERROR") else self.reader.read(int(line))


def test_a_file_passes_only_after_its_verdict(echo, closing):
    postern = echo()
    client = Client(postern, closing)
    client.send(b"GET clean\r\nGET virus\r\nGET empty\r\nGET large\r\nBYE\r\n")
    assert client.reply() == FILES["clean"]
    notice = client.reply()
    assert b"Eicar-Test-Signature" in notice and FILES["virus"] not in notice
    assert client.reply() == FILES["empty"]
    assert client.reply() == FILES["large"]
    assert client.reader.read() == b""
    (incident,) = postern.incidents()
    assert (incident["kind"], incident["direction"], incident["name"]) == ("file", "download", "virus")
    kept = postern.host.run(["cat", f"{postern.quarantine}/{incident['file']}"], text=False).stdout
    assert kept == FILES["virus"]


def test_it_is_refused_in_its_own_words(echo, closing):
    postern = echo({"pop3": {"max_sessions": 1}, "scan": {"engines": "none"}})
    client = Client(postern, closing)
    second = closing(postern.host.connect(postern.address, postern.port))
    assert closing(second.makefile("rb")).readline() == b"ERROR SESSIONS_MAX\r\n"
    client.send(b"GET virus\r\nBYE\r\n")
    assert client.reply() == FILES["virus"]  # engines = none


def test_a_file_that_cannot_be_stored_is_refused(echo, closing):
    postern = echo({"quarantine": {"min_free_bytes": "100000G"}})
    client = Client(postern, closing)
    client.send(b"GET virus\r\nGET clean\r\nBYE\r\n")
    assert client.reply() == b"ERROR STORE_FAILED\r\n"
    assert client.reply() == FILES["clean"]
