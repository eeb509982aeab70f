/* The authority: its files, its certificates, its keys. */
#include "tests/unit/x509/x509_lab.h"

#include <openssl/pem.h>

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void its_files_are_for_the_owner_alone(void **state)
{
    struct x509_lab *lab = *state;
    struct durable_names names;
    size_t n = 0;

    assert_true(x509_lab_create(lab, "", ""));
    assert_true(durable_list(lab->directory, &names));
    for (size_t i = 0; i < names.n; i++) {
        struct stat facts;

        if (names.at[i][0] == '.')
            continue;
        assert_int_equal(fstatat(lab->directory, names.at[i], &facts, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(facts.st_mode & 07777, 0600);
        assert_int_equal(facts.st_nlink, 1);
        n++;
    }
    assert_int_equal(n, 5);
    durable_names_fini(&names);
}

static void the_certificate_is_that_of_an_authority(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority = x509_lab_authority(lab);
    X509 *ca = authority_certificate(authority, LEAF_TRUSTED);
    char *text = x509_lab_text(ca);

    assert_true(has(text, "Subject: CN = Test CA") || has(text, "Subject: CN=Test CA"));
    assert_true(has(text, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"));
    assert_true(has(text, "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign"));
    assert_true(has(text, "X509v3 Subject Key Identifier"));
    assert_true(has(text, "X509v3 Authority Key Identifier"));
    assert_true(has(text, "ASN1 OID: prime256v1"));
    assert_true(has(text, "ecdsa-with-SHA256"));
    assert_false(has(text, "Name Constraints"));
    assert_int_equal(certificate_not_before_s(ca), lab->now_s - DAY);
    assert_int_equal(certificate_not_after_s(ca), lab->now_s + 3653 * DAY);
    free(text);
    authority_free(&authority);
}

static void the_two_authorities_differ(void **state)
{
    struct authority *authority = x509_lab_authority(*state);
    struct buf name = {0};

    certificate_print_name(authority_certificate(authority, LEAF_UNTRUSTED), &name);
    assert_string_equal(buf_c_str(&name), "Test CA (not trusted)");
    assert_int_not_equal(
        EVP_PKEY_eq(authority_key(authority, LEAF_TRUSTED), authority_key(authority, LEAF_UNTRUSTED)), 1);
    assert_int_not_equal(EVP_PKEY_eq(authority_key(authority, LEAF_TRUSTED), authority_leaf_key(authority)),
                         1);
    buf_fini(&name);
    authority_free(&authority);
}

static void there_is_one_authority(void **state)
{
    struct x509_lab *lab = *state;

    assert_true(x509_lab_create(lab, "", ""));
    assert_false(x509_lab_create(lab, "", ""));
    assert_string_equal(buf_c_str(&lab->error), "ca.pem exists already");
}

/* What was written before a crash is no authority, and does not prevent another attempt. */
static void a_crash_before_the_first_name_leaves_nothing(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority;
    int fd = durable_create(lab->directory, "ca.key.new");

    assert_true(durable_finish(&fd));
    assert_null(x509_lab_load(lab, ""));
    authority = x509_lab_authority(lab);
    authority_free(&authority);
}

static void a_passphrase_encrypts_each_key(void **state)
{
    static const char *const keys[] = {"ca.key", "untrusted.key", "leaf.key"};
    struct x509_lab *lab = *state;
    struct authority *authority;
    enum authority_fault fault;

    assert_true(x509_lab_create(lab, "", "correct horse"));
    for (size_t i = 0; i < 3; i++) {
        struct buf text = {0};

        assert_true(durable_load(lab->directory, keys[i], 10000, &text));
        assert_true(span_starts(buf_span(&text), SPAN("-----BEGIN ENCRYPTED PRIVATE KEY-----")));
        buf_fini(&text);
    }
    assert_null(authority_load(lab->directory, SPAN(""), &fault, &lab->error));
    assert_int_equal(fault, AUTHORITY_NEEDS_PASSPHRASE);
    assert_string_equal(buf_c_str(&lab->error), "ca.key: encrypted with a passphrase");
    buf_clear(&lab->error);
    assert_null(authority_load(lab->directory, SPAN("wrong"), &fault, &lab->error));
    assert_int_equal(fault, AUTHORITY_WRONG_PASSPHRASE);
    assert_string_equal(buf_c_str(&lab->error), "ca.key: wrong passphrase");
    authority = x509_lab_load(lab, "correct horse");
    assert_non_null(authority);
    authority_free(&authority);
}

static void a_key_of_another_authority_is_noticed(void **state)
{
    struct x509_lab *lab = *state;

    assert_true(x509_lab_create(lab, "", ""));
    assert_int_equal(renameat(lab->directory, "untrusted.key", lab->directory, "ca.key"), 0);
    assert_null(x509_lab_load(lab, ""));
    assert_string_equal(buf_c_str(&lab->error), "ca.key is not the key of ca.pem");
}

static void each_missing_or_damaged_file_is_named(void **state)
{
    static const char *const files[] = {"ca.pem", "ca.key", "untrusted.pem", "untrusted.key", "leaf.key"};
    struct x509_lab *lab = *state;

    assert_true(x509_lab_create(lab, "", ""));
    for (size_t i = 0; i < 5; i++) {
        int fd;

        assert_int_equal(renameat(lab->directory, files[i], lab->directory, "aside"), 0);
        assert_null(x509_lab_load(lab, ""));
        assert_true(span_starts(buf_span(&lab->error), span_of(files[i])));
        assert_non_null(strstr(buf_c_str(&lab->error), "No such file"));
        fd = durable_create(lab->directory, files[i]);
        assert_int_equal(write(fd, "-----BEGIN RUBBISH-----\n", 24), 24);
        assert_true(durable_finish(&fd));
        assert_null(x509_lab_load(lab, ""));
        assert_true(span_starts(buf_span(&lab->error), span_of(files[i])));
        assert_non_null(strstr(buf_c_str(&lab->error), "in PEM format"));
        assert_true(durable_replace(lab->directory, "aside", files[i]));
    }
}

static void names_can_be_restricted(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request inside = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf_request outside = x509_lab_request(lab, "pop.example.com", 1), numeric = {0};
    union inet_address address = {.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)}};
    struct authority *authority;
    X509 *ca, *leaf;
    char *text;

    assert_true(x509_lab_create(lab, "example.org example.net", ""));
    authority = x509_lab_load(lab, "");
    ca = authority_certificate(authority, LEAF_TRUSTED);
    text = x509_lab_text(ca);
    assert_true(has(text, "X509v3 Name Constraints: critical"));
    free(text);
    leaf = x509_lab_leaf(authority, &inside);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.org"), X509_V_OK);
    X509_free(leaf);
    leaf = x509_lab_leaf(authority, &outside);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.com"), X509_V_ERR_PERMITTED_VIOLATION);
    X509_free(leaf);
    assert_true(leaf_request_add_address(&numeric, &address));
    leaf_request_set_dates(&numeric, lab->now_s - DAY, lab->now_s + DAY, lab->now_s);
    leaf = x509_lab_leaf(authority, &numeric);
    assert_int_equal(x509_lab_verify(leaf, ca, "192.0.2.1"), X509_V_ERR_EXCLUDED_VIOLATION);
    X509_free(leaf);
    authority_free(&authority);
}

static void wrong_options_are_refused(void **state)
{
    struct x509_lab *lab = *state;
    struct authority_options options = {.name = "", .permitted = "", .now_s = lab->now_s};

    assert_false(authority_create(lab->directory, &options, &lab->error));
    options.name = "a name that is longer than the sixty-four octets that X.509 permits";
    assert_false(authority_create(lab->directory, &options, &lab->error));
    assert_false(x509_lab_create(lab, "example.org,excluded;DNS:a.org", ""));
    assert_false(x509_lab_create(lab, "*.example.org", ""));
    assert_false(durable_exists(lab->directory, "ca.pem"));
}

static void a_renewed_authority_and_the_old_one_are_both_good(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct authority *old = x509_lab_authority(lab), *fresh;
    X509 *leaf;
    struct digest before, after;

    assert_true(authority_renew(lab->directory, SPAN(""), lab->now_s + 3600 * DAY, &lab->error));
    fresh = x509_lab_load(lab, "");
    assert_non_null(fresh);
    certificate_fingerprint(authority_certificate(old, LEAF_TRUSTED), &before);
    certificate_fingerprint(authority_certificate(fresh, LEAF_TRUSTED), &after);
    assert_memory_not_equal(&before, &after, sizeof before);
    assert_int_equal(certificate_not_after_s(authority_certificate(fresh, LEAF_TRUSTED)),
                     lab->now_s + 7253 * DAY);
    leaf = x509_lab_leaf(old, &request);
    assert_int_equal(x509_lab_verify(leaf, authority_certificate(old, LEAF_TRUSTED), "pop.example.org"),
                     X509_V_OK);
    X509_free(leaf);
    leaf = x509_lab_leaf(fresh, &request);
    assert_int_equal(x509_lab_verify(leaf, authority_certificate(old, LEAF_TRUSTED), "pop.example.org"),
                     X509_V_OK);
    X509_free(leaf);
    assert_true(durable_exists(lab->directory, "ca.old.pem"));
    assert_true(durable_exists(lab->directory, "untrusted.old.pem"));
    authority_free(&old);
    authority_free(&fresh);
}

static void a_renewal_keeps_the_restrictions_and_the_passphrase(void **state)
{
    struct x509_lab *lab = *state;
    struct authority *authority;
    char *text;

    assert_true(x509_lab_create(lab, "example.org", "secret"));
    assert_false(authority_renew(lab->directory, SPAN(""), lab->now_s, &lab->error));
    buf_clear(&lab->error);
    assert_true(authority_renew(lab->directory, SPAN("secret"), lab->now_s + DAY, &lab->error));
    assert_true(authority_renew(lab->directory, SPAN("secret"), lab->now_s + 2 * DAY, &lab->error));
    assert_null(x509_lab_load(lab, ""));
    authority = x509_lab_load(lab, "secret");
    assert_non_null(authority);
    text = x509_lab_text(authority_certificate(authority, LEAF_TRUSTED));
    assert_true(has(text, "DNS:example.org"));
    assert_true(has(text, "CA:TRUE, pathlen:0"));
    free(text);
    authority_free(&authority);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, x509_lab_begin, x509_lab_end)
    const struct CMUnitTest tests[] = {
        T(its_files_are_for_the_owner_alone),
        T(the_certificate_is_that_of_an_authority),
        T(the_two_authorities_differ),
        T(there_is_one_authority),
        T(a_crash_before_the_first_name_leaves_nothing),
        T(a_passphrase_encrypts_each_key),
        T(a_key_of_another_authority_is_noticed),
        T(each_missing_or_damaged_file_is_named),
        T(names_can_be_restricted),
        T(wrong_options_are_refused),
        T(a_renewed_authority_and_the_old_one_are_both_good),
        T(a_renewal_keeps_the_restrictions_and_the_passphrase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
