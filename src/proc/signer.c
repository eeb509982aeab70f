#include "base/log.h"
#include "proc/ipc/backend_loop.h"
#include "proc/ipc/child.h"
#include "proc/leaf_rate.h"
#include "proc/signer_log.h"
#include "sys/durable.h"
#include "sys/own_directory.h"
#include "sys/process.h"
#include "sys/sandbox.h"
#include "x509/certificate.h"
#include "x509/leaf_store.h"
#include "x509/passphrase.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The signer process: the only process of the service that has the keys of the authorities. Relays request
 * leaves from it: certificates for clients. The signer checks each octet of a request (tls/leaf_request).
 * It parses nothing that a client or a server has sent.
 *
 * The process loads the keys as root, and then drops root. From then on it can access only the directory of
 * the leaves. */

enum { EXPIRE_EVERY_S = 3600 };

struct signer {
    struct backend_loop loop;
    const struct child_start *start;
    struct authority *authority;
    struct leaf_store *store;
    int leaves; /* descriptor of their directory; -1: not open */
    struct leaf_rate rate;
    struct ipc_leaf_key key;
    struct event *expire;
};

static int64_t now_s(void)
{
    return (int64_t)time(NULL);
}

/* Makes a leaf that is not stored yet. */
static enum leaf_status make(struct signer *signer, unsigned relay, const struct leaf_request *request,
                             struct leaf_reply *reply)
{
    enum leaf_rate_answer answer = leaf_rate_take(&signer->rate, relay, process_clock_ms());
    struct leaf_made made;
    bool is_kept;

    if (answer == LEAF_RATE_LIMITED_NOW)
        signer_log_refused(relay, request, "too many new leaves; this relay has to wait");
    if (answer != LEAF_RATE_OK)
        return LEAF_BUSY;
    made = leaf_mint(signer->authority, request, reply->der, sizeof reply->der);
    if (!made.size) {
        signer_log_refused(relay, request, "the leaf could not be made");
        return LEAF_REFUSED;
    }
    signer_log_leaf(relay, request, &made);
    reply->size = (uint16_t)leaf_store_add(signer->store, request, &made, now_s(), reply->der,
                                           sizeof reply->der, &is_kept);
    if (!is_kept)
        log_text(EVENT_leaf_not_kept, "%m");
    return LEAF_SIGNED;
}

static void answer(struct signer *signer, unsigned relay, const struct leaf_request *request,
                   struct leaf_reply *reply)
{
    const struct leaf_rules rules = {.bypass = signer->start->conf->tls.bypass, .now_s = now_s()};
    enum leaf_fault fault = leaf_request_check(request, &rules);

    reply->status = LEAF_REFUSED;
    if (fault != LEAF_OK) {
        signer_log_refused(relay, request, leaf_fault_text(fault));
        return;
    }
    reply->size =
        (uint16_t)leaf_store_find(signer->store, request, rules.now_s, reply->der, sizeof reply->der);
    reply->status = reply->size ? LEAF_SIGNED : (uint8_t)make(signer, relay, request, reply);
    if (reply->status != LEAF_SIGNED) {
        memset(reply->der, 0, sizeof reply->der);
        reply->size = 0;
    }
}

static void on_request(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd)
{
    struct signer *signer = context;
    const struct leaf_request *request = payload;
    const struct leaf_rules rules = {.bypass = "", .now_s = now_s()};
    enum leaf_fault fault = leaf_request_check(request, &rules);
    struct leaf_reply reply = {.id = request->id};

    if (leaf_fault_is_violation(fault)) {
        ipc_violation(relay, leaf_fault_text(fault));
        return;
    }
    answer(signer, ipc_peer_index(relay), request, &reply);
    ipc_send(relay, IPC_SIGNED, &reply, -1);
}

static void on_relay_joined(void *context, struct ipc *relay)
{
    const struct signer *signer = context;

    ipc_send(relay, IPC_LEAF_KEY, &signer->key, -1);
}

static const struct backend_loop_work work = {
    .self = ROLE_SIGNER, .request = on_request, .relay_joined = on_relay_joined};

static void on_expire(evutil_socket_t fd, short what, void *context)
{
    leaf_store_expire(((struct signer *)context)->store, now_s());
}

static bool load_authority(struct signer *signer, int directory, struct buf *error)
{
    int asked = signer->start->passphrase_fd;
    enum authority_fault fault = AUTHORITY_OK;
    struct buf passphrase = {0};

    if (passphrase_read(&signer->start->conf->tls, asked, &passphrase, error))
        signer->authority = authority_load(directory, buf_span(&passphrase), &fault, error);
    passphrase_wipe(&passphrase);
    if (asked)
        close(asked);
    if (fault == AUTHORITY_NEEDS_PASSPHRASE)
        buf_add(error, SPAN(": set [tls] passphrase_file"));
    return signer->authority != NULL;
}

/* Makes and verifies one leaf of each authority. Otherwise only clients would notice a bad authority. The
 * test also makes OpenSSL and the C library read their files before the sandbox. */
