#!/bin/bash
# tcllib-pop3d-line-ends.sh: what the POP3 server of tcllib makes of an ordinary message.
#
# Debian 12, tcllib 1.21+dfsg-1, Tcl 8.6.13. The message has a header of three fields and a body of one line; its file ends its lines in LF,
# as files do. One would expect RETR to give these lines with CRLF, and TOP with more lines than there are to give the same as RETR. Seen:
#
#   RETR 1   every line of the message ends in CR CR LF (the "." that ends it in CRLF)
#   RETR 1   the fields come in another order, MIME-Version first, and Content-Type is folded over two lines
#   TOP 1 9  the same with an empty line more at its end
#
# Cause: the server writes the lines with CRLF to a channel whose translation makes CRLF of each LF. A client that takes CRLF off stores lines
# with a CR at their end, one that takes CR CR LF for one line end stores an ordinary message; a program between them has to expect both.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

temporary=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$temporary"' EXIT
server=
cd "$temporary"
apt-get download -q tcllib=1.21+dfsg-1 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
command -v tclsh >/dev/null || { echo "this wants tclsh (package tcl)"; exit 2; }

mkdir -p mail/inbox
printf 'Subject: one\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nNothing special.\n' >mail/inbox/1
port=$((20000 + RANDOM % 10000))
cat >server.tcl <<END
set auto_path [linsert \$auto_path 0 $temporary/root/usr/share/tcltk/tcllib1.21]
package require pop3d
package require pop3d::udb
package require pop3d::dbox
set users [pop3d::udb::new]; \$users add bob secret inbox
set boxes [pop3d::dbox::new]; \$boxes base $temporary/mail
set server [pop3d::new]
\$server configure -port $port -auth \$users -storage \$boxes
\$server up
vwait forever
END
tclsh server.tcl >log 2>&1 &
server=$!
until exec 3<>/dev/tcp/127.0.0.1/$port; do sleep 0.1; done 2>/dev/null

ask()
{
    printf '%s\r\n' "$1" >&3
    read -r line <&3
}
fetch()
{
    ask "$1"
    while read -r line <&3 && [ "$line" != $'.\r' ]; do printf '%s\n' "$line"; done
}
export IFS=
read -r greeting <&3
ask "USER bob"
ask "PASS secret"
fetch "RETR 1" >retr
fetch "TOP 1 9" >top
echo "$greeting"
echo "RETR 1:"
cat -A retr
echo "TOP 1 9:"
cat -A top

grep -qvP '\r\r$' retr && { echo "changed: a line of RETR does not end in CR CR LF"; exit 1; }
[ "$(head -n 1 retr)" = $'MIME-Version: 1.0\r\r' ] || { echo "changed: the order of the fields"; exit 1; }
[ $(($(wc -l <retr) + 1)) -eq "$(wc -l <top)" ] || { echo "changed: TOP has not one line more"; exit 1; }
echo "as stated"
