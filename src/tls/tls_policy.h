/* tls_policy: which TLS connections are intercepted, and what a client receives in place of a bad server
 * certificate.
 *
 * Implements the lists of [tls] whose connections are passed unread, and the action for each fault of a
 * certificate. A certificate can have several faults (x509/server_judgement); all of them count. Pure. */
#ifndef POSTERN_TLS_TLS_POLICY_H
#define POSTERN_TLS_TLS_POLICY_H

#include "base/inet.h"
#include "base/span.h"
#include "conf/conf_tls.h"

/* From the mildest to the worst. */
enum tls_fault {
    TLS_OK,
    TLS_EXPIRED,
    TLS_NOT_YET_VALID,
    TLS_NAME,      /* not a certificate for the name that the client asked for */
    TLS_UNTRUSTED, /* no chain to a trusted root */
    /* According to a revocation list or to the stapled OCSP response; or that response is invalid, or is
     * required and missing. */
    TLS_REVOKED,
    TLS_WEAK,    /* keys, signatures or versions of TLS that are too weak */
    TLS_MISUSED, /* malformed, or a certificate that is not for this purpose */
    TLS_FAULTS
};

/* From the mildest to the strictest. For several faults, the strictest of their actions applies. */
enum tls_action {
    TLS_ACT_INTERCEPT, /* a leaf of the trusted authority */
    TLS_ACT_MIRROR,    /* a leaf with the same fault, so that the client reports it */
    TLS_ACT_BYPASS,    /* the connection is passed unread */
    TLS_ACT_EXPLAIN,   /* a leaf of the trusted authority; then Postern sends a text that names the fault, and
                          the server is not used */
    TLS_ACT_REFUSE,    /* a TLS alert */
};

/* A set of faults has the bit 1 << fault for each; TLS_OK has no bit. */
static inline unsigned tls_fault_bit(enum tls_fault fault)
{
    return fault == TLS_OK ? 0 : 1U << fault;
}

/* Returns the worst fault of the set; TLS_OK if it is empty. */
enum tls_fault tls_fault_worst(unsigned faults);
/* Returns the word for the log: "untrusted". */
const char *tls_fault_word(enum tls_fault fault);

struct tls_decision {
    enum tls_action action;
    enum tls_fault fault; /* the worst of the faults that have this action; TLS_OK: there is no such fault */
    bool is_untrusted;    /* a mirrored leaf must be signed by the authority that no client trusts */
};

/* has_name: the certificate was compared with the name or the address that the client asked for. If false,
 * that name is unknown, and [tls] no_sni decides as well. Its value "mirror" makes a leaf with the server's
 * own names, so that the client can compare them. */
struct tls_decision tls_policy_decide(const struct conf_tls *conf, unsigned faults, bool has_name);
/* Returns the TLS alert for a client whose server is refused because of this fault (RFC 8446, 6.2). With
 * TLS_OK, returns the alert for a failure of Postern itself. */
int tls_policy_alert(enum tls_fault fault);

enum tls_bypass { TLS_BYPASS_NONE, TLS_BYPASS_CLIENT, TLS_BYPASS_PORT, TLS_BYPASS_ADDRESS, TLS_BYPASS_NAME };

/* Returns the first list of [tls] that contains the connection. `client` and `server` may be IPv4-mapped.
 * `sni` is empty if the client sent none. */
enum tls_bypass tls_bypass_of(const struct conf_tls *conf, const union inet_address *client,
                              const union inet_address *server, struct span sni);
/* Returns whether the list `bypass` contains the name or, for a wildcard name, at least one of its hosts. */
bool tls_bypass_has_name(const char *bypass, struct span name);

#endif
