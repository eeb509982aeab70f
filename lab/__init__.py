"""The lab: the network Postern is made for, laid in network namespaces, and real and scripted parties to put on it.

    network      hosts, addresses, routes
    host         a place to run programs in: this machine, or a namespace
    network_state  all that a host's kernel was told about its network
    gateway      `postern gateway` on those hosts: what diverts POP3 to the proxy
    sweep        the labs there are, and their end
    process      programs started in a host, awaited, ended
    postern      the proxy itself, with a configuration made for the occasion
    dovecot      a real POP3 server
    pop3_server  a scripted one, for what a real one will not do on demand
    pop3_client  clients: sessions by hand and the usual programs
    mail         messages: plain, infected, random
    signatures   a signature set of three lines

Everything lives under one name with the owner's pid in it, in /run/netns and the temporary directory, and goes when the owner does; what a
killed owner left behind is swept by the next lab. Only the standard library is used.
"""

from lab.host import HERE  # noqa: F401
from lab.network import Lab  # noqa: F401
