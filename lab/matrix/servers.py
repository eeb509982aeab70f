"""The servers, each with the same mailbox of the user bob.

Server(lab, messages) starts one on a free port of loopback, at .address and .port. The messages are bytes with CRLF line ends. Servers
from Debian packages run in a root of their own (overlay), with bob as a system user.
"""

import imaplib
import os
import pathlib
import re

from lab.dovecot import Dovecot
from lab.host import HERE
from lab.matrix.overlay import CACHE, Overlay

USER, PASSWORD = "bob", "secret"
INETD = pathlib.Path(__file__).with_name("inetd.py")


def with_lf(message):
    return message.replace(b"\r\n", b"\n")


def mbox(messages):
    """The messages as an mbox file."""
    return b"".join(b"From alice@provider.example Sat Feb  5 14:30:34 2005\n" + re.sub(rb"(?m)^(>*From )", rb">\1", with_lf(message)) + b"\n"
                    for message in messages)


def write_all(directory, messages):
    """One file per message, in the order of their names."""
    for n, message in enumerate(messages, 1):
        with open(f"{directory}/{1_000_000_000 + n}.{n:06}.provider", "wb") as f:
            f.write(message)


class Server:
    """A server started in the lab by a command; its files are in .directory."""

    address = "127.0.0.1"

    def __init__(self, lab, messages):
        self.port = HERE.free_port()
        self.directory = lab.make_directory("server")
        self.prepare(messages)
        self.daemon = lab.start(self.command(), name=type(self).__name__.lower())
        HERE.await_port(self.address, self.port, timeout=30)

    def prepare(self, messages):
        """Writes the files that the command reads."""
        write_all(self.directory, [with_lf(message) for message in messages])

    def command(self):
        raise NotImplementedError


class Packaged(Server):
    """A server in a root with these packages, after a setup in shell, in which {directory} and {port} are the server's."""

    packages, setup, run = [], "", ""
    # A home directory, and a password that PAM accepts.
    bob = """
useradd --create-home --shell /bin/sh bob
echo bob:secret | chpasswd
"""
    # Servers of system users read the file "mbox".
    inbox = """
install -o bob -g mail -m 660 {directory}/mbox /var/mail/bob
chmod 1777 /var/mail  # lock files are made by bob
"""

    def prepare(self, messages):
        super().prepare(messages)
        with open(f"{self.directory}/mbox", "wb") as f:
            f.write(mbox(messages))

    def command(self):
        text = "set -e\n" + self.setup + "exec " + self.run
        inetd = f"/usr/bin/python3 {self.directory}/inetd.py {self.port}"
        with open(f"{self.directory}/inetd.py", "wb") as f:
            f.write(INETD.read_bytes())
        for name, value in (("directory", self.directory), ("port", str(self.port)), ("inetd", inetd)):
            text = text.replace("{" + name + "}", value)
        return Overlay(self.packages).command(["sh", "-c", text])


class Popa3d(Packaged):
    packages, setup, run = ["popa3d"], Packaged.bob + Packaged.inbox, "{inetd} /usr/sbin/popa3d"


class SolidPop3d(Packaged):
    packages, setup, run = ["solid-pop3d"], Packaged.bob + Packaged.inbox, "{inetd} /usr/sbin/solid-pop3d"


class Mailutils(Packaged):
    packages, run = ["mailutils-pop3d"], "{inetd} /usr/sbin/pop3d --no-config --inetd"
    setup = Packaged.bob + Packaged.inbox


class Courier(Packaged):
    """Its Maildir has LF line ends, as a delivery agent writes it. CourierCrlf has CRLF."""

    packages, run = ["courier-pop", "courier-authlib-userdb"], """env -i PATH=$PATH sh -c '
set -a; . /etc/courier/pop3d; MAXPERIP=40
exec couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup {port} \\
    /usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir'
"""
    setup = Packaged.bob + """
for part in new cur tmp; do install -d -o bob -g bob /home/bob/Maildir/$part; done
install -d -o bob -g bob /home/bob/Maildir
install -o bob -g bob -m 600 {directory}/1* /home/bob/Maildir/new
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
userdb bob set uid=$(id -u bob) gid=$(id -g bob) home=/home/bob mail=/home/bob/Maildir
echo secret | userdbpw -md5 2>/dev/null | userdb bob set pop3pw
chmod 600 /etc/courier/userdb; makeuserdb
mkdir -p /run/courier/authdaemon
authdaemond start
"""


class CourierCrlf(Courier):
    """A Maildir with files that have CRLF line ends: Courier adds another CR to each."""

    def prepare(self, messages):
        super().prepare(messages)
        write_all(self.directory, messages)


class Cyrus(Packaged):
    packages, run = ["cyrus-pop3d", "cyrus-imapd", "cyrus-admin", "sasl2-bin"], "/usr/sbin/cyrmaster -M /etc/cyrus.conf"
    setup = """
printf 'SERVICES {\\n imap cmd="imapd" listen="127.0.0.1:{imap}" prefork=1\\n pop3 cmd="pop3d" listen="127.0.0.1:{port}" prefork=1\\n}\\n' > /etc/cyrus.conf
sed -i '/^popminpoll/d;/^admins/d' /etc/imapd.conf
printf 'admins: cyrus\\nsasl_mech_list: PLAIN LOGIN\\nvirtdomains: off\\n' >> /etc/imapd.conf
echo secret | saslpasswd2 -p -c bob; echo secret | saslpasswd2 -p -c cyrus
chown cyrus /etc/sasldb2
install -d -o cyrus -g mail /run/cyrus /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
"""

    def __init__(self, lab, messages):
        self.imap = HERE.free_port()
        super().__init__(lab, messages)
        HERE.await_port(self.address, self.imap, timeout=30)
        with imaplib.IMAP4(self.address, self.imap) as admin:
            admin.login("cyrus", PASSWORD)
            assert admin.create("user.bob")[0] == "OK"
        with imaplib.IMAP4(self.address, self.imap) as bob:
            bob.login(USER, PASSWORD)
            for message in messages:
                assert bob.append("INBOX", None, None, message)[0] == "OK"

    def command(self):
        self.setup = type(self).setup.replace("{imap}", str(self.imap))
        return super().command()


