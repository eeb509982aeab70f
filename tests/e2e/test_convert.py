"""postern convert and postern check --show print a configuration that has the same effect."""

import os

from conftest import ROOT

from lab import HERE
from lab.p3scan import prepare
from lab.postern import UID, Postern, binary

EVERY_KEY = ROOT / "tests/data/p3scan-every-key.conf"


def convert(path, check=True):
    return HERE.run([binary(), "convert", str(path)], check=check)


def show(postern, path):
    """Returns all settings."""
    return HERE.run([postern.binary, "check", "--show", "-c", str(path)], check=False).stdout


def written(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def test_a_converted_file_has_the_same_settings_and_no_warning(lab):
    home, text, prefix = prepare(lab, True)
    postern = Postern(lab, text=text, prefix=prefix, start=False)
    converted = written(home, "postern.conf", convert(postern.config).stdout)
    assert "[command]\n" in show(postern, converted)
    assert show(postern, converted) == show(postern, postern.config)
    done = HERE.run([*prefix, postern.binary, "check", "-c", converted])
    assert done.stderr == ""


def test_what_check_shows_is_a_file_itself(lab, serve):
    postern = Postern(lab, {"notice": {"subject": '"a # b \\" c"'}, "clamd": {"socket": "/run/x 127.0.0.1:1"}}, target=serve(), start=False)
    shown = postern.command("check", "--show").stdout
    again = written(postern.directory, "again.conf", shown)
    assert 'subject = "a # b \\" c"\n' in shown and "socket = /run/x 127.0.0.1:1\n" in shown
    assert show(postern, again) == shown


def test_check_shows_nothing_of_a_file_with_errors(lab, serve):
    postern = Postern(lab, {"pop3": {"patience": "soon"}}, target=serve(), start=False)
    done = postern.command("check", "--show", check=False)
    assert done.returncode == 1 and done.stdout == "" and "patience" in done.stderr


def test_warnings_become_comments_with_their_lines():
    lines = convert(EVERY_KEY).stdout.splitlines()
    wanted = next(n for n, line in enumerate(EVERY_KEY.read_text(encoding="ascii").splitlines(), 1) if line.startswith("footer"))
    assert any(line.startswith("# ") and f".conf:{wanted}: footer has no effect: " in line for line in lines)
    assert all(line == "" or line[0] in "#[" or " = " in line for line in lines)


def test_a_file_with_an_error_is_not_converted(tmp_path):
    path = written(tmp_path, "p3scan.conf", "port = pop3\nmaxchilds = many\nfooter = x\n")
    done = convert(path, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert f"{path}:2: " in done.stderr and f"{path}:1: " in done.stderr
    assert convert(tmp_path / "none", check=False).returncode == 1
    assert HERE.run([binary(), "convert"], check=False).returncode == 2
    assert HERE.run([binary(), "convert", "-c", path], check=False).returncode == 2


def test_two_hundred_lines_with_every_key_start_the_service(lab):
    """The converted file starts it, too."""
    home, _, prefix = prepare(lab, True)
    os.mkdir(f"{home}/spool/virus")
    os.chown(f"{home}/spool/virus", UID, UID)
    text = EVERY_KEY.read_text(encoding="ascii")
    for theirs, ours in (("/var/run/p3scan", f"{home}/run"), ("/var/spool/p3scan", f"{home}/spool"), ("/etc/p3scan", f"{home}/etc")):
        text = text.replace(theirs, ours)
    text = text.replace("\nport = 8110", f"\nport = {HERE.free_port()}")
    path = written(home, "p3scan.conf", text)
    for configuration in (text, convert(path).stdout):
        with Postern(lab, text=configuration, prefix=prefix) as postern:
            assert os.path.exists(f"{home}/run/p3scan.pid")
            assert {role for role, _ in postern.children()} == {"relay", "scan", "reader", "keeper"}
