"""A Dovecot of the lab, with configuration, state and mail in a directory of the lab, and its port in a host of the lab.

A Dovecot of the system is neither read nor touched.
"""

import os
import re
import shutil

from lab.host import HERE

MAIL_UID = 65534  # user nobody, which reads the maildirs


def version():
    """Version of the installed Dovecot: (2, 3) or (2, 4)."""
    return tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", HERE.run(["dovecot", "--version"]).stdout).groups())


class Dovecot:
    def __init__(self, lab, host=HERE, addresses=None, port=None, users=("bob",), password="secret", tls=False, tls_port=0):
        """tls: True: with a certificate signed by itself; or an Issued (lab/certificates). tls_port: a port that begins with TLS."""
        self.host, self.password, self.users = host, password, list(users)
        self.addresses = list(addresses or ([host.ip4, host.ip6] if host is not HERE else ["127.0.0.1"]))
        self.address = self.addresses[0]
        self.port = port or (110 if host is not HERE else host.free_port())
        self.directory = lab.make_directory("dovecot")
        self.log_path = os.path.join(self.directory, "log")
        for user in self.users:
            for part in ("new", "cur", "tmp"):
                self._make_owned(os.path.join(self.directory, "mail", user, part))
        self.tls_port = tls_port
        if tls:
            self._make_certificate(tls)
        self._write_configuration(tls)
        # It would ask DNS for this machine's name, and wait for the answer where there is no way to one.
        env = os.environ | {"DOVECOT_HOSTNAME": "provider", "DOVECOT_HOSTDOMAIN": "provider.example"}
        self.daemon = lab.start(["dovecot", "-F", "-c", f"{self.directory}/dovecot.conf"], host=host, name="dovecot", env=env)
        for address in self.addresses:
            host.await_port(address, self.port)

    def _make_owned(self, path):
        os.makedirs(path)
        while path != self.directory:
            os.chown(path, MAIL_UID, MAIL_UID)
            path = os.path.dirname(path)

    def _make_certificate(self, tls):
        if tls is not True:
            shutil.copy(tls.certificate, f"{self.directory}/certificate.pem")
            shutil.copy(tls.key, f"{self.directory}/key.pem")
            return
        HERE.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                  "-subj", "/CN=provider.example", "-keyout", f"{self.directory}/key.pem", "-out", f"{self.directory}/certificate.pem"])

    def _write_configuration(self, tls):
        d = self.directory
        modern = version() >= (2, 4)
        with open(f"{d}/passwd", "w", encoding="ascii") as f:
            f.writelines(f"{user}:{{PLAIN}}{self.password}:{MAIL_UID}:{MAIL_UID}::{d}/mail/{user}::\n" for user in self.users)
        with open(f"{d}/dovecot.conf", "w", encoding="ascii") as f:
            f.write(f"""{self._since_2_4(tls) if modern else self._until_2_3(tls)}
protocols = pop3
listen = {", ".join(self.addresses)}
base_dir = {d}/run
state_dir = {d}/state
log_path = {self.log_path}
auth_verbose = yes
auth_mechanisms = plain login
ssl = {"yes" if tls else "no"}
first_valid_uid = 1
mail_max_userip_connections = 0
default_process_limit = 300
default_client_limit = 4000
service pop3-login {{
  inet_listener pop3 {{
    port = {self.port}
  }}
  inet_listener pop3s {{
    port = {self.tls_port}
    ssl = yes
  }}
  {"restart_request_count = unlimited" if modern else "service_count = 0"}
}}
service pop3 {{
  process_limit = 300
}}
""")

    def _until_2_3(self, tls):
        d = self.directory
        ssl = f"ssl_cert = <{d}/certificate.pem\nssl_key = <{d}/key.pem\n" if tls else ""
        return f"""{ssl}disable_plaintext_auth = no
mail_location = maildir:{d}/mail/%u
pop3_uidl_format = %g
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/passwd
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {d}/passwd
}}"""

    # 2.4 renamed these settings, and requires the versions of its configuration and storage first.
    def _since_2_4(self, tls):
        d = self.directory
        ssl = f"ssl_server_cert_file = {d}/certificate.pem\nssl_server_key_file = {d}/key.pem\n" if tls else ""
        return f"""dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
{ssl}auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {d}/mail/%{{user}}
pop3_uidl_format = %{{guid}}
passdb passwd-file {{
  default_password_scheme = PLAIN
  auth_username_format = %{{user}}
  passwd_file_path = {d}/passwd
}}
userdb passwd-file {{
  auth_username_format = %{{user}}
  passwd_file_path = {d}/passwd
}}"""

    def deliver(self, user, message, name):
        """Puts a message into the user's maildir; messages are served in the order of their names."""
        place = os.path.join(self.directory, "mail", user)
        with open(f"{place}/tmp/{name}", "wb") as f:
            f.write(message)
            os.fchown(f.fileno(), MAIL_UID, MAIL_UID)
        os.rename(f"{place}/tmp/{name}", f"{place}/new/{name}")

    def deliver_all(self, user, messages):
        for n, message in enumerate(messages, 1):
            self.deliver(user, message, f"{1_000_000_000 + n}.{n:06}.provider")

    def left(self, user):
        """Number of messages that the user still has."""
        place = os.path.join(self.directory, "mail", user)
        return len(os.listdir(f"{place}/new")) + len(os.listdir(f"{place}/cur"))

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def peers(self):
        """The client addresses of sessions in Dovecot's log: "Login: user=..." until 2.3, "Login: Logged in: user=..." or "Logged in:
        user=..." since 2.4."""
        return re.findall(r"(?:Login|Logged in): user=.*?rip=([^,\s]+)", self.log())

    def stop(self):
        return self.daemon.stop()
