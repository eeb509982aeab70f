/* The leaves on disk: one for each certificate of a server, whoever asks and however often. */
#include "tests/unit/x509/x509_lab.h"

#include "x509/leaf_store.h"

static struct authority *authority;
static struct leaf_store *store;
static int leaves;

static int begin(void **state)
{
    struct x509_lab *lab;

    x509_lab_begin(state);
    lab = *state;
    authority = x509_lab_authority(lab);
    assert_int_equal(mkdirat(lab->directory, "leaves", 0700), 0);
    leaves = openat(lab->directory, "leaves", O_RDONLY | O_DIRECTORY);
    store = leaf_store_new(leaves, authority, lab->now_s, &lab->error);
    assert_non_null(store);
    return 0;
}

static int end(void **state)
{
    struct x509_lab *lab = *state;
    struct durable_names names;

    leaf_store_free(&store);
    authority_free(&authority);
    assert_true(durable_list(leaves, &names));
    for (size_t i = 0; i < names.n; i++)
        unlinkat(leaves, names.at[i], 0);
    durable_names_fini(&names);
    close(leaves);
    unlinkat(lab->directory, "leaves", AT_REMOVEDIR);
    return x509_lab_end(state);
}

static void open_again(struct x509_lab *lab, int64_t now_s)
{
    leaf_store_free(&store);
    store = leaf_store_new(leaves, authority, now_s, &lab->error);
    assert_non_null(store);
}

struct leaf {
    size_t n;
    uint8_t der[LEAF_DER_MAX];
};

/* Finds the leaf, or makes and adds it, as the signer does. Returns whether it was made. */
static bool get(struct leaf_store *from, const struct leaf_request *request, int64_t now_s, struct leaf *leaf)
{
    struct leaf_made made;
    bool is_kept;

    *leaf = (struct leaf){0};
    leaf->n = leaf_store_find(from, request, now_s, leaf->der, sizeof leaf->der);
    if (leaf->n)
        return false;
    made = leaf_mint(authority, request, leaf->der, sizeof leaf->der);
    leaf->n = leaf_store_add(from, request, &made, now_s, leaf->der, sizeof leaf->der, &is_kept);
    assert_true(is_kept);
    assert_true(leaf->n > 0);
    return true;
}

static bool is_same(const struct leaf *a, const struct leaf *b)
{
    return a->n == b->n && memcmp(a->der, b->der, a->n) == 0;
}

static void it_is_made_once(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org imap.example.org", 1);
    struct leaf first, second;

    assert_true(get(store, &request, lab->now_s, &first));
    assert_false(get(store, &request, lab->now_s, &second));
    assert_true(is_same(&first, &second));
    open_again(lab, lab->now_s);
    assert_int_equal(leaf_store_count(store), 1);
    assert_false(get(store, &request, lab->now_s, &second));
    assert_true(is_same(&first, &second));
}

/* Each client asks for another name of the same certificate. */
static void the_order_and_the_case_of_names_do_not_count(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request one = x509_lab_request(lab, "pop.example.org imap.example.org", 1);
    struct leaf_request two = x509_lab_request(lab, "IMAP.example.org pop.example.org", 1);
    struct leaf first, second;

    assert_true(get(store, &one, lab->now_s, &first));
    assert_false(get(store, &two, lab->now_s, &second));
    assert_true(is_same(&first, &second));
}

static void names_fingerprint_and_kind_make_the_difference(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf_request fewer = x509_lab_request(lab, "pop.example.org imap.example.org", 1);
    struct leaf_request renewed = x509_lab_request(lab, "pop.example.org", 2), untrusted = request;
    struct leaf leaf;

    untrusted.kind = LEAF_UNTRUSTED;
    assert_true(get(store, &request, lab->now_s, &leaf));
    assert_true(get(store, &fewer, lab->now_s, &leaf));
    assert_true(get(store, &renewed, lab->now_s, &leaf));
    assert_true(get(store, &untrusted, lab->now_s, &leaf));
    assert_int_equal(leaf_store_count(store), 4);
}

static void an_address_is_not_a_name(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request address = x509_lab_request(lab, "", 1), name = address;
    union inet_address abcd = {.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x612e6263)}};
    struct leaf leaf;

    assert_true(leaf_request_add_address(&address, &abcd));
    assert_true(leaf_request_add_name(&name, SPAN("a.bc")));
    assert_true(get(store, &address, lab->now_s, &leaf));
    assert_true(get(store, &name, lab->now_s, &leaf));
}

static void a_renewed_authority_makes_it_anew(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf first, second;

    assert_true(get(store, &request, lab->now_s, &first));
    assert_true(authority_renew(lab->directory, SPAN(""), lab->now_s + DAY, &lab->error));
    authority_free(&authority);
    authority = x509_lab_load(lab, "");
    open_again(lab, lab->now_s);
    assert_int_equal(leaf_store_count(store), 0);
    assert_true(get(store, &request, lab->now_s, &second));
}

/* While a reload lasts, the old signer and the new one have the same directory. */
static void two_signers_give_the_same(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_store *other = leaf_store_new(leaves, authority, lab->now_s, &lab->error);
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf first, second = {0};
    struct leaf_made made;
    bool is_kept;

    made = leaf_mint(authority, &request, second.der, sizeof second.der);
    assert_true(get(store, &request, lab->now_s, &first));
    second.n = leaf_store_add(other, &request, &made, lab->now_s, second.der, sizeof second.der, &is_kept);
    assert_true(is_kept);
    assert_true(is_same(&first, &second));
    leaf_store_free(&other);
}

