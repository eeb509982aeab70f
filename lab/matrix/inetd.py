"""inetd.py PORT PROGRAM [ARGUMENT...]: runs the program for each connection to that port of loopback, with the connection as its standard streams."""

import signal
import socket
import subprocess
import sys

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection, stderr=subprocess.DEVNULL)
    connection.close()
