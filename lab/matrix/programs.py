"""The clients: each fetches a whole mailbox, leaves it on the server, and returns the messages as it stored them.

What changes with each fetch (the date of an mbox's separator, the client's own Received field) is removed, so that two fetches can be
compared.
"""

import os
import re

from lab import pop3_client
from lab.host import HERE
from lab.matrix import scripts
from lab.pop3_client import fresh, write

SECONDS = 30


def run(argv, directory, **more):
    env = os.environ | {"HOME": directory, "LC_ALL": "C", "MAIL": f"{directory}/inbox"}
    return HERE.run(argv, timeout=SECONDS, text=False, env=env, **more)


def script(interpreter, text, suffix):
    """A client of scripts.py."""
    def fetch(at, user, password, directory):
        inbox = fresh(directory, "inbox")
        write(f"{directory}/client.{suffix}", text)
        run([*interpreter, f"{directory}/client.{suffix}", at.address, str(at.port), user, password, inbox], directory)
        return stored_by_number(inbox)
    return fetch


def stored_by_number(inbox):
    messages = []
    for name in sorted((name for name in os.listdir(inbox) if name.isdigit()), key=int):
        with open(f"{inbox}/{name}", "rb") as f:
            messages.append(f.read())
    return messages


SEPARATOR = re.compile(rb"(?m)^From .*\d\d:\d\d:\d\d.*\n")


def of_mbox(path):
    """The messages of an mbox file, without the separator lines."""
    with open(path, "rb") as f:
        return SEPARATOR.split(f.read())[1:]


def fetchmail(at, user, password, directory):
    return pop3_client.fetchmail(HERE, at.address, at.port, user, password, directory)


def fetchmail_top(at, user, password, directory):
    """With its defaults it fetches by TOP n 99999999, and only new messages."""
    inbox = fresh(directory, "inbox")
    write(f"{directory}/fetchmailrc", f'''
poll "{at.address}" service {at.port} protocol pop3 timeout 60
    user "{user}" password "{password}" keep no rewrite sslproto "" mda "n=$(ls {inbox} | wc -l); cat > {inbox}/$((n + 1))"
''')
    run(["fetchmail", "-f", f"{directory}/fetchmailrc", "--invisible", "--nosyslog", "--uidl", "-i", f"{directory}/ids", "--pidfile",
         f"{directory}/fetchmail.pid"], directory)
    return stored_by_number(inbox)


def mpop(at, user, password, directory):
    return pop3_client.mpop(HERE, at.address, at.port, user, password, directory)


def getmail(at, user, password, directory):
    return pop3_client.getmail(HERE, at.address, at.port, user, password, directory)


def curl(at, user, password, directory):
    def get(number):
        return run(["curl", "-s", "-S", "--max-time", str(SECONDS), "-u", f"{user}:{password}", f"pop3://{at.address}:{at.port}/{number}"], directory).stdout
    return [get(line.split()[0].decode()) for line in get("").splitlines() if line]


def fdm(at, user, password, directory):
    fresh(directory, "inbox")
    write(f"{directory}/fdm.conf", f'''
set lock-types fcntl
set lock-file "{directory}/lock"
set no-received
account "a" pop3 server "{at.address}" port {at.port} user "{user}" pass "{password}" no-apop keep
action "keep" mbox "{directory}/inbox/mbox"
match all action "keep"
''')
    run(["fdm", "-f", f"{directory}/fdm.conf", "-u", "root", "fetch"], directory)
    return sorted(of_mbox(f"{directory}/inbox/mbox"), key=original_id)  # it stores them in arbitrary order


def original_id(message):
    """The Message-ID of the message, or of the original of a notice."""
    fields = dict(re.findall(rb"(?m)^(References|Message-ID):\s+(<.*>)", message))
    return fields.get(b"References", fields.get(b"Message-ID", b""))


