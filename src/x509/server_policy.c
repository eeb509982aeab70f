#include "x509/server_policy.h"

#include <openssl/x509v3.h>
#include <stdbool.h>

/* OpenSSL's own check, which is the same in every context. */
static X509_STORE_CTX_check_policy_fn ordinary_check;

static bool has_extension(X509 *certificate, int nid)
{
    return X509_get_ext_by_NID(certificate, nid, -1) >= 0;
}

/* A malformed extension counts as a requirement. */
static bool requires_policy(X509 *certificate)
{
    POLICY_CONSTRAINTS *constraints = X509_get_ext_d2i(certificate, NID_policy_constraints, NULL, NULL);
    bool requires = constraints ? constraints->requireExplicitPolicy != NULL
                                : has_extension(certificate, NID_policy_constraints);

    POLICY_CONSTRAINTS_free(constraints);
    return requires;
}

/* The root of a chain is not processed (RFC 5280, 6.1). */
static int check(X509_STORE_CTX *context)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    bool is_required = false, is_inconsistent = false;

    for (int i = 0; i < sk_X509_num(chain) - 1; i++) {
        X509 *certificate = sk_X509_value(chain, i);

        is_required |= requires_policy(certificate);
        is_inconsistent |= has_extension(certificate, NID_policy_constraints) &&
                           !has_extension(certificate, NID_certificate_policies);
    }
    if (!is_required)
        return 1;
    if (!is_inconsistent)
        return ordinary_check(context);
    X509_STORE_CTX_set_error(context, X509_V_ERR_NO_EXPLICIT_POLICY);
    return X509_STORE_CTX_get_verify_cb(context)(0, context);
}

void server_policy_set(X509_STORE *store)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    X509_STORE_CTX_init(context, store, NULL, NULL);
    if (!ordinary_check)
        ordinary_check = X509_STORE_CTX_get_check_policy(context);
    X509_STORE_CTX_free(context);
    X509_STORE_set_check_policy(store, check);
}
