"""The lab: the network Postern is made for, in network namespaces, with real and scripted parties.

    network        hosts, addresses, routes
    host           a place to run programs in: this machine, or a namespace
    network_state  the network configuration of a host's kernel
    gateway        `postern gateway` on those hosts, which diverts POP3 to the proxy
    sweep          lists and removes labs
    process        starts programs in a host, waits for them, ends them
    postern        the proxy itself, with a configuration made for the test
    dovecot        a real POP3 server
    pop3_server    a scripted one, for what a real one does not do on demand
    pop3_client    clients: sessions by hand and the usual programs
    mail           messages: plain, infected, random
    signatures     a signature set of three lines

A lab has one name, with the owner's pid in it, in /run/netns and the temporary directory, and is removed when its owner exits; the next
lab removes what a killed owner left. Only the standard library is used.
"""

from lab.host import HERE  # noqa: F401
from lab.network import Lab  # noqa: F401
