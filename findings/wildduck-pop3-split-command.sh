#!/bin/bash
# wildduck-pop3-split-command.sh: WildDuck's POP3 server loses the beginning of a command that comes in two segments.
#
# npm: @zone-eu/wildduck 1.51.1 (and wildduck 1.46.1), its lib/pop3/server.js with handlers of this script's, so that no database is needed.
# TCP may deliver a line in any number of pieces. Seen: "NOO", and after it "P" CR LF, is answered "-ERR bad command", while "NOOP" CR LF at
# once is answered "+OK". What had come of a line before its end is dropped when the next piece arrives. Clients that write a command and
# its CRLF by two calls fail at random, the more often the faster they are; and behind a proxy that sends whole lines they do not.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

temporary=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$temporary"' EXIT
server=
cd "$temporary"
npm install --no-audit --no-fund --omit=optional --ignore-scripts @zone-eu/wildduck@1.51.1 >/dev/null 2>&1
port=$((20000 + RANDOM % 10000))
cat >server.js <<END
const POP3Server = require('@zone-eu/wildduck/lib/pop3/server');
const server = new POP3Server({ id: { name: 'WildDuck', version: '1' }, disableSTARTTLS: true, logger: false,
    onAuth: (auth, session, callback) => callback(null, { user: { id: 'bob', username: 'bob' } }),
    onListMessages: (session, callback) => callback(null, { messages: [], count: 0, size: 0 }),
    onFetchMessage: (message, session, callback) => callback(null, false), onUpdate: (update, session, callback) => callback() });
server.loggelf = () => {};
server.listen($port, '127.0.0.1');
END
node server.js >log 2>&1 &
server=$!
/usr/bin/python3 - "$port" <<'END'
import socket, sys, time

def connect():
    for _ in range(300):
        try:
            s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return s, s.makefile("rb")
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit("no server")

s, lines = connect()
lines.readline()
for command in (b"USER bob\r\n", b"PASS secret\r\n", b"NOOP\r\n"):
    s.sendall(command)
    whole = lines.readline()
s.sendall(b"NOO")
time.sleep(0.5)  # the two pieces have to be two segments, and nothing tells when the first has been read
s.sendall(b"P\r\n")
split = lines.readline()
print("whole:", whole, "split:", split)
if not whole.startswith(b"+OK"):
    sys.exit(2)
sys.exit(0 if split.startswith(b"-ERR bad command") else 1)
END
echo "as stated"
