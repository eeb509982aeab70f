"""The article's p3scan.conf and its environment: directories, a template, and signatures where clamscan searches for them."""

import os

from lab.postern import UID
from lab.signatures import make_database

# As printed, except that the paths are the lab's and the user exists on every system.
CONFIGURATION = """\
pidfile = {home}/run/p3scan.pid
maxchilds = 10
ip = 0.0.0.0
port = 8110
user = nobody
notifydir = {home}/spool/notify
virusdir = {home}/spool
{justdelete}
scannertype = basic
scanner = /usr/bin/clamscan --no-summary -i
virusregexp = .*: (.*) FOUND
template = {home}/etc/p3scan-fr.mail
subject = [virus] dans un message pour vous:
notify = Pour information, le message a \u00e9t\u00e9 d\u00e9truit.
"""

# In the style of P3Scan's own: a header that declares an 8-bit charset, its variables, a "." at the end.
TEMPLATE = """\
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit
Content-Type: text/plain;
\tcharset="iso-8859-1"

Bonjour %USERNAME%.
Message automatique de la passerelle %HOSTNAME% ; un virus a \u00e9t\u00e9 trouv\u00e9.

Virus:
   %VIRUSNAME%
Exp\u00e9diteur:
   %MAILFROM%
Destinataire:
   %MAILTO%
Date:
   %MAILDATE%
Objet:
   %SUBJECT%
Connexion:
   %PROTOCOL% from %CLIENTIP%:%CLIENTPORT% to %SERVERIP%:%SERVERPORT%
Original:
   %VDINFO%
--
%PROGNAME% %VERSION%
.
"""


# All variables of P3Scan, in a charset of its time, as an administrator might write it.
EVERY_VARIABLE = """\
MIME-Version: 1.0
Content-Type: text/plain;
\tcharset="iso-8859-1"
Content-Transfer-Encoding: 8bit
X-Mailer: %PROGNAME% %VERSION%

Ch\u00e8re utilisatrice, cher utilisateur \u00ab %USERNAME% \u00bb,

  [\u00e9metteur]      %MAILFROM%
  [destinataire]  %MAILTO%
  [envoy\u00e9 le]     %MAILDATE%
  [sujet]         %SUBJECT%
  [num\u00e9ro]        %MAILMESSAGEID%

a \u00e9t\u00e9 retenu \u00e0 cause de %VIRUSNAME%, \u00e0 100%.
Trajet : %PROTOCOL% %CLIENTIP%:%CLIENTPORT% -> %SERVERIP%:%SERVERPORT%
Fichier : %MAILFILE%, dossier %P3SCANID%. %VDINFO%

.. %HOSTNAME%.%DOMAINNAME%, %PROGNAME% %VERSION%
.
"""


def write_template(directory, text, name="p3scan-fr.mail"):
    """As users of P3Scan have it: in ISO-8859-1, with LF line ends."""
    path = os.path.join(directory, name)
    with open(path, "w", encoding="latin-1", newline="") as f:
        f.write(text.replace("\n", "\r\n"))
    return path


def prepare(lab, is_just_delete):
    """Returns (home directory, text of the configuration, prefix for the command that runs it).

    The prefix is a mount namespace of its own: clamscan finds the lab's signatures where it expects the system's, nothing is left in
    /run, and no other process of the machine is affected. If there can be none (in a chroot whose root is no mount point), clamscan
    gets the path of the signatures instead."""
    home = lab.make_directory("p3scan")
    for part in ("run", "etc", "spool", "spool/notify"):
        os.mkdir(f"{home}/{part}")
        os.chown(f"{home}/{part}", UID, UID)
    write_template(f"{home}/etc", TEMPLATE)
    database = make_database(f"{home}/database")
    prefix = ["unshare", "--mount", "sh", "-c",
              f'mount --bind {database} /var/lib/clamav && mount -t tmpfs -o mode=755 lab /run && exec "$0" "$@"']
    text = CONFIGURATION.format(home=home, justdelete="justdelete" if is_just_delete else "")
    if not is_root_mounted():
        prefix, text = [], text.replace("--no-summary -i", f"--no-summary -i --database={database}")
    return home, text, prefix


def is_root_mounted():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as f:
        return any(line.split()[4] == "/" for line in f)
