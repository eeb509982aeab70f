"""The demo's steps about `postern gateway`: what it installs on saturne and mercure, a second proxy, the loss of a proxy, and removal."""

import os
import re
import signal
import time

from lab import mail
from lab.gateway import PROXY, Gateway, mirror, shared_by
from lab.network_state import differences, network_state
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, Postern
from lab.process import SLOWNESS, await_condition

CLIENTS = 12
WITHIN = 5 * SLOWNESS  # seconds


def trace(story, lab, port, wanted, family="ip4"):
    """Shows a traceroute from janus and compares it with the hosts that it should pass."""
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
    """The plan's commands for IPv4, and the chains of the table that divert connections."""
    lines = [line for line in plan.splitlines() if not line.startswith("#")]
    commands = [line for line in lines if re.match(r"sysctl|ip -4", line)]
    chains = re.findall(r"^\tchain (?:divert|proxy4_0|proxy) \{\n.*?^\t\}\n", plan, re.M | re.S)
    chains = [line[1:] for chain in chains for line in chain.splitlines() if "IPv6" not in line]
    return "\n".join([*commands, "nft -f -", *("    " + line for line in chains)]) + f"\n({len(plan.splitlines())} lines in all, with IPv6, the rest of the table, and comments)"


def divert(story, lab):
    """Sets up saturne. Returns its Gateway and the earlier state of both hosts."""
    story.act("saturne's configuration file, and the commands that `postern gateway plan` derives from it")
    saturne, states = mirror(lab), {"saturne": network_state(lab.saturne)}
    story.show(f"saturne# cat postern.conf\n{section(saturne.config)}")
    story.show(f"saturne# postern gateway plan\n{shortened(saturne.plan())}")
    saturne.apply()
    story.show("saturne# postern gateway apply")
    story.holds("`postern gateway check` finds no difference between the kernel and the plan", saturne.faults() == [])
    once = network_state(lab.saturne)
    saturne.apply()
    story.holds("a second apply changes nothing", not differences(once, network_state(lab.saturne)))
    story.say("So far mercure only forwards, as in the article:")
    lab.forward("mercure")
    states["mercure"] = network_state(lab.mercure)
    trace(story, lab, 80, ["saturne", "router", "provider"])
    trace(story, lab, 110, ["saturne", "mercure", "router", "provider"])
    return saturne, states


def start(story, lab):
    story.act("Postern starts on mercure; its configuration file also has mercure's role")
    postern = Postern(lab, {"postern": {"log_level": "info"}, "gateway": PROXY}, host=lab.mercure)
    mercure = Gateway.of(postern)
    story.show(f"mercure# cat postern.conf\n{section(postern.config)}")
    mercure.apply()
    children = postern.children()
    story.show("mercure# postern gateway apply && postern run\n" + "\n".join(f"{role} {index}: pid {pid}" for (role, index), pid in sorted(children.items())))
    trace(story, lab, 80, ["saturne", "router", "provider"])
    trace(story, lab, 110, ["saturne", "provider"])
    trace(story, lab, 110, ["saturne", "provider"], "ip6")
    story.say("As in the article: to janus the second hop looks like the server. It is mercure, and `postern trace` detects it:")
    verdict = lab.janus.run([postern.binary, "trace", lab.provider.ip4]).stdout
    story.show(f"janus# postern trace {lab.provider.ip4}\n{verdict}")
    story.holds("`postern trace` reports that the connection is intercepted", "ntercepted" in verdict and "not intercepted" not in verdict)
    return postern, mercure


def examine(story, lab, postern):
    story.act("`postern doctor` on mercure checks the whole chain, link by link")
    done = postern.command("doctor", check=False)
    story.show(f"mercure# postern doctor\n{done.stdout}")
    story.holds("`postern doctor` finds no fault", done.returncode != 1)


def open_sessions(lab, clients):
    """A session for each of the clients, logged in and held open: {its address: Session}."""
    return {client.source: Session(lab.provider.ip4, 110, client, timeout=5).login(password=PASSWORD.encode()) for client in clients}


def fetches(lab, address):
    """Whether the client with that address can fetch its mail, scanned, in a new session now."""
    try:
        with Session(lab.provider.ip4, 110, lab.janus.sender(address), timeout=2) as session:
            session.login(password=PASSWORD.encode())
            session.retr(1)
            return not mail.is_infected(session.retr(2))
    except (OSError, EOFError, Refused):
        return False


