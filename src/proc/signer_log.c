#include "proc/signer_log.h"

#include "base/log.h"
#include "x509/certificate.h"

#include <arpa/inet.h>
#include <time.h>

/* LOG_VALUE_MAX minus the longest name and a space. */
enum { NAMES_PER_LINE_SIZE = LOG_VALUE_MAX - 256 };

static void add_time(struct log_line *line, const char *key, int64_t time_s)
{
    char text[32] = "";
    time_t time = (time_t)time_s;
    struct tm parts;

    if (gmtime_r(&time, &parts))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    log_string(line, key, text);
}

static void add_hex(struct log_line *line, const char *key, const uint8_t *octets, size_t n)
{
    struct buf text = {0};

    for (size_t i = 0; i < n; i++)
        buf_add_format(&text, "%02x", octets[i]);
    log_span(line, key, buf_span(&text));
    buf_fini(&text);
}

void signer_log_authority(const struct authority *authority, size_t leaves)
{
    X509 *ca = authority_certificate(authority, LEAF_TRUSTED);
    struct buf name = {0}, fingerprint = {0};
    struct log_line line;

    certificate_print_name(ca, &name);
    certificate_print_fingerprint(ca, &fingerprint);
    log_begin(&line, EVENT_authority);
    log_span(&line, "name", buf_span(&name));
    log_span(&line, "sha256", buf_span(&fingerprint));
    add_time(&line, "until", certificate_not_after_s(ca));
    log_number(&line, "leaves", leaves);
    log_end(&line);
    buf_fini(&name);
    buf_fini(&fingerprint);
}

static void print_name(const struct leaf_name *name, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];

    if (out->n)
        buf_add_char(out, ' ');
    if (name->type == LEAF_DNS)
        buf_add(out, name->octets);
    else if (inet_ntop(name->octets.n == sizeof(struct in6_addr) ? AF_INET6 : AF_INET, name->octets.p, text,
                       sizeof text))
        buf_add(out, span_of(text));
}

/* Adds as many names to the line as fit into one value. */
static void add_names(struct log_line *line, struct leaf_name_walk *walk)
{
    struct buf names = {0};
    struct leaf_name name;

    while (names.n < NAMES_PER_LINE_SIZE && leaf_request_next_name(walk, &name))
        print_name(&name, &names);
    log_span(line, "names", buf_span(&names));
    buf_fini(&names);
}

static void log_further_names(struct leaf_name_walk *walk, const char *serial)
{
    struct log_line line;

    while (walk->at < walk->request->names_size) {
        log_begin(&line, EVENT_leaf_names);
        log_string(&line, "serial", serial);
        add_names(&line, walk);
        log_end(&line);
    }
}

void signer_log_leaf(unsigned relay, const struct leaf_request *request, const struct leaf_made *made)
{
    struct leaf_name_walk walk = {request, 0};
    struct log_line line;

    log_begin(&line, EVENT_leaf);
    log_string(&line, "serial", made->serial);
    log_string(&line, "kind", request->kind == LEAF_TRUSTED ? "trusted" : "untrusted");
    add_hex(&line, "server", request->fingerprint, sizeof request->fingerprint);
    log_number(&line, "relay", relay);
    add_time(&line, "until", made->not_after_s);
    log_number(&line, "count", request->name_count);
    add_names(&line, &walk);
    log_end(&line);
    log_further_names(&walk, made->serial);
}

/* The request may be malformed, so its names are not printed. */
void signer_log_refused(unsigned relay, const struct leaf_request *request, const char *reason)
{
    struct log_line line;

    log_begin(&line, EVENT_leaf_refused);
    log_number(&line, "relay", relay);
    log_string(&line, "reason", reason);
    add_hex(&line, "server", request->fingerprint, sizeof request->fingerprint);
    log_end(&line);
}
