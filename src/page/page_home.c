#include "page/page_home.h"

#include "base/xml.h"

static void add_age(struct buf *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t count = seconds / units[i].seconds;

        if (count) {
            buf_add_format(out, "%llu %s%s ago", (unsigned long long)count, units[i].name,
                           count == 1 ? "" : "s");
            return;
        }
    }
    buf_add(out, SPAN("just now"));
}

static void add_outcome(const struct page_home *home, struct buf *out)
{
    switch (home->outcome) {
    case PAGE_ACCEPTED:
        buf_add(out, SPAN("<p class=\"good\">A mail program on this device accepted the certificate, "));
        add_age(out, home->ago_s);
        buf_add(out, SPAN(". If all your mail programs fetch mail, nothing is left to do."));
        break;
    case PAGE_REJECTED:
        buf_add(out, SPAN("<p class=\"bad\">A mail program on this device rejected the certificate, "));
        add_age(out, home->ago_s);
        buf_add(out, SPAN(". Install the certificate as described below, fetch mail again, and then reload "
                          "this page."));
        break;
    case PAGE_UNSEEN:
        buf_add(out, SPAN("<p>No encrypted mail connection from this device has been seen since this page "
                          "was started, "));
        add_age(out, home->ago_s);
        buf_add(out, SPAN(". Fetch mail on this device, and then reload this page."));
        break;
    }
    buf_add(out, SPAN(" (This device has the address "));
    xml_add(out, home->visitor);
    buf_add(out, SPAN(".)</p>\n"));
}

static const char before_name[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>Certificate of the mail scanner</title>\n"
    "<style>\n"
    "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 1rem; }\n"
    "code, pre { font-size: .9rem; overflow-wrap: anywhere; white-space: pre-wrap; }\n"
    ".good, .bad { padding: .5rem 1rem; border-left: .4rem solid; }\n"
    ".good { border-color: #2a8a3e; } .bad { border-color: #c5362b; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<h1>Certificate of the mail scanner</h1>\n"
    "<p>This network scans mail for viruses, also where mail programs connect with encryption. "
    "For that, each device must trust this certificate authority:</p>\n"
    "<p><strong>";

static const char before_fingerprint[] = "</strong><br>SHA-256 <code>";

static const char before_outcome[] =
    "</code></p>\n"
    "<p><strong>Before you install it, compare this fingerprint</strong> with the one that your "
    "administrator has given you in another way, on paper or by telephone. This page itself is not "
    "encrypted, so that others in the network could have changed it.</p>\n"
    "<h2>Download</h2>\n"
    "<ul>\n"
    "<li><a href=\"/postern.crt\">postern.crt</a> for Windows and Android (DER)</li>\n"
    "<li><a href=\"/postern.mobileconfig\">postern.mobileconfig</a> for iPhone, iPad and Mac</li>\n"
    "<li><a href=\"/postern.pem\">postern.pem</a> for Linux, Thunderbird and other programs (PEM)</li>\n"
    "</ul>\n"
    "<h2>Has this device accepted it?</h2>\n";

static const char after_outcome[] =
    "<h2>Windows, with Outlook and most other programs</h2>\n"
    "<ol>\n"
    "<li>Open <code>postern.crt</code>, and choose Install Certificate.</li>\n"
    "<li>Choose Local Machine for all users of the computer, or Current User.</li>\n"
    "<li>Choose \"Place all certificates in the following store\", then Browse, then "
    "\"Trusted Root Certification Authorities\".</li>\n"
    "<li>Restart the mail program. Outlook uses the certificates of Windows.</li>\n"
    "</ol>\n"
    "<h2>macOS</h2>\n"
    "<ol>\n"
    "<li>Open <code>postern.mobileconfig</code>.</li>\n"
    "<li>In System Settings, search for Profiles (or General, Device Management), select the profile, and "
    "choose Install.</li>\n"
    "</ol>\n"
    "<h2>iPhone and iPad (iOS, iPadOS)</h2>\n"
    "<ol>\n"
    "<li>Open this page in Safari, tap <code>postern.mobileconfig</code>, and allow the download.</li>\n"
    "<li>In Settings, tap Profile Downloaded (or General, VPN &amp; Device Management), then Install.</li>\n"
    "<li>In Settings, General, About, Certificate Trust Settings, turn on the authority. Without this step "
    "it is installed, but not trusted.</li>\n"
    "</ol>\n"
    "<h2>Android</h2>\n"
    "<ol>\n"
    "<li>Download <code>postern.crt</code>.</li>\n"
    "<li>In Settings, search for \"CA certificate\" (Security, Encryption &amp; credentials, Install a "
    "certificate), and select the file.</li>\n"
    "<li>Some mail programs for Android trust only the authorities that came with the device. Tell your "
    "administrator if your program is one of them.</li>\n"
    "</ol>\n"
    "<h2>Thunderbird</h2>\n"
    "<p>Thunderbird has its own list. In Settings, Privacy &amp; Security, Manage Certificates, "
    "Authorities, choose Import, select <code>postern.pem</code>, and tick \"Trust this CA to identify "
    "websites\", which also applies to mail servers.</p>\n"
    "<h2>Linux: fetchmail, mutt, and other programs that use the system's list</h2>\n"
    "<p>On Debian and its relatives, as root:</p>\n"
    "<pre>cp postern.pem /usr/local/share/ca-certificates/postern.crt\n"
    "update-ca-certificates</pre>\n"
    "<p>curl, fetchmail, mpop, mutt and Claws Mail then trust it. If a program has a list of its own, name "
    "the file there:</p>\n"
    "<ul>\n"
    "<li>fetchmail: <code>sslcertfile /path/to/postern.pem</code></li>\n"
    "<li>mutt: <code>set ssl_ca_certificates_file = /path/to/postern.pem</code></li>\n"
    "<li>mpop: <code>tls_trust_file /path/to/postern.pem</code></li>\n"
    "<li>getmail: <code>ca_certs = /path/to/postern.pem</code></li>\n"
    "</ul>\n"
    "</body>\n"
    "</html>\n";

void page_home_add(const struct page_home *home, struct buf *out)
{
    buf_add(out, span_of(before_name));
    xml_add(out, home->authority);
    buf_add(out, span_of(before_fingerprint));
    xml_add(out, home->fingerprint);
    buf_add(out, span_of(before_outcome));
    add_outcome(home, out);
    buf_add(out, span_of(after_outcome));
}
