"""Real POP3 servers and real clients, to compare what a client gets through Postern with what it gets directly.

    overlay     a private root with Debian packages that conflict with those of the machine
    servers     the servers, each with the same mailbox
    programs    the clients, each as a function that fetches a whole mailbox
    scripts     clients that are libraries, as scripts in their languages
    comparison  one server, one client, direct and through Postern
"""
