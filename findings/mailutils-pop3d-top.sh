#!/bin/bash
# mailutils-pop3d-top.sh: GNU mailutils' POP3 server gives another message to TOP than to RETR.
#
# Debian 12, mailutils-pop3d 1:3.15-4, an mbox with one message. RFC 1939 has TOP give the header, the empty line, and the first lines of
# the body, so that with more lines than there are it gives what RETR gives; fetchmail fetches by TOP n 99999999 by default. Seen: TOP gives
# two empty lines between header and body, RETR one. What a user stores depends on the command that the client chose, and no signature over
# the body (DKIM) holds for the one of them. Run as root: the server changes to the user of the mailbox, in a mount namespace with a user
# database of the script's own.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

if [ "${1-}" != within ]; then
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    cd "$temporary"
    mkdir debs root
    packages=$(apt-get install -s -y --no-install-recommends mailutils-pop3d=1:3.15-4 2>/dev/null | awk '$1 == "Inst" { print $2 }')
    dependencies="libmailutils9 libmu-dbm9 libmu-auth9 mailutils-common libgsasl18 libgssglue1 libntlm0 libtokyocabinet9v5"
    (cd debs && apt-get download -q mailutils-pop3d=1:3.15-4 >/dev/null
     for package in $packages $dependencies; do
         [ "$package" = mailutils-pop3d ] || apt-get download -q "$package" >/dev/null 2>&1 || true
     done)
    for package in debs/*.deb; do dpkg -x "$package" root; done
    chmod 755 "$temporary"
    unshare --mount bash "$(cd "$OLDPWD" && realpath "$0")" within "$temporary"
    exit
fi

cd "$2"
mkdir mail home
printf 'root:x:0:0::/root:/bin/sh\nbob:x:4711:4711::%s/home:/bin/sh\n' "$2" >passwd
printf 'root:*:1::::::\nbob:%s:1::::::\n' "$(openssl passwd -6 secret)" >shadow
printf 'From alice@provider.example Sat Feb  5 14:30:34 2005\nSubject: one\nFrom: alice@provider.example\n\nNothing special.\n\n' >mail/bob
chown -R 4711:4711 mail home
chmod 777 mail
chmod 600 shadow
mount --bind passwd /etc/passwd
mount --bind shadow /etc/shadow
mount --bind mail /var/mail
ask()
{
    printf 'USER bob\r\nPASS secret\r\n%s\r\nQUIT\r\n' "$1" |
        LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu root/usr/sbin/pop3d --no-config --inetd 2>&1 | tr -d '\r' | sed '1,3d;$d'
}
ask "RETR 1" >retr
ask "TOP 1 99" >top
echo "RETR 1:"
cat -A retr
echo "TOP 1 99:"
cat -A top
grep -q '^Nothing special' retr && grep -q '^Nothing special' top || { echo "no answer to judge by"; exit 2; }
[ "$(grep -c '^$' retr)" -eq 1 ] && [ "$(grep -c '^$' top)" -eq 2 ] || { echo "changed: the empty lines are others"; exit 1; }
echo "as stated"
