#!/bin/bash
# twisted-maildir-pop3.sh: what Twisted offers for serving a maildir by POP3 does not work under Python 3.
#
# Debian 12, python3-twisted 22.4.0-4+deb12u1, Python 3.11. A MaildirMailbox with one ordinary message, as Twisted's POP3 server uses it. Its
# number and size of messages are right. Seen: getUidl(0) raises TypeError ("Strings must be encoded before hashing"), and the option of
# the command, `twistd mail --user NAME=PASSWORD`, raises TypeError ("DirDBM key must be bytes"). So no client that asks for unique-ids can be
# served, and the command cannot be given a user.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"
apt-get download -q python3-twisted=22.4.0-4+deb12u1 python3-zope.interface python3-constantly python3-incremental python3-hyperlink \
    python3-automat python3-attr python3-idna python3-typing-extensions python3-six >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export PYTHONPATH=$temporary/root/usr/lib/python3/dist-packages

mkdir -p mail/new mail/cur mail/tmp domain
printf 'Subject: one\n\nNothing special.\n' >mail/new/1000000001.1.provider
/usr/bin/python3 - <<'END'
import sys
from twisted import version
from twisted.mail.maildir import MaildirMailbox
from twisted.mail.tap import Options

def outcome(function, *arguments):
    try:
        return repr(function(*arguments))
    except TypeError as e:
        return f"TypeError: {e}"

mailbox, options = MaildirMailbox("mail"), Options()
options.opt_maildirdbmdomain("localhost=domain")
seen = {"listMessages()": outcome(mailbox.listMessages), "getUidl(0)": outcome(mailbox.getUidl, 0),
        "--user bob=secret": outcome(options.opt_user, "bob=secret")}
print(version.public(), seen)
sys.exit(seen != {"listMessages()": "[31]", "getUidl(0)": "TypeError: Strings must be encoded before hashing",
                  "--user bob=secret": "TypeError: DirDBM key must be bytes"})
END
echo "as stated"