static bool try_authority(const struct signer *signer, struct buf *error)
{
    for (enum leaf_kind kind = 0; kind < LEAF_KINDS; kind++) {
        struct leaf_request request = {.kind = (uint8_t)kind};
        uint8_t der[LEAF_DER_MAX];
        const unsigned char *at = der;
        struct leaf_made made;
        X509 *leaf;
        bool is_good;

        leaf_request_add_name(&request, SPAN("test.invalid"));
        leaf_request_set_dates(&request, now_s(), now_s(), now_s());
        made = leaf_mint(signer->authority, &request, der, sizeof der);
        leaf = made.size ? d2i_X509(NULL, &at, (long)made.size) : NULL;
        is_good =
            leaf && X509_verify(leaf, X509_get0_pubkey(authority_certificate(signer->authority, kind))) == 1;
        X509_free(leaf);
        if (!is_good) {
            buf_add_format(error, "a leaf of %s could not be made", authority_certificate_file(kind));
            return false;
        }
    }
    return true;
}

/* Copies the leaf key and the certificate, for the relays. */
static bool fill_key(struct signer *signer, struct buf *error)
{
    unsigned char *key = NULL;
    int n = i2d_PrivateKey(authority_leaf_key(signer->authority), &key);
    struct buf ca = {0};
    bool fits = n > 0 && (size_t)n <= sizeof signer->key.key;

    certificate_add_der(authority_certificate(signer->authority, LEAF_TRUSTED), &ca);
    fits = fits && ca.n <= sizeof signer->key.certificate;
    if (fits) {
        memcpy(signer->key.key, key, (size_t)n);
        memcpy(signer->key.certificate, ca.p, ca.n);
        signer->key.key_size = (uint16_t)n;
        signer->key.certificate_size = (uint16_t)ca.n;
    } else {
        buf_add(error, SPAN("ca.pem or leaf.key is too large"));
    }
    OPENSSL_clear_free(key, n > 0 ? (size_t)n : 0);
    buf_fini(&ca);
    return fits;
}

/* Opens the directory of the leaves. If it is missing, creates it for the user of this process. */
static bool open_leaves(struct signer *signer, struct buf *error)
{
    const char *home = signer->start->conf->tls.directory;
    struct buf path = {0};
    bool is_made;

    buf_add_format(&path, "%s/leaves", home);
    is_made = own_directory_make(buf_c_str(&path), home, &signer->start->identity);
    if (is_made)
        signer->leaves = durable_open_directory(buf_c_str(&path), error);
    else
        durable_fail(error, buf_c_str(&path));
    buf_fini(&path);
    return signer->leaves >= 0;
}

/* The part that needs root. */
static bool load(struct signer *signer, struct buf *error)
{
    int directory = durable_open_directory(signer->start->conf->tls.directory, error);
    bool is_loaded = directory >= 0 && load_authority(signer, directory, error) &&
                     try_authority(signer, error) && fill_key(signer, error) && open_leaves(signer, error);

    if (directory >= 0)
        close(directory);
    return is_loaded;
}

static bool enter_sandbox(int leaves)
{
    static const struct sandbox_path here = {".", SANDBOX_READ | SANDBOX_WRITE};
    static const int calls[] = {SCMP_SYS(openat),    SCMP_SYS(fsync),  SCMP_SYS(renameat),
                                SCMP_SYS(renameat2), SCMP_SYS(linkat), SCMP_SYS(unlinkat),
                                SCMP_SYS(getdents64)};

    return durable_enter(leaves) && sandbox_restrict_paths(&here, 1, false) &&
           sandbox_restrict_calls(calls, sizeof calls / sizeof *calls);
}

static bool open_store(struct signer *signer)
{
    struct buf error = {0};

    signer->store = leaf_store_new(signer->leaves, signer->authority, now_s(), &error);
    if (!signer->store)
        log_text(EVENT_authority_unusable, "%s/leaves: %s", signer->start->conf->tls.directory,
                 buf_c_str(&error));
    buf_fini(&error);
    return signer->store != NULL;
}

static void serve(struct signer *signer)
{
    signer->expire = event_new(signer->loop.base, -1, EV_PERSIST, on_expire, signer);
    event_add(signer->expire, &(struct timeval){EXPIRE_EVERY_S, 0});
    signer_log_authority(signer->authority, leaf_store_count(signer->store));
    backend_loop_open(&signer->loop, signer->start->parent_fd);
    backend_loop_ready(&signer->loop);
    event_base_dispatch(signer->loop.base);
    backend_loop_close(&signer->loop);
    event_free(signer->expire);
}

static bool prepare(struct signer *signer)
{
    struct buf error = {0};
    bool is_loaded = load(signer, &error);

    if (!is_loaded)
        log_text(EVENT_authority_unusable, "%s: %s", signer->start->conf->tls.directory, buf_c_str(&error));
    buf_fini(&error);
    return is_loaded && signer->start->drop(signer->start) && enter_sandbox(signer->leaves) &&
           open_store(signer);
}

int signer_main(const struct child_start *start)
{
    struct signer signer = {.start = start, .leaves = -1};
    int status = EXIT_CONFIG;

    backend_loop_init(&signer.loop, &work, &signer);
    /* Before the keys are loaded: no core file, and no ptrace by another process. */
    if (privileges_lock_down() && prepare(&signer)) {
        serve(&signer);
        status = EXIT_SUCCESS;
    }
    event_base_free(signer.loop.base);
    leaf_store_free(&signer.store);
    authority_free(&signer.authority);
    explicit_bzero(&signer.key, sizeof signer.key);
    if (signer.leaves >= 0)
        close(signer.leaves);
    return status;
}