static void what_has_expired_is_removed(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf leaf;

    assert_true(get(store, &request, lab->now_s, &leaf));
    leaf_store_expire(store, lab->now_s + 60 * DAY);
    assert_int_equal(leaf_store_count(store), 1);
    leaf_store_expire(store, lab->now_s + 60 * DAY + 1);
    assert_int_equal(leaf_store_count(store), 0);
    open_again(lab, lab->now_s);
    assert_int_equal(leaf_store_count(store), 0);
}

static void an_expired_certificate_is_mirrored_by_one_leaf(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct leaf first, second;

    leaf_request_set_dates(&request, lab->now_s - 100 * DAY, lab->now_s - 10 * DAY, lab->now_s);
    assert_true(get(store, &request, lab->now_s, &first));
    leaf_store_expire(store, lab->now_s + DAY);
    open_again(lab, lab->now_s + DAY);
    assert_false(get(store, &request, lab->now_s + DAY, &second));
    assert_true(is_same(&first, &second));
}

/* Of a certificate that is valid for ten years the leaf is valid for 397 days at a time. */
static void shortened_dates_are_prolonged_in_time(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf first, second;

    for (int day = 0; day <= 500; day += 10) {
        int64_t now_s = lab->now_s + day * DAY;
        struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
        bool is_made;

        leaf_request_set_dates(&request, lab->now_s - 1000 * DAY, lab->now_s + 2650 * DAY, now_s);
        is_made = get(store, &request, now_s, day ? &second : &first);
        assert_int_equal(is_made, day == 0 || day == 370);
        if (day && day < 370)
            assert_true(is_same(&first, &second));
    }
}

/* A relay that was taken over could ask for a leaf of another's server with dates of its choice. */
static void a_leaf_with_other_dates_is_replaced(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request honest = x509_lab_request(lab, "pop.example.org", 1), hostile = honest;
    struct leaf bad, good, again;

    leaf_request_set_dates(&hostile, lab->now_s - 300 * DAY, lab->now_s - 200 * DAY, lab->now_s);
    assert_true(get(store, &hostile, lab->now_s, &bad));
    assert_true(get(store, &honest, lab->now_s, &good));
    assert_false(get(store, &honest, lab->now_s, &again));
    assert_true(is_same(&good, &again));
    leaf_request_set_dates(&hostile, lab->now_s - 30 * DAY, lab->now_s + 300 * DAY, lab->now_s);
    assert_true(get(store, &hostile, lab->now_s, &bad));
    assert_true(get(store, &honest, lab->now_s, &good));
    assert_int_equal(leaf_store_count(store), 1);
}

static void a_damaged_file_is_made_anew(void **state)
{
    struct x509_lab *lab = *state;
    struct leaf_request request = x509_lab_request(lab, "pop.example.org", 1);
    struct durable_names names;
    struct leaf leaf;
    struct stat facts;
    const char *name = NULL;
    int fd;

    assert_true(get(store, &request, lab->now_s, &leaf));
    assert_true(durable_list(leaves, &names));
    for (size_t i = 0; i < names.n; i++)
        if (names.at[i][0] != '.')
            name = names.at[i];
    assert_non_null(name);
    fd = openat(leaves, name, O_WRONLY);
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    for (off_t at = 0; at < facts.st_size; at += 97) {
        assert_int_equal(pwrite(fd, "\xa5\x5a", 2, at), 2);
        assert_true(get(store, &request, lab->now_s, &leaf));
        close(fd);
        fd = openat(leaves, name, O_WRONLY);
    }
    assert_int_equal(fstat(fd, &facts), 0); /* the length of a signature varies */
    assert_int_equal(ftruncate(fd, facts.st_size - 1), 0);
    assert_true(get(store, &request, lab->now_s, &leaf));
    close(fd);
    durable_names_fini(&names);
}

static void leftovers_are_removed_and_other_files_are_not(void **state)
{
    struct x509_lab *lab = *state;
    static const char *const names[] = {"0123456789abcdef0123456789abcdef",
                                        "0123456789abcdef0123456789abcdef01234567", "README"};

    for (size_t i = 0; i < 3; i++) {
        int fd = durable_create(leaves, names[i]);

        assert_true(durable_finish(&fd));
    }
    open_again(lab, lab->now_s);
    assert_false(durable_exists(leaves, names[0]));
    assert_false(durable_exists(leaves, names[1]));
    assert_true(durable_exists(leaves, names[2]));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(it_is_made_once),
        T(the_order_and_the_case_of_names_do_not_count),
        T(names_fingerprint_and_kind_make_the_difference),
        T(an_address_is_not_a_name),
        T(a_renewed_authority_makes_it_anew),
        T(two_signers_give_the_same),
        T(what_has_expired_is_removed),
        T(an_expired_certificate_is_mirrored_by_one_leaf),
        T(shortened_dates_are_prolonged_in_time),
        T(a_leaf_with_other_dates_is_replaced),
        T(a_damaged_file_is_made_anew),
        T(leftovers_are_removed_and_other_files_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
