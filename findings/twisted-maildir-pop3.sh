#!/bin/bash
# twisted-maildir-pop3.sh: Twisted's maildir cannot be served by Twisted's own POP3 server.
#
# Debian 12, python3-twisted 22.4.0-4+deb12u1, Python 3.11. A MaildirMailbox with one ordinary message behind twisted.mail.pop3.POP3. STAT and
# LIST answer. Seen: UIDL is never answered: getUidl() raises TypeError ("Strings must be encoded before hashing") where the server does not
# expect it, and the session stays open without an answer or an error. A client waits until its own time limit. The command
# `twistd mail --user NAME=PASSWORD` ends with TypeError ("DirDBM key must be bytes") before it serves anything.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

temporary=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$temporary"' EXIT
server=
cd "$temporary"
apt-get download -q python3-twisted=22.4.0-4+deb12u1 python3-zope.interface python3-constantly python3-incremental python3-hyperlink \
    python3-automat python3-attr python3-idna python3-typing-extensions python3-six >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export PYTHONPATH=$temporary/root/usr/lib/python3/dist-packages

mkdir -p mail/new mail/cur mail/tmp domain
printf 'Subject: one\n\nNothing special.\n' >mail/new/1000000001.1.provider
port=$((20000 + RANDOM % 10000))
cat >server.py <<END
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import protocol, reactor
from twisted.mail import maildir, pop3
from zope.interface import implementer

@implementer(IRealm)
class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        return pop3.IMailbox, maildir.MaildirMailbox("$temporary/mail"), lambda: None

class Factory(protocol.ServerFactory):
    protocol = pop3.POP3
    def buildProtocol(self, address):
        it = super().buildProtocol(address)
        it.portal = Portal(Realm(), [InMemoryUsernamePasswordDatabaseDontUse(bob=b"secret")])
        return it

reactor.listenTCP($port, Factory(), interface="127.0.0.1")
reactor.run()
END
/usr/bin/python3 server.py >log 2>&1 &
server=$!
until exec 3<>/dev/tcp/127.0.0.1/$port; do sleep 0.1; done 2>/dev/null
printf 'USER bob\r\nPASS secret\r\nSTAT\r\nUIDL\r\n' >&3
timeout 5 cat <&3 >answers || true
cat answers
grep TypeError log | sort | uniq -c

twistd=$(/usr/bin/python3 -c "
import sys
from twisted.mail.tap import Options
options = Options()
options.opt_maildirdbmdomain('localhost=$temporary/domain')
try:
    options.opt_user('bob=secret')
    print('served')
except TypeError as e:
    print('TypeError:', e)")
echo "twistd mail --user: $twistd"

grep -q '^+OK 1 ' answers || { echo "no answer to judge by"; exit 2; }
! grep -q '^\.' answers || { echo "changed: UIDL is answered"; exit 1; }
[ "$twistd" = "TypeError: DirDBM key must be bytes" ] || { echo "changed: --user"; exit 1; }
echo "as stated"
