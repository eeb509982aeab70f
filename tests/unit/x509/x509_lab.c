#include "tests/unit/x509/x509_lab.h"

#include "base/token.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

int x509_lab_begin(void **state)
{
    struct x509_lab *lab = mem_alloc_zero(sizeof *lab);

    snprintf(lab->path, sizeof lab->path, "/tmp/postern-x509-XXXXXX");
    assert_non_null(mkdtemp(lab->path));
    lab->directory = durable_open_directory(lab->path, &lab->error);
    assert_true(lab->directory >= 0);
    lab->now_s = time(NULL);
    *state = lab;
    return 0;
}

int x509_lab_end(void **state)
{
    struct x509_lab *lab = *state;
    struct durable_names names;

    assert_true(durable_list(lab->directory, &names));
    for (size_t i = 0; i < names.n; i++)
        unlinkat(lab->directory, names.at[i], 0);
    durable_names_fini(&names);
    close(lab->directory);
    assert_int_equal(rmdir(lab->path), 0);
    buf_fini(&lab->error);
    free(lab);
    return 0;
}

bool x509_lab_create(struct x509_lab *lab, const char *permitted, const char *passphrase)
{
    const struct authority_options options = {
        .name = "Test CA", .permitted = permitted, .passphrase = span_of(passphrase), .now_s = lab->now_s};

    buf_clear(&lab->error);
    return authority_create(lab->directory, &options, &lab->error);
}

struct authority *x509_lab_load(struct x509_lab *lab, const char *passphrase)
{
    enum authority_fault fault;

    buf_clear(&lab->error);
    return authority_load(lab->directory, span_of(passphrase), &fault, &lab->error);
}

struct authority *x509_lab_authority(struct x509_lab *lab)
{
    struct authority *authority;

    assert_true(x509_lab_create(lab, "", ""));
    authority = x509_lab_load(lab, "");
    assert_non_null(authority);
    return authority;
}

struct leaf_request x509_lab_request(const struct x509_lab *lab, const char *names, uint8_t fingerprint)
{
    struct leaf_request request = {.kind = LEAF_TRUSTED};
    struct span word;

    for (struct span rest = span_of(names); token_next_word(&rest, &word);)
        assert_true(leaf_request_add_name(&request, word));
    memset(request.fingerprint, fingerprint, sizeof request.fingerprint);
    leaf_request_set_dates(&request, lab->now_s - 30 * DAY, lab->now_s + 60 * DAY, lab->now_s);
    return request;
}

X509 *x509_lab_leaf(const struct authority *authority, const struct leaf_request *request)
{
    uint8_t der[LEAF_DER_MAX];
    const unsigned char *at = der;
    struct leaf_made made = leaf_mint(authority, request, der, sizeof der);
    X509 *leaf;

    assert_true(made.size > 0);
    leaf = d2i_X509(NULL, &at, (long)made.size);
    assert_non_null(leaf);
    assert_int_equal(made.not_after_s, certificate_not_after_s(leaf));
    return leaf;
}

int x509_lab_verify(X509 *leaf, X509 *root, const char *name)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int error;

    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    if (X509_VERIFY_PARAM_set1_ip_asc(X509_STORE_CTX_get0_param(context), name) != 1)
        assert_int_equal(X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), name, 0), 1);
    X509_verify_cert(context);
    error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

char *x509_lab_text(X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text;
    long n;
    char *copy;

    assert_int_equal(X509_print(memory, certificate), 1);
    n = BIO_get_mem_data(memory, &text);
    copy = mem_copy_string((struct span){text, (size_t)n});
    BIO_free(memory);
    return copy;
}