def clients_of(proxy):
    """The addresses of the clients that are connected to Postern on that host."""
    sockets = proxy.run(["ss", "-Htn", "state", "established", "sport", "=", ":8110"]).stdout
    return {line.split()[3].rsplit(":", 1)[0].removeprefix("[::ffff:").rstrip("]") for line in sockets.splitlines()}


def shares(lab):
    return {name: sorted(clients_of(lab.hosts[name])) for name in ("mercure", "mercure2")}


def close_all(sessions):
    for session in sessions.values():
        session.close()


def add_second(story, lab, saturne):
    """Returns the second Postern, the clients, and their open sessions."""
    story.act("A second proxy, mercure2, is added while sessions are open")
    clients = lab.clients(CLIENTS)
    early = open_sessions(lab, clients)
    story.say(f"{len(early)} clients each have a session open, all through mercure.")
    second = Postern(lab, {"postern": {"log_level": "info"}, "gateway": PROXY}, host=lab.mercure2)
    Gateway.of(second).apply()
    saturne.change(**shared_by(lab, "mercure", "mercure2")).apply()
    story.show(f"saturne# cat postern.conf\n{section(saturne.config)}saturne# postern gateway apply")
    story.holds("no open session was cut", all(session.is_alive() for session in early.values()))
    close_all(early)
    await_condition(lambda: not any(shares(lab).values()), what="the sessions to end")
    sessions = open_sessions(lab, clients)
    first = shares(lab)
    again = open_sessions(lab, clients)
    story.show("\n".join(f"{name:9} has {len(its):2} of {CLIENTS} clients" for name, its in first.items()))
    story.holds("new sessions are shared between both proxies", all(first.values()))
    story.holds("each client's second session goes to the same proxy as its first", shares(lab) == first)
    close_all(again)
    return second, clients, sessions


def is_spread_over(log, proxy):
    """Whether a line of the watch's log says that connections of both address families go to that proxy."""
    return any("event=spread" in line and f"{proxy.ip4}:8110" in line and f"[{proxy.ip6}]:8110" in line for line in log.splitlines())


def kill_second(story, lab, saturne, second, clients, sessions):
    story.act("One proxy is killed while sessions are open; `postern gateway watch` on saturne notices")
    watch = saturne.watch()
    watch.await_line("event=proxy_up", count=4)
    lost = clients_of(lab.mercure2)
    kept = sorted(clients_of(lab.mercure) - lost)
    began = time.monotonic()
    os.kill(second.daemon.pid, signal.SIGKILL)
    await_condition(lambda: not any(sessions[address].is_alive() for address in lost), what="its sessions to end")
    story.holds(f"mercure2's {len(lost)} sessions ended, mercure's {len(kept)} did not", all(sessions[address].is_alive() for address in kept))
    await_condition(lambda: all(fetches(lab, address) for address in lost), 20, "its clients to be served by mercure")
    took = time.monotonic() - began
    story.show(watch.log())
    story.holds(f"mercure2's clients fetch scanned mail again after {took:.1f} s (limit: {WITHIN} s)", took < WITHIN)
    seen = len(watch.log())
    second.start()
    watch.await_line("event=proxy_up", count=6)
    await_condition(lambda: is_spread_over(watch.log()[seen:], lab.mercure2), what="the proxy to be used again")
    story.show("mercure2# postern run\n" + watch.log()[seen:])
    more = open_sessions(lab, clients)
    story.holds("mercure2 is back and serves its clients again", lost <= clients_of(lab.mercure2))
    story.holds("mercure lost no session", all(sessions[address].is_alive() for address in kept))
    close_all(more)
    close_all(sessions)
    watch.stop()


def remove(story, lab, gateways, states):
    """gateways: {host's name: Gateway}; states: the earlier state of those hosts."""
    story.act("`postern gateway remove`")
    for name, gateway in gateways.items():
        gateway.remove()
        story.show(f"{name}# postern gateway remove")
        left = differences(states[name], network_state(lab.hosts[name]))
        if left:
            story.show("\n".join(f"{what}: {then!r} -> {now!r}" for what, (then, now) in left.items()))
        story.holds(f"{name}: ruleset, rules, routes and {len(states[name]) - 5} sysctls are exactly as before", not left)
    trace(story, lab, 110, ["saturne", "router", "provider"])
