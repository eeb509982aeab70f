"""The demo's acts about the way of mail to Postern: what `postern gateway` lays on saturne and mercure, a second proxy, its death, and the end."""

import os
import re
import signal
import time

from lab import mail
from lab.gateway import PROXY, Gateway, mirror, shared_by
from lab.network_state import differences, network_state
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, Postern
from lab.process import await_condition

CLIENTS = 12
# Seconds. A machine that is emulated says how many times slower it is.
WITHIN = 5 * int(os.environ.get("POSTERN_SLOWNESS", "1"))


def trace(story, lab, port, wanted, family="ip4"):
    """A traceroute from janus, shown, and held against the hosts it should pass."""
    server = getattr(lab.provider, family)
    hops = lab.janus.traceroute(server, port)
    lines = [f"janus# traceroute -T -p {port} {server}"]
    for n, hop in enumerate(hops, 1):
        if hop == "[open]":
            lines[-1] += " [open]"
        else:
            lines.append(f"{n}  {hop}")
    story.show("\n".join(lines))
    expected = [getattr(lab.hosts[name], family) for name in wanted] + ["[open]"]
    where = " (IPv6)" if family == "ip6" else ""
    story.holds(f"port {port}{where}: janus -> {' -> '.join(wanted)}", hops == expected)


def section(config):
    """[gateway] of a configuration file."""
    with open(config, encoding="utf-8") as f:
        return re.search(r"^\[gateway\]\n(?:[^\[].*\n)*", f.read(), re.M)[0]


def shortened(plan):
    """Of a plan: its commands without what they repeat for IPv6, and of the table the two chains in which the mark is set."""
    lines = [line for line in plan.splitlines() if not line.startswith("#")]
    commands = [line for line in lines if re.match(r"sysctl|ip -4", line)]
    chains = re.findall(r"^\tchain (?:divert|proxy4_0|proxy) \{\n.*?^\t\}\n", plan, re.M | re.S)
    chains = [line[1:] for chain in chains for line in chain.splitlines() if "IPv6" not in line]
    return "\n".join([*commands, "nft -f -", *("    " + line for line in chains)]) + f"\n({len(plan.splitlines())} lines with IPv6, the rest of the table, and comments)"


def divert(story, lab):
    """saturne's half. Gives its Gateway and the states of both hosts before."""
    story.act("saturne's configuration file, and what `postern gateway plan` makes of it")
    saturne, states = mirror(lab), {"saturne": network_state(lab.saturne)}
    story.show(f"saturne# cat postern.conf\n{section(saturne.config)}")
    story.show(f"saturne# postern gateway plan\n{shortened(saturne.plan())}")
    saturne.apply()
    story.show("saturne# postern gateway apply")
    story.holds("`postern gateway check` finds the kernel as planned", saturne.faults() == [])
    once = network_state(lab.saturne)
    saturne.apply()
    story.holds("applied twice is applied once", not differences(once, network_state(lab.saturne)))
    story.say("mercure only forwards yet, as in the article:")
    lab.forward("mercure")
    states["mercure"] = network_state(lab.mercure)
    trace(story, lab, 80, ["saturne", "router", "provider"])
    trace(story, lab, 110, ["saturne", "mercure", "router", "provider"])
    return saturne, states


def start(story, lab):
    story.act("Postern starts on mercure, with a file that says as well what mercure is to do")
    postern = Postern(lab, {"postern": {"log_level": "info"}, "gateway": PROXY}, host=lab.mercure)
    mercure = Gateway.of(postern)
    story.show(f"mercure# cat postern.conf\n{section(postern.config)}")
    mercure.apply()
    children = postern.children()
    story.show("mercure# postern gateway apply && postern run\n" + "\n".join(f"{role} {index}: pid {pid}" for (role, index), pid in sorted(children.items())))
    trace(story, lab, 80, ["saturne", "router", "provider"])
    trace(story, lab, 110, ["saturne", "provider"])
    trace(story, lab, 110, ["saturne", "provider"], "ip6")
    story.say("As in the article: janus believes that the second hop is the server. It is mercure, and `postern trace` can tell:")
    told = lab.janus.run([postern.binary, "trace", lab.provider.ip4]).stdout
    story.show(f"janus# postern trace {lab.provider.ip4}\n{told}")
    story.holds("`postern trace` finds the connection intercepted, between hop 1 and the server", "ntercepted" in told and "not intercepted" not in told)
    return postern, mercure


def examine(story, lab, postern):
    story.act("`postern doctor` on mercure walks the chain, link by link")
    done = postern.command("doctor", check=False)
    story.show(f"mercure# postern doctor\n{done.stdout}")
    story.holds("it finds no fault", done.returncode != 1)


