#include "x509/mobileconfig.h"

#include "base/base64.h"
#include "base/xml.h"
#include "x509/certificate.h"

#include <stdio.h>

static void add_string(struct buf *out, const char *key, struct span value)
{
    buf_add_format(out, "<key>%s</key><string>", key);
    xml_add(out, value);
    buf_add(out, SPAN("</string>\n"));
}

/* Adds an identifier (a UUID of RFC 9562, version 8); `which` is 0 or 1. It depends only on the certificate,
 * so that a profile that is installed again replaces the earlier one. */
static void add_uuid(struct buf *out, const struct digest *fingerprint, unsigned which)
{
    const uint8_t *b = fingerprint->bytes + 16 * which;
    char text[40];

    snprintf(text, sizeof text, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", b[0],
             b[1], b[2], b[3], b[4], b[5], (b[6] & 0x0f) | 0x80, b[7], (b[8] & 0x3f) | 0x80, b[9], b[10],
             b[11], b[12], b[13], b[14], b[15]);
    add_string(out, "PayloadUUID", span_of(text));
    buf_add_format(out, "<key>PayloadIdentifier</key><string>postern.%s</string>\n", text);
}

static void add_head(struct buf *out, const char *type, struct span name, const struct digest *fingerprint,
                     unsigned which)
{
    add_string(out, "PayloadType", span_of(type));
    add_string(out, "PayloadDisplayName", name);
    buf_add(out, SPAN("<key>PayloadVersion</key><integer>1</integer>\n"));
    add_uuid(out, fingerprint, which);
}

void mobileconfig_add(const X509 *certificate, struct buf *out)
{
    struct buf name = {0}, der = {0};
    struct digest fingerprint;

    certificate_fingerprint(certificate, &fingerprint);
    certificate_print_name(certificate, &name);
    certificate_add_der(certificate, &der);
    buf_add(out, SPAN("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                      "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                      "<plist version=\"1.0\"><dict>\n"));
    add_head(out, "Configuration", buf_span(&name), &fingerprint, 0);
    buf_add(out, SPAN("<key>PayloadContent</key><array><dict>\n"));
    add_head(out, "com.apple.security.root", buf_span(&name), &fingerprint, 1);
    buf_add(out, SPAN("<key>PayloadContent</key><data>\n"));
    base64_add(out, buf_span(&der));
    buf_add(out, SPAN("</data>\n</dict></array>\n</dict></plist>\n"));
    buf_fini(&name);
    buf_fini(&der);
}
