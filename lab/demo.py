"""`make demo`: the article's network at work, step by step. Run as root from the project's directory, after the build.

Every line with a check mark was measured just before it was printed. The summary at the end repeats them all; the exit status is 0
only if all of them hold.
"""

import hashlib
import os
import re
import signal
import sys
import time

from lab import demo_gateway, mail, p3scan
from lab.demo_gateway import trace
from lab.dovecot import Dovecot
from lab.network import Lab
from lab.pop3_client import Session, curl, fetchmail, mpop
from lab.postern import PASSWORD, Postern
from lab.story import Story

VIRUS = b"Eicar-Test-Signature"
CLEAN = mail.plain("Greetings", "Hello Bob,\n..these dots are mine, and so is the next one:\n.\nAlice\n")
MESSAGES = [CLEAN, mail.infected(), mail.infected_zip()]
KINDS = ["a clean message", "EICAR in a MIME attachment", "EICAR in a zip in a MIME attachment"]


def set_up(story):
    story.act("The network: one LAN, a one-armed mirror, a router, and a provider beyond it")
    began = time.monotonic()
    lab = Lab("demo")
    for host, what in (("janus", "the client; its gateway is saturne"), ("saturne", "the mirror: routes POP3 to the proxy"),
                       ("mercure", "the proxy"), ("router", "masquerades"), ("provider", "the mail server, a Dovecot")):
        story.show(f"{host:9} {lab.hosts[host].ip4:14} {lab.hosts[host].ip6:17} {what}")
    story.say(f"Set up in network namespaces in {time.monotonic() - began:.2f} s; this machine's own network is not touched.")
    return lab


def before(story, lab):
    lab.forward("saturne")
    web = [lab.provider.listen(address, 80) for address in (lab.provider.ip4, lab.provider.ip6)]
    story.act("Before: saturne is a plain router, and all traffic takes the same path")
    for port in (80, 110):
        trace(story, lab, port, ["saturne", "router", "provider"])
    return web


def is_notice(message):
    return VIRUS in message and not mail.is_infected(message)


def lines_alike(a, b):
    return a.replace(b"\r\n", b"\n") == b.replace(b"\r\n", b"\n")


def fetch(story, lab, postern):
    story.act("Three messages for Bob are at the provider; a mail client on janus fetches them")
    for n, kind in enumerate(KINDS, 1):
        story.show(f"{n}: {kind}, {len(MESSAGES[n - 1])} bytes, SHA-256 {hashlib.sha256(MESSAGES[n - 1]).hexdigest()[:16]}...")
    for family in ("ip4", "ip6"):
        account = lab.janus, getattr(lab.provider, family), 110, "bob", PASSWORD
        got = [curl(*account, n) for n in (1, 2, 3)]
        by = "curl over IPv4" if family == "ip4" else "curl over IPv6"
        sums = [hashlib.sha256(m).hexdigest() for m in (CLEAN, got[0])]
        story.show(f"{by}: message 1: {len(got[0])} bytes, SHA-256 {sums[1][:16]}...")
        story.holds(f"{by}: the clean message has the same SHA-256 at both ends", sums[0] == sums[1])
        story.holds(f"{by}: notices replace the infected attachment and the infected zip", is_notice(got[1]) and is_notice(got[2]))
    for program in (fetchmail, mpop):
        got = program(lab.janus, lab.provider.ip4, 110, "bob", PASSWORD, lab.make_directory("mail"))
        fine = len(got) == 3 and lines_alike(got[0], CLEAN) and is_notice(got[1]) and is_notice(got[2])
        story.holds(f"{program.__name__}: all three fetched, the clean one unchanged, two notices", fine)
    story.say("The notice in place of message 2:")
    notice = curl(lab.janus, lab.provider.ip4, 110, "bob", PASSWORD, 2)
    story.show(notice.decode("utf-8", "replace"))
    named = [b"webmaster@divx-overnet.example", b"caleca.christian@free.example", b"Sat, 05 Feb 2005 14:30:34 +0100", b"Information"]
    connection = re.search(rb"POP3 from 192\.168\.0\.4:\d+ to 203\.0\.113\.10:110", notice)
    story.holds("the notice names the virus, sender, recipient, date, subject and connection", connection and all(text in notice for text in named))
    story.holds("the notice keeps the original's three Received fields", notice.split(b"\r\n\r\n")[0].count(b"Received:") == 3)


