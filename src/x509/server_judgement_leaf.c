#include "x509/certificate.h"
#include "x509/server_judgement.h"
#include "x509/server_names.h"
#include "x509/server_trust.h"

#include "tls/tls_names.h"

struct naming {
    struct leaf_request *out;
    const char *bypass;
    struct span wanted; /* empty: none, or the certificate is not for it */
    size_t count;       /* names in the certificate */
};

static void count_name(void *context, const struct server_name *name)
{
    ((struct naming *)context)->count++;
}

static bool is_for_wanted(const struct naming *naming, const struct server_name *name)
{
    return !name->is_address && tls_name_matches(name->octets, naming->wanted);
}

static void add_address(struct leaf_request *out, struct span octets)
{
    union inet_address address = {.any.sa_family = octets.n == 4 ? AF_INET : AF_INET6};

    if (octets.n == 4)
        memcpy(&address.in.sin_addr, octets.p, 4);
    else
        memcpy(&address.in6.sin6_addr, octets.p, 16);
    leaf_request_add_address(out, &address);
}

static void add_name(void *context, const struct server_name *name)
{
    const struct naming *naming = context;

    if (naming->count > LEAF_NAMES_MAX && naming->wanted.n && !is_for_wanted(naming, name))
        return;
    if (name->is_address)
        add_address(naming->out, name->octets);
    else if (!tls_bypass_has_name(naming->bypass, name->octets))
        leaf_request_add_name(naming->out, name->octets);
}

static void add_names(SSL *ssl, const struct server_judgement *j, X509 *leaf, struct leaf_request *out)
{
    const char *wanted = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    struct naming naming = {.out = out, .bypass = server_trust_conf(server_trust_of(ssl))->bypass};

    if (wanted && !(j->faults & tls_fault_bit(TLS_NAME)))
        naming.wanted = span_of(wanted);
    if (naming.wanted.n)
        leaf_request_add_name(out, naming.wanted);
    server_names_each(leaf, count_name, &naming);
    server_names_each(leaf, add_name, &naming);
}

static void set_dates(SSL *ssl, const struct server_judgement *j, X509 *leaf, int64_t now_s,
                      struct leaf_request *out)
{
    bool is_bad = j->faults & (tls_fault_bit(TLS_EXPIRED) | tls_fault_bit(TLS_NOT_YET_VALID));
    STACK_OF(X509) *chain = is_bad ? SSL_get0_verified_chain(ssl) : NULL;
    int64_t from_s = certificate_not_before_s(leaf), to_s = certificate_not_after_s(leaf);

    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t other_from_s = certificate_not_before_s(sk_X509_value(chain, i)),
                other_to_s = certificate_not_after_s(sk_X509_value(chain, i));

        from_s = other_from_s > from_s ? other_from_s : from_s;
        to_s = other_to_s < to_s ? other_to_s : to_s;
    }
    leaf_request_set_dates(out, from_s, to_s, now_s);
}

bool server_judgement_leaf_request(SSL *ssl, const struct server_judgement *j, int64_t now_s,
                                   struct leaf_request *out)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);

    memset(out, 0, sizeof *out);
    if (!leaf || !j->has_certificate)
        return false;
    memcpy(out->fingerprint, j->fingerprint, sizeof out->fingerprint);
    out->kind = j->faults & tls_fault_bit(TLS_UNTRUSTED) ? LEAF_UNTRUSTED : LEAF_TRUSTED;
    add_names(ssl, j, leaf, out);
    set_dates(ssl, j, leaf, now_s, out);
    return out->name_count > 0;
}
