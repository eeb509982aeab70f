#include "x509/server_names.h"

#include "tls/tls_policy.h"

#include <openssl/x509v3.h>

static struct span octets_of(const ASN1_STRING *string)
{
    return (struct span){(const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};
}

void server_names_each(X509 *certificate, server_name_visit *visit, void *context)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const void *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);

        if (type == GEN_DNS || type == GEN_IPADD) {
            struct server_name name = {type == GEN_IPADD, octets_of(value)};

            if (!name.is_address || name.octets.n == 4 || name.octets.n == 16)
                visit(context, &name);
        }
    }
    GENERAL_NAMES_free(names);
}

bool server_names_have_address(X509 *certificate, const union inet_address *address)
{
    if (address->any.sa_family == AF_INET6)
        return X509_check_ip(certificate, address->in6.sin6_addr.s6_addr, 16, 0) == 1;
    return X509_check_ip(certificate, (const unsigned char *)&address->in.sin_addr, 4, 0) == 1;
}

struct bypass_search {
    const char *bypass;
    bool is_found;
};

static void search_bypass(void *context, const struct server_name *name)
{
    struct bypass_search *search = context;

    search->is_found |= !name->is_address && tls_bypass_has_name(search->bypass, name->octets);
}

bool server_names_are_bypassed(X509 *certificate, const char *bypass)
{
    struct bypass_search search = {bypass, false};

    if (*bypass)
        server_names_each(certificate, search_bypass, &search);
    return search.is_found;
}