def open_sessions(lab, clients):
    """A session for each of the clients, logged in and held open: {its address: Session}."""
    return {client.source: Session(lab.provider.ip4, 110, client, timeout=5).login(password=PASSWORD.encode()) for client in clients}


def fetches(lab, address):
    """Whether the client with that address can have its mail, scanned, in a new session at this moment."""
    try:
        with Session(lab.provider.ip4, 110, lab.janus.sender(address), timeout=2) as session:
            session.login(password=PASSWORD.encode())
            session.retr(1)
            return not mail.is_infected(session.retr(2))
    except (OSError, EOFError, Refused):
        return False


def clients_of(proxy):
    """The addresses whose connections Postern on that host has now."""
    told = proxy.run(["ss", "-Htn", "state", "established", "sport", "=", ":8110"]).stdout
    return {line.split()[3].rsplit(":", 1)[0].removeprefix("[::ffff:").rstrip("]") for line in told.splitlines()}


def shares(lab):
    return {name: sorted(clients_of(lab.hosts[name])) for name in ("mercure", "mercure2")}


def close_all(sessions):
    for session in sessions.values():
        session.close()


def add_second(story, lab, saturne):
    """Gives the second Postern, the clients, and the sessions that they have open."""
    story.act("A second proxy, mercure2, while sessions run")
    clients = lab.clients(CLIENTS)
    early = open_sessions(lab, clients)
    story.say(f"{len(early)} clients have a session, all of them at mercure.")
    second = Postern(lab, {"postern": {"log_level": "info"}, "gateway": PROXY}, host=lab.mercure2)
    Gateway.of(second).apply()
    saturne.change(**shared_by(lab, "mercure", "mercure2")).apply()
    story.show(f"saturne# cat postern.conf\n{section(saturne.config)}saturne# postern gateway apply")
    story.holds("no session ended of those that ran", all(session.is_alive() for session in early.values()))
    close_all(early)
    await_condition(lambda: not any(shares(lab).values()), what="the sessions to end")
    sessions = open_sessions(lab, clients)
    first = shares(lab)
    again = open_sessions(lab, clients)
    story.show("\n".join(f"{name:9} has {len(its):2} of {CLIENTS} clients" for name, its in first.items()))
    story.holds("new sessions are shared by both", all(first.values()))
    story.holds("each client's second session went to where its first is", shares(lab) == first)
    close_all(again)
    return second, clients, sessions


def kill_second(story, lab, saturne, second, clients, sessions):
    story.act("One proxy is killed while mail flows; `postern gateway watch` on saturne sees it")
    watch = saturne.watch()
    watch.await_line("event=proxy_up", count=4)
    lost = clients_of(lab.mercure2)
    kept = sorted(clients_of(lab.mercure) - lost)
    began = time.monotonic()
    os.kill(second.daemon.pid, signal.SIGKILL)
    await_condition(lambda: not any(sessions[address].is_alive() for address in lost), what="its sessions to end")
    story.holds(f"its {len(lost)} sessions ended, mercure's {len(kept)} did not", all(sessions[address].is_alive() for address in kept))
    await_condition(lambda: all(fetches(lab, address) for address in lost), 4 * WITHIN, "its clients to be served by mercure")
    took = time.monotonic() - began
    story.show(watch.log())
    story.holds(f"its clients have their mail again, scanned, after {took:.1f} s: less than {WITHIN}", took < WITHIN)
    seen = len(watch.log())
    second.start()
    watch.await_line("event=proxy_up", count=6)
    await_condition(lambda: "event=spread" in watch.log()[seen:], what="the proxy to be used again")
    story.show("mercure2# postern run\n" + watch.log()[seen:])
    more = open_sessions(lab, clients)
    story.holds("it is back, and has its clients again", lost <= clients_of(lab.mercure2))
    story.holds("and still nobody at mercure lost a session", all(sessions[address].is_alive() for address in kept))
    close_all(more)
    close_all(sessions)
    watch.stop()


def remove(story, lab, gateways, states):
    """gateways: {host's name: Gateway}; states: what those hosts were before."""
    story.act("`postern gateway remove`")
    for name, gateway in gateways.items():
        gateway.remove()
        story.show(f"{name}# postern gateway remove")
        left = differences(states[name], network_state(lab.hosts[name]))
        if left:
            story.show("\n".join(f"{what}: {then!r} -> {now!r}" for what, (then, now) in left.items()))
        story.holds(f"{name}: ruleset, rules, routes and {len(states[name]) - 5} sysctls are byte for byte what they were", not left)
    trace(story, lab, 110, ["saturne", "router", "provider"])
