"""Clients: a scripted session, and the programs that people fetch their mail with."""

import fcntl
import os
import poplib
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from lab.mail import unstuff
from lab.host import HERE


class Refused(Exception):
    """The reply was -ERR; the argument is the whole line."""


class Session:
    """A POP3 session with strict parsing: only CRLF ends a line and only CRLF.CRLF a message."""

    def __init__(self, address, port, host=HERE, timeout=30):
        self.socket = host.connect(address, port, timeout)
        self.pending = b""
        self.greeting = self.status()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError(self.pending)
        self.pending += data

    def line(self):
        while b"\r\n" not in self.pending:
            self._more()
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line

    def status(self):
        line = self.line()
        if not line.startswith(b"+OK"):
            raise Refused(line)
        return line

    def lines(self):
        """The rest of a multi-line reply, byte-unstuffed."""
        at = 0
        while True:
            if self.pending.startswith(b".\r\n"):
                end = 0
                break
            found = self.pending.find(b"\r\n.\r\n", at)
            if found >= 0:
                end = found + 2
                break
            at = max(len(self.pending) - 4, 0)
            self._more()
        wire, self.pending = self.pending[:end + 3], self.pending[end + 3:]
        return unstuff(wire)

    def ask(self, command):
        self.send(command + b"\r\n")
        return self.status()

    def ask_lines(self, command):
        self.ask(command)
        return self.lines()

    def login(self, user=b"bob", password=b"secret"):
        self.ask(b"USER " + user)
        self.ask(b"PASS " + password)
        return self

    def retr(self, n):
        return self.ask_lines(b"RETR %d" % n)

    def is_alive(self):
        """Does the other side still answer? An end of any kind counts as no."""
        try:
            self.ask(b"NOOP")
            return True
        except (OSError, EOFError, Refused):
            return False

    def quit(self):
        self.ask(b"QUIT")
        self.close()

    def rest(self):
        """Everything until the other side closes; a reset counts as that."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionResetError):
            data, self.pending = self.pending, b""
            return data


class HostPop3(poplib.POP3):
    """Python's own client, on a host of the lab."""

    def __init__(self, address, port, host=HERE, timeout=30):
        self._lab_host = host
        super().__init__(address, port, timeout)

    def _create_socket(self, timeout):
        return self._lab_host.connect(self.host, self.port, timeout)


# The programs. Each fetches all messages of the account (and by default leaves them there) into `directory`, and returns them as it stored
# them, in order, with the program's own line ends. tls: None, "tls" (from the first byte) or "stls"; ca: a file with the authority that the
# program then trusts.

def fetchmail(host, address, port, user, password, directory, keep=True, tls=None, ca=None):
    secure = f'{"ssl" if tls == "tls" else ""} sslproto "auto" sslcertck sslcertfile "{ca}"' if tls else 'sslproto ""'
    inbox = fresh(directory, "fetchmail")
    # One file per message, numbered in order of arrival.
    store = f"n=$(ls {inbox} | wc -l); cat > {inbox}/$(printf %06d $n)"
    write(f"{directory}/fetchmailrc", f'''
poll "{address}" service {port} protocol pop3 timeout 60
    user "{user}" password "{password}" {"keep" if keep else "nokeep"} fetchall no rewrite {secure} mda "{store}"
''')
    done = host.run(["fetchmail", "-f", f"{directory}/fetchmailrc", "--invisible", "--nosyslog", "-i", f"{directory}/fetchids",
                     "--pidfile", f"{directory}/fetchmail.pid"], check=False, env=os.environ | {"FETCHMAILHOME": directory, "HOME": directory})
    if done.returncode not in (0, 1):
        raise RuntimeError(f"fetchmail: status {done.returncode}\n{done.stdout}{done.stderr}")
    return stored(inbox)


def mpop(host, address, port, user, password, directory, keep=True, tls=None, ca=None):
    secure = f"tls on\ntls_starttls {'on' if tls == 'stls' else 'off'}\ntls_trust_file {ca}" if tls else "tls off"
    inbox = fresh(directory, "mpop", maildir=True)
    write(f"{directory}/mpoprc", f'''
account default
host {address}
port {port}
user {user}
password {password}
auth user
{secure}
keep {"on" if keep else "off"}
only_new off
received_header off
delivery maildir {inbox}
uidls_file {directory}/mpop-uidls
''')
    host.run(["mpop", "-C", f"{directory}/mpoprc", "-q"], env=os.environ | {"HOME": directory}, timeout=60)
    return stored(f"{inbox}/new")


