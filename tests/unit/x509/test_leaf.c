/* Leaves, as clients see them. */
#include "tests/unit/x509/x509_lab.h"

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void clients_accept_it_for_its_names(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org *.example.net", 1);
    union inet_address four = {.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)}};
    union inet_address six = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = {{{0x20, 1, 0xd, 0xb8}}}}};
    X509 *leaf, *ca = authority_certificate(authority, LEAF_TRUSTED);

    assert_true(leaf_request_add_address(&request, &four));
    assert_true(leaf_request_add_address(&request, &six));
    leaf = x509_lab_leaf(authority, &request);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.org"), X509_V_OK);
    assert_int_equal(x509_lab_verify(leaf, ca, "imap.example.net"), X509_V_OK);
    assert_int_equal(x509_lab_verify(leaf, ca, "192.0.2.1"), X509_V_OK);
    assert_int_equal(x509_lab_verify(leaf, ca, "2001:db8::"), X509_V_OK);
    assert_int_equal(x509_lab_verify(leaf, ca, "imap.example.org"), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(x509_lab_verify(leaf, ca, "192.0.2.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
    X509_free(leaf);
    authority_free(&authority);
}

static void it_has_what_a_leaf_needs_and_no_more(void **state)
{
    static const char *const extensions[] = {
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "X509v3 Extended Key Usage: \n                TLS Web Server Authentication",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Alternative Name: \n                DNS:pop.example.org, DNS:mail.example.org",
    };
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org mail.example.org", 1);
    X509 *leaf = x509_lab_leaf(authority, &request);
    char *text = x509_lab_text(leaf);

    assert_int_equal(X509_get_ext_count(leaf), 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(has(text, extensions[i]));
    assert_true(has(text, "Issuer: CN = Test CA") || has(text, "Issuer: CN=Test CA"));
    assert_true(has(text, "Subject: CN = pop.example.org") || has(text, "Subject: CN=pop.example.org"));
    assert_int_equal(certificate_not_before_s(leaf), request.not_before_s);
    assert_int_equal(certificate_not_after_s(leaf), request.not_after_s);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(leaf), authority_leaf_key(authority)), 1);
    free(text);
    X509_free(leaf);
    authority_free(&authority);
}

static void each_has_a_serial_number_of_its_own(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    X509 *first = x509_lab_leaf(authority, &request), *second = x509_lab_leaf(authority, &request);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(first);

    assert_int_not_equal(ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(second)), 0);
    assert_int_equal(ASN1_STRING_type((const ASN1_STRING *)serial), V_ASN1_INTEGER); /* positive */
    assert_in_range(ASN1_STRING_length(serial), 8, 16);
    X509_free(first);
    X509_free(second);
    authority_free(&authority);
}

static void nobody_trusts_one_of_the_second_authority(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    X509 *leaf;

    request.kind = LEAF_UNTRUSTED;
    leaf = x509_lab_leaf(authority, &request);
    assert_int_equal(x509_lab_verify(leaf, authority_certificate(authority, LEAF_TRUSTED), "pop.example.org"),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(
        x509_lab_verify(leaf, authority_certificate(authority, LEAF_UNTRUSTED), "pop.example.org"),
        X509_V_OK);
    X509_free(leaf);
    authority_free(&authority);
}

static void what_is_expired_stays_so(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    X509 *leaf, *ca = authority_certificate(authority, LEAF_TRUSTED);

    leaf_request_set_dates(&request, lab->now_s - 1000 * DAY, lab->now_s - 900 * DAY, lab->now_s);
    leaf = x509_lab_leaf(authority, &request);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.org"), X509_V_ERR_CERT_HAS_EXPIRED);
    X509_free(leaf);
    leaf_request_set_dates(&request, lab->now_s + 10 * DAY, lab->now_s + 1000 * DAY, lab->now_s);
    leaf = x509_lab_leaf(authority, &request);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.org"), X509_V_ERR_CERT_NOT_YET_VALID);
    X509_free(leaf);
    authority_free(&authority);
}

static void it_ends_with_the_authority(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    X509 *leaf;

    leaf_request_set_dates(&request, lab->now_s, lab->now_s + 4000 * DAY, lab->now_s + 3600 * DAY);
    leaf = x509_lab_leaf(authority, &request);
    assert_int_equal(certificate_not_after_s(leaf), lab->now_s + 3653 * DAY);
    X509_free(leaf);
    authority_free(&authority);
}

/* A common name has 64 octets at most. Without a subject the names are critical. */
static void a_long_name_is_no_subject(void **state)
{
#define LONG_NAME "a-name-of-more-than-sixty-four-octets-is-permitted.in-the-alternative-names.example.org"
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, LONG_NAME, 1);
    X509 *leaf = x509_lab_leaf(authority, &request);
    char *text = x509_lab_text(leaf);

    assert_true(has(text, "X509v3 Subject Alternative Name: critical"));
    assert_int_equal(x509_lab_verify(leaf, authority_certificate(authority, LEAF_TRUSTED), LONG_NAME),
                     X509_V_OK);
    free(text);
    X509_free(leaf);
    authority_free(&authority);
}

static void the_largest_request_fits(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    uint8_t der[LEAF_DER_MAX], small[100];
    char name[64];

    for (int i = 0; i < 63; i++) {
        snprintf(name, sizeof name, "n%02d.%045d.example.org", i, 0);
        assert_true(leaf_request_add_name(&request, span_of(name)));
    }
    assert_true(request.names_size > LEAF_NAMES_SIZE - 100);
    assert_true(leaf_mint(authority, &request, der, sizeof der).size > 4000);
    assert_int_equal(leaf_mint(authority, &request, small, sizeof small).size, 0);
    authority_free(&authority);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, x509_lab_begin, x509_lab_end)
    const struct CMUnitTest tests[] = {
        T(clients_accept_it_for_its_names),
        T(it_has_what_a_leaf_needs_and_no_more),
        T(each_has_a_serial_number_of_its_own),
        T(nobody_trusts_one_of_the_second_authority),
        T(what_is_expired_stays_so),
        T(it_ends_with_the_authority),
        T(a_long_name_is_no_subject),
        T(the_largest_request_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
