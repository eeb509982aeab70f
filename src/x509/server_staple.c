#include "x509/server_staple.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

enum { CLOCK_SKEW_S = 300, FEATURE_STATUS_REQUEST = 5 };

/* Returns whether the certificate must be refused without a stapled response (RFC 7633). If the extension is
 * malformed, returns true. */
static bool requires_staple(X509 *certificate)
{
    int found;
    TLS_FEATURE *features = X509_get_ext_d2i(certificate, NID_tlsfeature, &found, NULL);
    bool requires = !features && found != -1;

    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
    requires |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == FEATURE_STATUS_REQUEST;
    TLS_FEATURE_free(features);
    return requires;
}

/* The identifier of a certificate depends on the hash that the responder chose. */
static bool is_about(const OCSP_SINGLERESP *single, X509 *certificate, X509 *issuer)
{
    ASN1_OBJECT *hash;
    OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single), *wanted = NULL;
    const EVP_MD *digest;
    bool is_same;

    OCSP_id_get0_info(NULL, &hash, NULL, NULL, id);
    digest = EVP_get_digestbyobj(hash);
    if (digest)
        wanted = OCSP_cert_to_id(digest, certificate, issuer);
    is_same = wanted && OCSP_id_cmp(wanted, id) == 0;
    OCSP_CERTID_free(wanted);
    return is_same;
}

static OCSP_SINGLERESP *find(OCSP_BASICRESP *basic, X509 *certificate, X509 *issuer)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++)
        if (is_about(OCSP_resp_get0(basic, i), certificate, issuer))
            return OCSP_resp_get0(basic, i);
    return NULL;
}

/* Returns -1 if the response is out of date. The status "revoked" is never out of date. */
static int status_of(OCSP_SINGLERESP *single)
{
    ASN1_GENERALIZEDTIME *this_update, *next_update;
    int status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);

    if (status == V_OCSP_CERTSTATUS_REVOKED)
        return X509_V_ERR_CERT_REVOKED;
    if (OCSP_check_validity(this_update, next_update, CLOCK_SKEW_S, -1) != 1)
        return -1;
    return status == V_OCSP_CERTSTATUS_GOOD ? X509_V_OK : X509_V_ERR_OCSP_CERT_UNKNOWN;
}

static int check_basic(OCSP_BASICRESP *basic, STACK_OF(X509) * chain, X509_STORE *store)
{
    X509 *certificate = sk_X509_value(chain, 0),
         *issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
    OCSP_SINGLERESP *single = basic ? find(basic, certificate, issuer) : NULL;

    if (!single || OCSP_basic_verify(basic, chain, store, 0) != 1)
        return X509_V_ERR_OCSP_VERIFY_FAILED;
    return status_of(single);
}

/* Returns -1 if the response counts as none. */
static int check(struct span der, STACK_OF(X509) * chain, X509_STORE *store)
{
    const unsigned char *at = (const unsigned char *)der.p;
    OCSP_RESPONSE *response = der.n ? d2i_OCSP_RESPONSE(NULL, &at, (long)der.n) : NULL;
    int result = -1;

    if (der.n && !response)
        result = X509_V_ERR_OCSP_VERIFY_FAILED;
    if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);

        result = check_basic(basic, chain, store);
        OCSP_BASICRESP_free(basic);
    }
    OCSP_RESPONSE_free(response);
    return result;
}

/* RFC 7633, 4.2.2: if the certificate of an authority requires responses, those that it issues must require
 * them as well. */
static bool lacks_requirement(STACK_OF(X509) * chain)
{
    for (int i = sk_X509_num(chain) - 1; i > 0; i--)
        if (requires_staple(sk_X509_value(chain, i)))
            return !requires_staple(sk_X509_value(chain, 0));
    return false;
}

int server_staple_check(struct span response, STACK_OF(X509) * chain, X509_STORE *store)
{
    int result = check(response, chain, store);

    if (lacks_requirement(chain))
        return X509_V_ERR_INVALID_EXTENSION;
    if (result >= 0)
        return result;
    return requires_staple(sk_X509_value(chain, 0)) ? X509_V_ERR_OCSP_VERIFY_NEEDED : X509_V_OK;
}