# getmail 6 forks a child for each delivery and only then installs the handler for its end. Once in some thousand messages the child is
# faster, and getmail waits until it times out. Where it does so,
# it uses a plain wait here instead.
GETMAIL = """
import os, runpy, sys
from getmailcore.baseclasses import ForkingBase
if hasattr(ForkingBase, "_prepare_child"):
    ForkingBase._prepare_child = lambda self: None
    ForkingBase._wait_for_child = lambda self, pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.argv[0] = "getmail"
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


def getmail(host, address, port, user, password, directory, keep=True, tls=None, ca=None):
    inbox = fresh(directory, "getmail", maildir=True)
    HERE.run(["chown", "-R", "nobody", inbox])  # it refuses to deliver as root
    write(f"{directory}/getmailrc", f'''
[retriever]
type = SimplePOP3{"SSL" if tls else ""}Retriever
{f"ca_certs = {ca}" if tls else ""}
server = {address}
port = {port}
username = {user}
password = {password}
[destination]
type = Maildir
path = {inbox}/
user = nobody
[options]
delete = {"false" if keep else "true"}
read_all = true
delivered_to = false
received = false
verbose = 0
''')
    host.run(["/usr/bin/python3", "-c", GETMAIL, shutil.which("getmail"), "--getmaildir", directory, "--rcfile", f"{directory}/getmailrc"],
             env=os.environ | {"HOME": directory}, timeout=60)
    return stored(f"{inbox}/new")


def mutt(host, address, port, user, password, directory, count=3, patience=6, tls=None, ca=None, program="mutt"):
    """Copies the first `count` messages to a local mailbox. It reads each header by TOP, then the message by RETR.

    program: mutt or neomutt. It asks about a certificate that it does not trust; nobody answers, and nothing is copied.
    """
    inbox = fresh(directory, program, maildir=True)
    trust = f'set ssl_ca_certificates_file = "{ca}"\nset ssl_verify_host = yes\n' if tls else ""
    where = f"[{address}]" if ":" in address else address
    write(f"{directory}/muttrc", f'''
set pop_authenticators = "user"
set pop_user = "{user}"
set pop_pass = "{password}"
set confirmappend = no
set folder = "{directory}"
set delete = no
set move = no
set quit = yes
set resolve = no
set sleep_time = 0
set sort = mailbox-order
set ssl_force_tls = {"yes" if tls else "no"}
set ssl_starttls = {"yes" if tls else "no"}
set wait_key = no
{trust}''')
    folder = f"pop{'s' if tls == 'tls' else ''}://{user}@{where}:{port}/"
    with Terminal(host, [program, "-n", "-F", f"{directory}/muttrc", "-f", folder], directory) as terminal:
        if terminal.shows(f"Msgs:{count}", patience):
            for n in range(1, count + 1):
                terminal.type(f"{n}\rC{inbox}\r")
                if not terminal.waits(lambda n=n: len(os.listdir(f"{inbox}/new") + os.listdir(f"{inbox}/cur")) == n, patience):
                    break
            terminal.type("q")
            terminal.waits(lambda: terminal.program.poll() is not None, patience)
    return stored(f"{inbox}/new") + stored(f"{inbox}/cur")


MAIL_BOX = r"""
use Mail::Box::POP3;
my ($server, $port, $user, $password) = @ARGV;
my $folder = Mail::Box::POP3->new(server_name => $server, server_port => $port, username => $user, password => $password) or die;
$_->head, $_->body, print $_->string, "\0" for $folder->messages;
$folder->close;
"""


def mail_box(host, address, port, user, password):
    """The messages as Perl's Mail::Box would store them: the header from TOP n 0 and the body from RETR."""
    done = host.run(["perl", "-e", MAIL_BOX, address, str(port), user, password], timeout=60, text=False)
    return done.stdout.split(b"\0")[:-1]


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, host, argv, home):
        self.master, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))  # ncurses 6.5 opens no terminal without a size
        self.text = b""
        self.program = subprocess.Popen(host.command(argv), stdin=other, stdout=other, stderr=other, start_new_session=True,
                                        env=os.environ | {"HOME": home, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
        os.close(other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.kill()
        self.program.wait()
        os.close(self.master)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def waits(self, condition, seconds):
        """Reads its output until the condition holds. Returns whether it did within that time, while the program was running."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or not self._read():
                return condition()
        return True

    def shows(self, words, seconds):
        return self.waits(lambda: words.encode() in self.text, seconds)

    def _read(self):
        if select.select([self.master], [], [], 0.02)[0]:
            try:
                self.text += os.read(self.master, 1 << 16)
            except OSError:  # its other end is closed
                return False
        return True


def curl(host, address, port, user, password, number, tls=None, ca=None):
    """One message, byte for byte."""
    secure = (["--cacert", ca] if tls else []) + (["--ssl-reqd"] if tls == "stls" else [])
    where = f"[{address}]" if ":" in address else address
    return host.run(["curl", "-s", "-S", "-g", "--max-time", "60", *secure, "-u", f"{user}:{password}",
                     f"pop3{'s' if tls == 'tls' else ''}://{where}:{port}/{number}"], text=False).stdout


def curl_top(host, address, port, user, password, number, lines):
    where = f"[{address}]" if ":" in address else address
    return host.run(["curl", "-s", "-S", "-g", "--max-time", "60", "-u", f"{user}:{password}", f"pop3://{where}:{port}/",
                     "-X", f"TOP {number} {lines}"], text=False).stdout


def fresh(directory, name, maildir=False):
    path = os.path.join(directory, name)
    shutil.rmtree(path, ignore_errors=True)
    for part in ("new", "cur", "tmp") if maildir else ("",):
        os.makedirs(os.path.join(path, part))
    return path


def write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)


def stored(path):
    def order(name):
        stat = os.stat(os.path.join(path, name))
        return stat.st_mtime_ns, [int(n) for n in re.findall(r"\d+", name)]
    messages = []
    for name in sorted(os.listdir(path), key=order):
        with open(os.path.join(path, name), "rb") as f:
            messages.append(f.read())
    return messages
