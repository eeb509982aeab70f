"""Runs `postern doctor` for tests. `of` is a Postern or a Gateway: it has a host, the program and a configuration file."""

import json

WELL, FAULT, UNCHECKED = 0, 1, 2


def doctor(of, *argv, prefix=()):
    """Returns the status, and the results per link: [(state, text, cure)]."""
    done = of.host.run([*prefix, of.binary, "doctor", "-c", of.config, "--json", *argv], check=False, timeout=100)
    reported = json.loads(done.stdout)
    assert reported["status"] == done.returncode, done
    links = {}
    for line in reported["links"]:
        links.setdefault(line["link"], []).append((line["state"], line["text"], line["cure"]))
    return done.returncode, links


def faults(links):
    return {link: lines for link, lines in links.items() if any(state == "fault" for state, _, _ in lines)}


def finds(of, link, words, *argv, more=()):
    """Asserts that it exits with status 1 and reports this fault, with a cure, and no others except those in `more`."""
    status, links = doctor(of, *argv)
    assert status == FAULT, links
    found = faults(links)
    assert set(found) - set(more) == {link}, found
    assert any(state == "fault" and words in text and cure for state, text, cure in found[link]), found