def mutt_like(program):
    """mutt or neomutt: opens the mailbox in a terminal of its own and copies everything to an mbox."""
    def fetch(at, user, password, directory):
        fresh(directory, "inbox")
        mbox = f"{directory}/inbox/mbox"
        write(f"{directory}/muttrc", f'''
set pop_authenticators="user" pop_user="{user}" pop_pass="{password}" pop_delete=no pop_checkinterval=0 ssl_starttls=no ssl_force_tls=no
set folder="{directory}" confirmappend=no confirmcreate=no quit=yes delete=no move=no header_cache="" message_cachedir="" copy=no
set editor=true sleep_time=0 timeout=5 save_empty=no
push "<tag-pattern>~A<enter><tag-prefix><copy-message>{mbox}<enter><exit>"
''')
        where = f"pop://{user}@{at.address}:{at.port}/"
        run(["script", "-q", "-e", "-c", f"stty rows 24 columns 100; TERM=xterm {program} -n -F {directory}/muttrc -f {where}", "/dev/null"], directory)
        return of_mbox(mbox)
    return fetch


def s_nail(at, user, password, directory):
    fresh(directory, "inbox")
    mbox = f"{directory}/inbox/mbox"
    run(["s-nail", "-:/", "-S", "v15-compat=yes", "-S", "pop3-auth=plain", "-S", "nopop3-use-starttls", "-S", "pop3-no-apop", "-S", "quiet", "-R", "-S",
         "folder-resolved", "-f", f"pop3://{user}:{password}@{at.address}:{at.port}"], directory, input=f"copy * {mbox}\nexit\n".encode(), check=False)
    return of_mbox(mbox)


def nmh_inc(at, user, password, directory):
    inbox = fresh(directory, "Mail/inbox")
    write(f"{directory}/.mh_profile", f"Path: {directory}/Mail\ncredentials: file:{directory}/netrc\n")
    write(f"{directory}/netrc", f"machine {at.address} login {user} password {password}\n")
    run(["/usr/bin/mh/inc", "-host", at.address, "-port", str(at.port), "-user", user, "-notruncate", "-silent", "-noaudit", "-width", "80",
         "-notls", "+inbox"], directory)
    return stored_by_number(inbox)


def mailutils_movemail(at, user, password, directory):
    fresh(directory, "inbox")
    mbox = f"{directory}/inbox/mbox"
    run(["/usr/bin/movemail.mailutils", "-p", f"pop://{user}:{password}@{at.address}:{at.port};notls", f"mbox:{mbox}"], directory)
    return of_mbox(mbox)


def emacs_pop3(at, user, password, directory):
    inbox = fresh(directory, "inbox")
    write(f"{directory}/client.el", scripts.EMACS_POP3)
    run(["emacs", "--batch", "-Q", "-l", f"{directory}/client.el", at.address, str(at.port), user, password, inbox], directory)
    return of_mbox(f"{inbox}/mbox")


def im_imget(at, user, password, directory):
    inbox = fresh(directory, "Mail/inbox")
    os.makedirs(f"{directory}/.im")
    write(f"{directory}/.im/Config", f"MailDir={directory}/Mail\nImap=no\n")
    run(["imget", f"--src=pop/POP:{user}@{at.address}/{at.port}", "--keep=-1", "--dst=+inbox", "--lock=none"], directory, input=f"{password}\n".encode())
    return stored_by_number(inbox)


PROGRAMS = {
    "fetchmail": fetchmail,
    "fetchmail (TOP)": fetchmail_top,
    "mpop": mpop,
    "getmail": getmail,
    "curl": curl,
    "fdm": fdm,
    "mutt": mutt_like("mutt"),
    "neomutt": mutt_like("neomutt"),
    "s-nail": s_nail,
    "nmh inc": nmh_inc,
    "mailutils movemail": mailutils_movemail,
    "Emacs pop3.el": emacs_pop3,
    "IM imget": im_imget,
    "Python poplib": script(["/usr/bin/python3"], scripts.PYTHON_POPLIB, "py"),
    "Twisted": script(["/usr/bin/python3"], scripts.PYTHON_TWISTED, "py"),
    "Perl Net::POP3": script(["perl"], scripts.PERL_NET_POP3, "pl"),
    "Perl Mail::POP3Client": script(["perl"], scripts.PERL_POP3CLIENT, "pl"),
    "Perl Mail::Box": script(["perl"], scripts.PERL_MAIL_BOX, "pl"),
    "Ruby net/pop": script(["ruby"], scripts.RUBY_NET_POP, "rb"),
    "PHP imap": script(["php"], scripts.PHP_IMAP, "php"),
    "tcllib pop3": script(["tclsh"], scripts.TCL_POP3, "tcl"),
}
