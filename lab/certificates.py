"""Certificates for servers of the lab: an authority, and what it issues."""

import os
import ssl
import time

from lab.host import HERE

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Issued:
    """A certificate with its key, in files."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key

    def context(self, **attributes):
        """A context for a server of Python's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        for name, value in attributes.items():
            setattr(context, name, value)
        return context


class Authority:
    """Issues certificates in a directory of the lab. `certificate` is the file that those who trust it need."""

    def __init__(self, lab, name="Authority of the lab"):
        self.directory = lab.make_directory("authority")
        self.issued = 0
        self.certificate, self.key = f"{self.directory}/ca.pem", f"{self.directory}/ca.key"
        HERE.run(["openssl", "req", "-x509", *EC, "-days", "100", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate,
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def issue(self, *names, days=30, own=False):
        """A certificate for DNS names and addresses. days=-1: it has expired. own: it is signed by itself."""
        self.issued += 1
        stem = f"{self.directory}/{self.issued}"
        said = ",".join(("IP:" if is_address(name) else "DNS:") + name for name in names)
        with open(f"{stem}.ext", "w", encoding="ascii") as f:
            f.write(f"subjectAltName={said}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n")
        HERE.run(["openssl", "req", *EC, "-subj", f"/CN={names[0]}", "-keyout", f"{stem}.key", "-out", f"{stem}.csr"])
        signer = ["-signkey", f"{stem}.key"] if own else ["-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial"]
        HERE.run(["openssl", "x509", "-req", "-in", f"{stem}.csr", *signer, *valid_for(days), "-extfile", f"{stem}.ext",
                  "-out", f"{stem}.pem"])
        os.chmod(f"{stem}.key", 0o644)
        return Issued(f"{stem}.pem", f"{stem}.key")


def valid_for(days):
    """Options of openssl-x509. OpenSSL 3.6 refuses a negative number of days; dates can be given since 3.4."""
    if days >= 0 or ssl.OPENSSL_VERSION_INFO < (3, 4):
        return ["-days", str(days)]
    begin, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + d * 86400)) for d in (days - 1, days))
    return ["-not_before", begin, "-not_after", end]


def is_address(name):
    return ":" in name or name.replace(".", "").isdigit()