class Twisted(Server):
    """Twisted's library. Under Python 3 its command `twistd mail --user` fails, and its maildir offers neither UIDL nor messages (22.4):
    both are implemented here."""

    TEXT = """
import sys
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import protocol, reactor
from twisted.mail import maildir, pop3
from zope.interface import implementer
class Mailbox(maildir.MaildirMailbox):
    def getUidl(self, n):
        return b"uid-%d" % n
    def getMessage(self, n):
        return open(self.list[n], "rb")
@implementer(IRealm)
class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        return pop3.IMailbox, Mailbox(sys.argv[1] + "/bob"), lambda: None
class Factory(protocol.ServerFactory):
    protocol = pop3.POP3
    def buildProtocol(self, address):
        it = super().buildProtocol(address)
        it.portal = Portal(Realm(), [InMemoryUsernamePasswordDatabaseDontUse(bob=b"secret")])
        return it
reactor.listenTCP(int(sys.argv[2]), Factory(), interface="127.0.0.1")
reactor.run()
"""

    def prepare(self, messages):
        for part in ("new", "cur", "tmp"):
            os.makedirs(f"{self.directory}/mail/bob/{part}")
        write_all(f"{self.directory}/mail/bob/new", [with_lf(message) for message in messages])
        with open(f"{self.directory}/server.py", "w", encoding="ascii") as f:
            f.write(self.TEXT)

    def command(self):
        return ["/usr/bin/python3", f"{self.directory}/server.py", f"{self.directory}/mail", str(self.port)]


class Tcllib(Server):
    TEXT = """
package require pop3d
package require pop3d::udb
package require pop3d::dbox
set users [pop3d::udb::new]; $users add bob secret inbox
set boxes [pop3d::dbox::new]; $boxes base %(directory)s/mail
set server [pop3d::new]
$server configure -port %(port)d -auth $users -storage $boxes
$server up
vwait forever
"""

    def prepare(self, messages):
        os.makedirs(f"{self.directory}/mail/inbox")
        write_all(f"{self.directory}/mail/inbox", [with_lf(message) for message in messages])
        with open(f"{self.directory}/server.tcl", "w", encoding="ascii") as f:
            f.write(self.TEXT % {"directory": self.directory, "port": self.port})

    def command(self):
        return ["tclsh", f"{self.directory}/server.tcl"]


class WildDuck(Server):
    """The POP3 server of WildDuck, with messages from files instead of its database."""

    PACKAGE = "wildduck@1.46.1"
    TEXT = """
const fs = require('fs'), POP3Server = require('wildduck/lib/pop3/server');
const directory = process.argv[2], names = fs.readdirSync(directory).filter(name => name.endsWith('.provider')).sort();
const server = new POP3Server({
    id: { name: 'WildDuck', version: '1' }, disableSTARTTLS: true, logger: false,
    onAuth: (auth, session, callback) => callback(null, auth.username === 'bob' && auth.password === 'secret' && { user: { id: 'bob', username: 'bob' } }),
    onListMessages: (session, callback) => {
        const messages = names.map((name, n) => ({ id: name, uid: n + 1, size: fs.statSync(`${directory}/${name}`).size }));
        callback(null, { messages, count: messages.length, size: messages.reduce((sum, message) => sum + message.size, 0) });
    },
    onFetchMessage: (message, session, callback) => callback(null, fs.createReadStream(`${directory}/${message.id}`)),
    onUpdate: (update, session, callback) => callback(),
});
server.loggelf = () => {};
server.listen(Number(process.argv[3]), '127.0.0.1');
"""

    def prepare(self, messages):
        write_all(self.directory, messages)
        self.modules = CACHE / "wildduck"
        if not (self.modules / "done").exists():
            self.modules.mkdir(parents=True, exist_ok=True)
            HERE.run(["npm", "install", "--prefix", str(self.modules), "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", self.PACKAGE], timeout=600)
            (self.modules / "done").touch()
        with open(f"{self.directory}/server.js", "w", encoding="ascii") as f:
            f.write(self.TEXT)

    def command(self):
        return ["env", f"NODE_PATH={self.modules}/node_modules", "node", f"{self.directory}/server.js", self.directory, str(self.port)]


class DovecotServer:
    def __init__(self, lab, messages):
        self.dovecot = Dovecot(lab, users=(USER,), password=PASSWORD)
        self.dovecot.deliver_all(USER, messages)
        self.address, self.port = self.dovecot.address, self.dovecot.port


SERVERS = {"Dovecot": DovecotServer, "Courier": Courier, "Courier (CRLF in the Maildir)": CourierCrlf, "Cyrus": Cyrus, "mailutils pop3d": Mailutils,
           "popa3d": Popa3d, "solid-pop3d": SolidPop3d, "tcllib pop3d": Tcllib, "Twisted": Twisted, "WildDuck": WildDuck}

# Servers that answer TOP with more lines than the message has differently from RETR.
TOP_DIFFERS = ["mailutils pop3d", "tcllib pop3d"]
