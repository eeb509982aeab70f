"""What `postern doctor` says, for tests. `of` is a Postern or a Gateway: it has a host, the program and a configuration file."""

import json

WELL, FAULT, UNCHECKED = 0, 1, 2


def doctor(of, *argv, prefix=()):
    """The status, and what was said by link: [(state, text, cure)]."""
    done = of.host.run([*prefix, of.binary, "doctor", "-c", of.config, "--json", *argv], check=False, timeout=100)
    told = json.loads(done.stdout)
    assert told["status"] == done.returncode, done
    links = {}
    for line in told["links"]:
        links.setdefault(line["link"], []).append((line["state"], line["text"], line["cure"]))
    return done.returncode, links


def faults(links):
    return {link: lines for link, lines in links.items() if any(state == "fault" for state, _, _ in lines)}


def finds(of, link, words, *argv, more=()):
    """It has status 1 and names this fault, with a cure, and no other but those in `more`."""
    status, links = doctor(of, *argv)
    assert status == FAULT, links
    found = faults(links)
    assert set(found) - set(more) == {link}, found
    assert any(state == "fault" and words in text and cure for state, text, cure in found[link]), found
