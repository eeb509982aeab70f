/* The process signer, as its relays see it: an ordinary one, and one that was taken over and sends any
 * request. */
#include "tests/unit/x509/x509_lab.h"

#include "net/channel.h"
#include "proc/ipc/child.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/wait.h>

enum { WAIT_S = 60, NOBODY = 65534 };

struct side {
    struct ipc *ipc;
    unsigned keys, replies, accused, ready;
    struct ipc_leaf_key key;
    struct leaf_reply reply;
    bool is_closed;
};

struct scene {
    struct x509_lab *lab;
    char leaves[48], log[48];
    struct event_base *base;
    struct side parent, relay;
    pid_t signer;
};

static struct scene scene;

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct side *side = context;

    if (kind == IPC_READY)
        side->ready++;
    if (kind == IPC_ACCUSE)
        side->accused++;
    if (kind == IPC_LEAF_KEY) {
        side->keys++;
        memcpy(&side->key, payload, sizeof side->key);
    }
    if (kind == IPC_SIGNED) {
        assert_int_equal(side->keys, 1);
        side->replies++;
        memcpy(&side->reply, payload, sizeof side->reply);
    }
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct side *side = context;

    side->is_closed = true;
    ipc_free(&side->ipc);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static struct identity identity_of_signer(void)
{
    return geteuid() == 0 ? (struct identity){NOBODY, NOBODY} : (struct identity){geteuid(), getegid()};
}

static bool drop(const struct child_start *start)
{
    return privileges_drop(&start->identity, PRIVILEGES_NONE);
}

