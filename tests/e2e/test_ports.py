"""Where Postern builds: what `meson setup` says on another processor, and scripts/deps on another release."""

import pathlib
import platform
import subprocess

import pytest

from lab.postern import ROOT

I386 = """[binaries]
c = ['gcc', '-m32']
ar = 'ar'
[host_machine]
system = 'linux'
cpu_family = 'x86'
cpu = 'i686'
endian = 'little'
[properties]
needs_exe_wrapper = true
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="takes a gcc with -m32")
def test_a_32_bit_processor_is_refused_with_the_reason(tmp_path):
    pathlib.Path(tmp_path, "i386.ini").write_text(I386, encoding="ascii")
    done = subprocess.run(["meson", "setup", "--cross-file", str(tmp_path / "i386.ini"), str(tmp_path / "build"), str(ROOT)],
                          capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode != 0
    assert "Postern needs a 64-bit processor" in done.stdout and "2038" in done.stdout and "socketcall" in done.stdout, done.stdout


@pytest.mark.parametrize("known, installed", [("p7zip-full", "p7zip-full"), ("7zip", "7zip"), ("p7zip-full 7zip", "p7zip-full")])
def test_a_package_is_installed_by_the_name_that_the_release_has(tmp_path, known, installed):
    """Nothing is installed: the test provides apt and dpkg."""
    log = tmp_path / "installed"
    tools = {
        "dpkg-query": "echo not-installed",
        "apt-cache": f"for name in {known}; do [ \"$2\" != $name ] || echo Package: $name; done",
        "apt-get": f"echo \"$@\" >> {log}",
        "systemctl": "exit 0", "update-rc.d": "exit 0", "invoke-rc.d": "exit 0",
    }
    for name, script in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        (tmp_path / name).chmod(0o755)
    subprocess.run([str(ROOT / "scripts" / "deps"), "test"], check=True, timeout=60, capture_output=True,
                   env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"})
    names = log.read_text(encoding="ascii").split()
    assert installed in names and not {"p7zip-full", "7zip", "p7zip-full|7zip"} & set(names) - {installed}
