/* leaf_request: the request for a leaf certificate, as a relay sends it to the signer, and the rules by which
 * the signer accepts it. Pure.
 *
 * A leaf is the certificate that a client receives in place of the server's. Request and reply have a fixed
 * size and no pointers, so a channel carries them unchanged (proc/ipc/ipc.h). The relay, which parses what
 * servers send, fills in the request. The signer trusts none of it: it uses the request only if
 * leaf_request_check finds no fault. */
#ifndef POSTERN_TLS_LEAF_REQUEST_H
#define POSTERN_TLS_LEAF_REQUEST_H

#include "base/inet.h"
#include "base/span.h"

enum { LEAF_NAMES_MAX = 64, LEAF_NAMES_SIZE = 4024, LEAF_FINGERPRINT_SIZE = 32 };
enum { LEAF_DER_MAX = 8172 };
/* A leaf is valid for at most this number of days. Clients refuse certificates that are valid for longer. */
enum { LEAF_DAYS_MAX = 397 };

/* The authority that signs: the one that clients trust, or the second one, which no client trusts. */
enum leaf_kind { LEAF_TRUSTED, LEAF_UNTRUSTED, LEAF_KINDS };
enum leaf_name_type { LEAF_DNS, LEAF_IP };

struct leaf_request {
    uint64_t id;
    int64_t not_before_s, not_after_s;          /* Unix time */
    uint8_t fingerprint[LEAF_FINGERPRINT_SIZE]; /* SHA-256 of the server's certificate (DER) */
    uint8_t kind;                               /* enum leaf_kind */
    uint8_t name_count;
    uint16_t names_size; /* octets of names[] in use; the rest is 0 */
    uint8_t zero[4];
    uint8_t names[LEAF_NAMES_SIZE]; /* for each name: its enum leaf_name_type, its length, its octets */
};

enum leaf_status { LEAF_SIGNED, LEAF_REFUSED, LEAF_BUSY };

struct leaf_reply {
    uint64_t id;
    uint8_t status; /* enum leaf_status; LEAF_BUSY: too many new leaves, ask again in a second */
    uint8_t zero;
    uint16_t size; /* 0 unless LEAF_SIGNED */
    uint8_t der[LEAF_DER_MAX];
};

/* A name of a request; the octets are borrowed. */
struct leaf_name {
    enum leaf_name_type type;
    struct span octets; /* a host name or a wildcard name; or 4 or 16 octets of an address */
};

/* The functions for the relay. The request must be zero at first. */
/* Adds a name, unless the request has it already. The first one becomes the subject. False: the name is not
 * valid (tls_name_is_valid), or there is no room. */
bool leaf_request_add_name(struct leaf_request *request, struct span name);
bool leaf_request_add_address(struct leaf_request *request, const union inet_address *address);
/* Sets the dates to those of the server's certificate, shortened to what the rules permit. An expired
 * certificate stays expired. One that is not valid yet stays not yet valid. */
void leaf_request_set_dates(struct leaf_request *request, int64_t not_before_s, int64_t not_after_s,
                            int64_t now_s);

struct leaf_name_walk {
    const struct leaf_request *request;
    size_t at;
};
/* Takes the next name. False: there is none, or the names are malformed. {request} begins the walk. */
bool leaf_request_next_name(struct leaf_name_walk *walk, struct leaf_name *name);

enum leaf_fault {
    LEAF_OK,
    /* An honest relay sends no such request. */
    LEAF_MALFORMED,
    LEAF_NAME_INVALID,
    LEAF_NAME_TWICE,
    LEAF_TOO_LONG, /* valid for more than LEAF_DAYS_MAX days */
    /* An honest relay may send such a request if its configuration or its clock differed. */
    LEAF_DATES,
    LEAF_NAME_BYPASSED,
};

struct leaf_rules {
    const char *bypass; /* [tls] bypass */
    int64_t now_s;
};

/* Returns a fault of the request, or LEAF_OK. A violation precedes other faults. */
enum leaf_fault leaf_request_check(const struct leaf_request *request, const struct leaf_rules *rules);
/* Returns whether an honest relay never sends a request with this fault. */
bool leaf_fault_is_violation(enum leaf_fault fault);
const char *leaf_fault_text(enum leaf_fault fault);

#endif