static void be_signer(int parent_fd)
{
    struct conf conf = {0};
    struct child_start start = {
        .conf = &conf, .role = ROLE_SIGNER, .parent_fd = 3, .identity = identity_of_signer(), .drop = drop};
    int log = open(scene.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    conf_set_defaults(&conf);
    conf.tls.directory = scene.lab->path;
    conf.tls.bypass = (char *)(uintptr_t) "*.bank.example";
    dup2(log, STDERR_FILENO);
    dup2(parent_fd, start.parent_fd);
    close_range(4, ~0U, 0);
    alarm(WAIT_S * 2);
    _exit(signer_main(&start));
}

static void start_signer(void)
{
    int ends[2];

    assert_true(channel_pair(ends));
    scene.signer = fork();
    assert_true(scene.signer >= 0);
    if (scene.signer == 0)
        be_signer(ends[1]);
    close(ends[1]);
    scene.parent = (struct side){0};
    scene.parent.ipc = ipc_new(scene.base, ends[0], ROLE_PARENT, ROLE_SIGNER, 0, &handlers, &scene.parent);
}

static void give_relay(struct side *relay, unsigned index)
{
    int ends[2];

    assert_true(channel_pair(ends));
    *relay = (struct side){0};
    relay->ipc = ipc_new(scene.base, ends[0], ROLE_RELAY, ROLE_SIGNER, 0, &handlers, relay);
    ipc_send(scene.parent.ipc, IPC_PEER, &(struct ipc_peer){ROLE_RELAY, index}, ends[1]);
    close(ends[1]);
}

/* Waits until *counter has this value. */
static void await(const unsigned *counter, unsigned value)
{
    event_base_loopexit(scene.base, &(struct timeval){WAIT_S, 0});
    while (*counter < value && !scene.parent.is_closed && !event_base_got_exit(scene.base))
        event_base_loop(scene.base, EVLOOP_ONCE);
    assert_int_equal(*counter, value);
}

static int status_of_signer(void)
{
    int status;

    assert_int_equal(waitpid(scene.signer, &status, 0), scene.signer);
    scene.signer = 0;
    return status;
}

static void stop_signer(void)
{
    ipc_free(&scene.relay.ipc);
    ipc_free(&scene.parent.ipc);
    assert_int_equal(status_of_signer(), 0);
}

static void make_scene(void **state)
{
    x509_lab_begin(state);
    scene = (struct scene){.lab = *state, .base = event_base_new()};
    snprintf(scene.leaves, sizeof scene.leaves, "%s/leaves", scene.lab->path);
    snprintf(scene.log, sizeof scene.log, "%s.log", scene.lab->path);
}

static int begin(void **state)
{
    make_scene(state);
    assert_true(x509_lab_create(scene.lab, "", ""));
    start_signer();
    give_relay(&scene.relay, 0);
    await(&scene.relay.keys, 1);
    return 0;
}

static int end(void **state)
{
    int leaves = open(scene.leaves, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct durable_names names = {0};

    if (scene.signer)
        stop_signer();
    if (leaves >= 0 && durable_list(leaves, &names))
        for (size_t i = 0; i < names.n; i++)
            unlinkat(leaves, names.at[i], 0);
    durable_names_fini(&names);
    if (leaves >= 0)
        close(leaves);
    rmdir(scene.leaves);
    unlink(scene.log);
    event_base_free(scene.base);
    return x509_lab_end(state);
}

static void send_request(struct side *relay, const struct leaf_request *request)
{
    ipc_send(relay->ipc, IPC_SIGN, request, -1);
}

static void request_leaf(const struct leaf_request *request)
{
    unsigned before = scene.relay.replies;

    send_request(&scene.relay, request);
    await(&scene.relay.replies, before + 1);
    assert_int_equal(scene.relay.reply.id, request->id);
}

static unsigned count_in_log(const char *words)
{
    int fd = open(scene.log, O_RDONLY | O_CLOEXEC);
    struct buf text = {0};
    unsigned n = 0;
    ssize_t got;

    while ((got = read(fd, buf_reserve(&text, 65536), 65536)) > 0)
        text.n += (size_t)got;
    close(fd);
    for (const char *at = buf_c_str(&text); (at = strstr(at, words)); at++)
        n++;
    buf_fini(&text);
    return n;
}

static X509 *leaf_of(const struct leaf_reply *reply)
{
    const unsigned char *at = reply->der;
    X509 *leaf = d2i_X509(NULL, &at, reply->size);

    assert_non_null(leaf);
    return leaf;
}

static void a_relay_gets_key_authority_and_leaf(void **state)
{
    struct leaf_request request = x509_lab_request(scene.lab, "pop.example.org", 1);
    const unsigned char *at = scene.relay.key.certificate;
    X509 *ca = d2i_X509(NULL, &at, scene.relay.key.certificate_size), *leaf;
    EVP_PKEY *key;

    at = scene.relay.key.key;
    key = d2i_AutoPrivateKey(NULL, &at, scene.relay.key.key_size);
    assert_non_null(key);
    assert_non_null(ca);
    request.id = 77;
    request_leaf(&request);
    assert_int_equal(scene.relay.reply.status, LEAF_SIGNED);
    leaf = leaf_of(&scene.relay.reply);
    assert_int_equal(X509_check_private_key(leaf, key), 1);
    assert_int_equal(X509_check_private_key(ca, key), 0);
    assert_int_equal(x509_lab_verify(leaf, ca, "pop.example.org"), X509_V_OK);
    X509_free(leaf);
    X509_free(ca);
    EVP_PKEY_free(key);
}

static void it_is_made_once_for_all_relays_and_starts(void **state)
{
    struct leaf_request request = x509_lab_request(scene.lab, "pop.example.org", 1);
    struct leaf_reply first;
    struct side other;

    request_leaf(&request);
    first = scene.relay.reply;
    give_relay(&other, 1);
    await(&other.keys, 1);
    send_request(&other, &request);
    await(&other.replies, 1);
    assert_memory_equal(other.reply.der, first.der, sizeof first.der);
    ipc_free(&other.ipc);
    stop_signer();
    start_signer();
    give_relay(&scene.relay, 2);
    await(&scene.relay.keys, 1);
    request_leaf(&request);
    assert_memory_equal(scene.relay.reply.der, first.der, sizeof first.der);
    assert_int_equal(count_in_log("event=leaf "), 1);
    assert_int_equal(count_in_log("event=authority "), 2);
}

static void a_killed_signer_loses_nothing(void **state)
{
    struct leaf_request request = x509_lab_request(scene.lab, "pop.example.org", 1);
    struct leaf_reply first;

    request_leaf(&request);
    first = scene.relay.reply;
    assert_int_equal(kill(scene.signer, SIGKILL), 0);
    status_of_signer();
    ipc_free(&scene.relay.ipc);
    ipc_free(&scene.parent.ipc);
    start_signer();
    give_relay(&scene.relay, 0);
    await(&scene.relay.keys, 1);
    request_leaf(&request);
    assert_memory_equal(scene.relay.reply.der, first.der, sizeof first.der);
}

static void the_log_has_each_name_of_each_leaf(void **state)
{
    struct leaf_request request = {0};
    char name[64];

    memset(request.fingerprint, 0xab, sizeof request.fingerprint);
    leaf_request_set_dates(&request, scene.lab->now_s, scene.lab->now_s + DAY, scene.lab->now_s);
    for (int i = 0; i < LEAF_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%02d.%030d.example.org", i, 0);
        assert_true(leaf_request_add_name(&request, span_of(name)));
    }
    request_leaf(&request);
    assert_int_equal(count_in_log("event=leaf "), 1);
    assert_int_equal(count_in_log("server=abababababababab"), 1);
    for (int i = 0; i < LEAF_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%02d.%030d.example.org", i, 0);
        assert_int_equal(count_in_log(name), 1);
    }
}

static void what_is_bypassed_is_refused_without_accusation(void **state)
{
    struct leaf_request request = x509_lab_request(scene.lab, "pop.example.org www.bank.example", 1);

    request_leaf(&request);
    assert_int_equal(scene.relay.reply.status, LEAF_REFUSED);
    assert_int_equal(scene.relay.reply.size, 0);
    assert_int_equal(count_in_log("event=leaf_refused"), 1);
    assert_int_equal(count_in_log("a name is in [tls] bypass"), 1);
    assert_int_equal(scene.parent.accused, 0);
}

static void a_relay_has_sixty_new_leaves_a_minute(void **state)
{
    struct leaf_request request;
    unsigned busy = 0, made = 0;

    for (unsigned i = 0; i < 200; i++) {
        request = x509_lab_request(scene.lab, "pop.example.org", (uint8_t)i);
        request_leaf(&request);
        made += scene.relay.reply.status == LEAF_SIGNED;
        busy += scene.relay.reply.status == LEAF_BUSY;
        assert_int_equal(scene.relay.reply.size > 0, scene.relay.reply.status == LEAF_SIGNED);
    }
    assert_int_equal(made + busy, 200);
    assert_true(made >= 60);
    assert_true(busy > 0);
    assert_int_equal(count_in_log("event=leaf "), made);
    request = x509_lab_request(scene.lab, "pop.example.org", 0); /* one that is stored already */
    request_leaf(&request);
    assert_int_equal(scene.relay.reply.status, LEAF_SIGNED);
}

/* Whatever a relay asks for: it is accused, or refused, or the leaf is within the rules and in the log. */
static void a_hostile_relay_gets_nothing_outside_the_rules(void **state)
{
    static const char *const names[] = {
        "*",         "*.org",           "",       "a..b",          "pop.example.org.", "192.0.2.1", "a b.org",
        "x\"\n.org", "*.*.example.org", "_x.org", "w*.example.org"};
    struct side hostile;
    unsigned accused = 0;

    for (size_t i = 0; i < sizeof names / sizeof *names + 6; i++) {
        struct leaf_request request = x509_lab_request(scene.lab, "pop.example.org", 1);

        if (i < sizeof names / sizeof *names) {
            memset(request.names, 0, sizeof request.names);
            request.names[1] = (uint8_t)strlen(names[i]);
            memcpy(request.names + 2, names[i], strlen(names[i]));
            request.names_size = (uint16_t)(2 + strlen(names[i]));
        } else {
            switch (i - sizeof names / sizeof *names) {
            case 0: request.kind = 200; break;
            case 1: request.name_count = 255; break;
            case 2: request.names_size = UINT16_MAX; break;
            case 3: request.not_after_s = INT64_MAX; break;
            case 4: request.not_before_s = INT64_MIN; break;
            case 5: request.not_after_s = request.not_before_s + 398 * DAY; break;
            }
        }
        give_relay(&hostile, (unsigned)(100 + i));
        await(&hostile.keys, 1);
        send_request(&hostile, &request);
        await(&scene.parent.accused, ++accused);
        assert_int_equal(hostile.replies, 0);
        ipc_free(&hostile.ipc);
    }
    assert_int_equal(count_in_log("event=leaf "), 0);
    assert_int_equal(count_in_log("event=ipc_violation"), accused);
}

/* Random changes of a good request, with a fixed seed. */
static void mutated_requests_give_no_leaf_outside_the_rules(void **state)
{
    const struct leaf_rules rules = {.bypass = "*.bank.example", .now_s = scene.lab->now_s};
    struct side hostile = {0};
    unsigned signed_leaves = 0, accused = 0;

    srandom(13);
    for (unsigned i = 0; i < 250; i++) { /* each with a fingerprint of its own */
        struct leaf_request request =
            x509_lab_request(scene.lab, "pop.example.org *.example.net", (uint8_t)i);
        uint8_t *octets = (uint8_t *)&request;
        size_t within = offsetof(struct leaf_request, names) + request.names_size + 4;

        for (long n = random() % 4; n > 0; n--)
            octets[sizeof request.id + (size_t)random() % (within - sizeof request.id)] ^=
                (uint8_t)(1 << random() % 8);
        if (!hostile.ipc) {
            give_relay(&hostile, 1000 + i);
            await(&hostile.keys, 1);
        }
        send_request(&hostile, &request);
        if (leaf_fault_is_violation(leaf_request_check(&request, &rules))) {
            await(&scene.parent.accused, ++accused);
            ipc_free(&hostile.ipc);
        } else {
            unsigned before = hostile.replies;

            await(&hostile.replies, before + 1);
            assert_int_equal(hostile.reply.status == LEAF_SIGNED, hostile.reply.size > 0);
            if (hostile.reply.status == LEAF_SIGNED) {
                X509 *leaf = leaf_of(&hostile.reply);

                assert_int_equal(leaf_request_check(&request, &rules), LEAF_OK);
                assert_int_equal(X509_check_ca(leaf), 0);
                X509_free(leaf);
                signed_leaves++;
            }
        }
    }
    ipc_free(&hostile.ipc);
    assert_true(signed_leaves > 20);
    assert_true(accused > 50);
    assert_int_equal(count_in_log("event=leaf "), signed_leaves);
}

static void its_key_files_and_memory_are_closed_to_others(void **state)
{
    struct identity identity = identity_of_signer();
    char path[32];
    pid_t child;
    int status;

    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "/proc/%d/mem", scene.signer);
    child = fork();
    if (child == 0) {
        bool is_open = !privileges_drop(&identity, PRIVILEGES_NONE) || open(path, O_RDONLY) >= 0;

        _exit(is_open || open(scene.lab->path, O_RDONLY) >= 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void without_its_authority_it_does_not_start(void **state)
{
    start_signer();
    assert_int_equal(WEXITSTATUS(status_of_signer()), EXIT_CONFIG);
    ipc_free(&scene.parent.ipc);
    assert_int_equal(count_in_log("event=authority_unusable"), 1);
    assert_int_equal(count_in_log("ca.pem: No such file or directory"), 1);
}

static void without_a_passphrase_it_says_where_to_write_it(void **state)
{
    assert_true(x509_lab_create(scene.lab, "", "secret"));
    start_signer();
    assert_int_equal(WEXITSTATUS(status_of_signer()), EXIT_CONFIG);
    ipc_free(&scene.parent.ipc);
    assert_int_equal(count_in_log("ca.key: encrypted with a passphrase: set [tls] passphrase_file"), 1);
}

static int begin_without_signer(void **state)
{
    make_scene(state);
    return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_relay_gets_key_authority_and_leaf),
        T(it_is_made_once_for_all_relays_and_starts),
        T(a_killed_signer_loses_nothing),
        T(the_log_has_each_name_of_each_leaf),
        T(what_is_bypassed_is_refused_without_accusation),
        T(a_relay_has_sixty_new_leaves_a_minute),
        T(a_hostile_relay_gets_nothing_outside_the_rules),
        T(mutated_requests_give_no_leaf_outside_the_rules),
        T(its_key_files_and_memory_are_closed_to_others),
        cmocka_unit_test_setup_teardown(without_its_authority_it_does_not_start, begin_without_signer, end),
        cmocka_unit_test_setup_teardown(without_a_passphrase_it_says_where_to_write_it, begin_without_signer,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