def inspect(story, lab, postern, provider):
    story.act("The quarantine on mercure")
    story.show(postern.command("quarantine", "list").stdout)
    story.say("One incident per message and server address, each with its file.")
    incidents = postern.incidents()
    kept = {lab.mercure.run(["cat", os.path.join(postern.quarantine, i["file"])], text=False).stdout for i in incidents if i.get("file")}
    story.holds("the quarantine holds both originals, byte for byte", kept == set(MESSAGES[1:]))
    story.holds("all three messages are still at the provider: none was deleted", provider.left("bob") == 3)

    story.act("Which addresses each side sees")
    with Session(lab.provider.ip4, 110, lab.janus) as session:
        seen_by_janus = session.socket.getpeername()[0]
        session.login(password=PASSWORD.encode())
        session.quit()
    seen_by_provider = sorted(set(provider.peers()))
    clients = sorted({i["client"].rsplit(":", 1)[0] for i in incidents})
    story.show(f"janus sees            {seen_by_janus}\nthe provider sees     {', '.join(seen_by_provider)}\nPostern recorded      {', '.join(clients)}")
    story.holds("janus sees only the server's address", seen_by_janus == lab.provider.ip4)
    story.holds("the provider sees only the router's address, never janus's", seen_by_provider == ["2001:db8:2::1", "203.0.113.1"])


def stop(story, lab, postern):
    story.act("Postern stops: mail stays on the server and does not pass unscanned")
    postern.stop()
    story.holds("Postern exited with status 0, and its log contains no password", True)
    try:
        lab.janus.connect(lab.provider.ip4, 110, timeout=3).close()
        reached = True
    except OSError as e:
        story.show(f"janus: port 110 of {lab.provider.ip4}: {e.strerror or e}")
        reached = False
    story.holds("without Postern no POP3 session gets through", not reached)


def article(story, lab):
    story.act("The article's own p3scan.conf, exactly as printed, with clamscan")
    home, text, prefix = p3scan.prepare(lab, is_just_delete=True)
    story.show(text)
    with Postern(lab, host=lab.mercure, text=text, prefix=prefix):
        account = lab.janus, lab.provider.ip4, 110, "bob", PASSWORD
        got = [curl(*account, n) for n in (1, 2, 3)]
    story.say("The notice, from a template in P3Scan's style:")
    story.show(got[1].split(b"\r\n\r\n", 1)[1].decode("utf-8", "replace"))
    story.holds("p3scan.conf: the clean message arrived byte for byte", got[0] == CLEAN)
    story.holds("p3scan.conf: notices replace the two infected messages", is_notice(got[1]) and is_notice(got[2]))
    story.holds("p3scan.conf: justdelete kept no original", not any(
        read(os.path.join(home, "spool", name)) in MESSAGES for name in os.listdir(os.path.join(home, "spool"))))


def read(path):
    if not os.path.isfile(path):
        return b""
    with open(path, "rb") as f:
        return f.read()


def run(story, lab):
    provider = Dovecot(lab, lab.provider, password=PASSWORD)
    provider.deliver_all("bob", MESSAGES)
    web = before(story, lab)
    saturne, states = demo_gateway.divert(story, lab)
    postern, mercure = demo_gateway.start(story, lab)
    fetch(story, lab, postern)
    inspect(story, lab, postern, provider)
    demo_gateway.examine(story, lab, postern)
    stop(story, lab, postern)
    article(story, lab)
    postern.start()
    second, clients, sessions = demo_gateway.add_second(story, lab, saturne)
    demo_gateway.kill_second(story, lab, saturne, second, clients, sessions)
    second.stop()
    postern.stop()
    demo_gateway.remove(story, lab, {"saturne": saturne, "mercure": mercure}, states)
    for listener in web:
        listener.close()


def main():
    if os.geteuid() != 0:
        sys.exit("demo: creating network namespaces requires root: sudo make demo")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + number))
    sys.stdout.reconfigure(errors="replace")
    story = Story()
    try:
        with set_up(story) as lab:
            run(story, lab)
    except KeyboardInterrupt:
        sys.exit("\ndemo: interrupted; the network has been removed")
    except Exception as e:  # the demo stops here, and still prints its summary
        story.holds(f"the demo ran to its end ({type(e).__name__}: {str(e)[:2000]})", False)
    story.say("The network has been removed.")
    return story.end()


if __name__ == "__main__":
    sys.exit(main())
