/* The certificates that clients get. The signer makes one for each certificate of a server. Sessions that
 * need the same certificate share a request. While there is no signer, requests wait. The timers of the
 * sessions limit the wait. */

#include "proc/relay/relay_tls.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

enum { LEAVES_MAX = 1000 };

/* The dates are left out: they change with the clock if the server's certificate is valid for long. */
static void make_key(const struct leaf_request *request, struct digest *key)
{
    struct leaf_request without = *request;

    without.id = 0;
    without.not_before_s = without.not_after_s = 0;
    if (!EVP_Digest(&without, sizeof without, key->bytes, NULL, EVP_sha256(), NULL))
        mem_exhausted();
}

static bool is_key(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void free_leaf(struct relay_tls_shared *shared, struct relay_leaf *leaf)
{
    TAILQ_REMOVE(&shared->leaves, leaf, link);
    shared->leaf_count--;
    X509_free(leaf->certificate);
    free(leaf);
}

static struct relay_leaf *find_leaf(struct relay_tls_shared *shared, const struct digest *key)
{
    struct relay_leaf *leaf;

    TAILQ_FOREACH_REVERSE(leaf, &shared->leaves, relay_leaves, link)
    if (is_key(&leaf->key, key))
        break;
    if (!leaf)
        return NULL;
    TAILQ_REMOVE(&shared->leaves, leaf, link);
    TAILQ_INSERT_TAIL(&shared->leaves, leaf, link);
    return leaf;
}

/* A certificate that mirrors an expired one has itself expired, and is used all the same. */
static bool is_current(const struct relay_leaf *leaf, const struct leaf_request *request)
{
    int64_t now = time(NULL);

    return leaf->not_after_s > now || request->not_after_s <= now;
}

static int64_t not_after_of(const X509 *certificate)
{
    struct tm tm;

    return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) ? timegm(&tm) : 0;
}

/* Returns NULL if the certificate is malformed, or has another key. */
static struct relay_leaf *add_leaf(struct relay_tls_shared *shared, const struct digest *key,
                                   const struct leaf_reply *reply)
{
    const unsigned char *der = reply->der;
    X509 *certificate = reply->size <= sizeof reply->der ? d2i_X509(NULL, &der, reply->size) : NULL;
    struct relay_leaf *leaf = find_leaf(shared, key);

    if (!certificate || !shared->leaf_key || X509_check_private_key(certificate, shared->leaf_key) != 1) {
        X509_free(certificate);
        return NULL;
    }
    if (leaf)
        free_leaf(shared, leaf);
    else if (shared->leaf_count == LEAVES_MAX)
        free_leaf(shared, TAILQ_FIRST(&shared->leaves));
    leaf = mem_alloc_zero(sizeof *leaf);
    leaf->key = *key;
    leaf->certificate = certificate;
    leaf->not_after_s = not_after_of(certificate);
    if (!X509_digest(certificate, EVP_sha256(), leaf->fingerprint.bytes, NULL))
        mem_exhausted();
    TAILQ_INSERT_TAIL(&shared->leaves, leaf, link);
    shared->leaf_count++;
    return leaf;
}

static struct relay_leaf_request *find_request(struct relay_tls_shared *shared, const struct digest *key)
{
    struct relay_leaf_request *request;

    TAILQ_FOREACH(request, &shared->requests, link)
    if (is_key(&request->key, key))
        return request;
    return NULL;
}

/* Restarts the time limits of the sessions, because a limit depends on whether the request was sent. */
static void restart_waits(struct relay_leaf_request *request)
{
    struct relay_tls *tls;

    LIST_FOREACH(tls, &request->waiting, link)
    {
        tls->session->timers.is_wait_new = true;
        relay_ready_add_reply(tls->session);
    }
}

static void send_request(struct relay *relay, struct relay_leaf_request *request)
{
    request->backend = relay_backend_next(relay, ROLE_SIGNER);
    if (!request->backend)
        return;
    ipc_send(request->backend->channel, IPC_SIGN, &request->request, -1);
    request->backend->outstanding++;
    restart_waits(request);
}

static struct relay_leaf_request *make_request(struct relay *relay, const struct digest *key,
                                               const struct leaf_request *leaf_request)
{
    struct relay_leaf_request *request = mem_alloc_zero(sizeof *request);

    request->key = *key;
    request->request = *leaf_request;
    request->request.id = ++relay->tls->requests_seen;
    LIST_INIT(&request->waiting);
    TAILQ_INSERT_TAIL(&relay->tls->requests, request, link);
    send_request(relay, request);
    return request;
}

void relay_tls_leaf_get(struct relay_session *session, const struct leaf_request *leaf_request)
{
    struct relay_tls_shared *shared = session->relay->tls;
    struct relay_tls *tls = session->tls;
    struct digest key;

    make_key(leaf_request, &key);
    tls->leaf = find_leaf(shared, &key);
    if (tls->leaf && is_current(tls->leaf, leaf_request))
        return;
    tls->leaf = NULL;
    tls->request = find_request(shared, &key);
    if (!tls->request)
        tls->request = make_request(session->relay, &key, leaf_request);
    LIST_INSERT_HEAD(&tls->request->waiting, tls, link);
}

void relay_tls_leaf_abandon(struct relay_tls *tls)
{
    if (tls->request)
        LIST_REMOVE(tls, link);
    tls->request = NULL;
}

void relay_tls_leaf_send_waiting(struct relay *relay)
{
    struct relay_leaf_request *request;

    if (!relay->tls)
        return;
    TAILQ_FOREACH(request, &relay->tls->requests, link)
    if (!request->backend)
        send_request(relay, request);
}

void relay_tls_leaf_backend_lost(struct relay *relay, const struct relay_backend *backend)
{
    struct relay_leaf_request *request;

    if (!relay->tls)
        return;
    TAILQ_FOREACH(request, &relay->tls->requests, link)
    if (request->backend == backend) {
        request->backend = NULL;
        restart_waits(request);
    }
}

static void free_request(struct relay_tls_shared *shared, struct relay_leaf_request *request)
{
    while (!LIST_EMPTY(&request->waiting))
        relay_tls_leaf_abandon(LIST_FIRST(&request->waiting));
    TAILQ_REMOVE(&shared->requests, request, link);
    free(request);
}

/* leaf: NULL: the signer has refused, or its reply was invalid. */
static void finish_request(struct relay_tls_shared *shared, struct relay_leaf_request *request,
                           struct relay_leaf *leaf)
{
    struct relay_tls *tls;

    LIST_FOREACH(tls, &request->waiting, link)
    {
        tls->leaf = leaf;
        tls->is_leaf_refused = !leaf;
        relay_ready_add_reply(tls->session);
    }
    free_request(shared, request);
}

static void ask_later(struct relay *relay, struct relay_leaf_request *request)
{
    request->backend = NULL;
    restart_waits(request);
    event_add(relay->tls->ask_again, &(struct timeval){1, 0});
}

static struct relay_leaf_request *find_answered(const struct relay *relay,
                                                const struct relay_backend *backend, uint64_t id)
{
    struct relay_leaf_request *request;

    if (!relay->tls)
        return NULL;
    TAILQ_FOREACH(request, &relay->tls->requests, link)
    if (request->backend == backend && request->request.id == id)
        return request;
    return NULL;
}

void relay_tls_leaf_answered(struct relay *relay, struct relay_backend *backend,
                             const struct leaf_reply *reply)
{
    struct relay_leaf_request *request = find_answered(relay, backend, reply->id);
    struct relay_leaf *leaf = NULL;

    if (!request) {
        ipc_violation(backend->channel, "an unexpected reply");
        return;
    }
    backend->outstanding--;
    if (reply->status == LEAF_BUSY) {
        ask_later(relay, request);
        return;
    }
    if (reply->status == LEAF_SIGNED)
        leaf = add_leaf(relay->tls, &request->key, reply);
    finish_request(relay->tls, request, leaf);
}

static void forget_leaves(struct relay_tls_shared *shared)
{
    while (!TAILQ_EMPTY(&shared->leaves))
        free_leaf(shared, TAILQ_FIRST(&shared->leaves));
}

/* Call when the signer has another key. The certificates for the old key are of no use any more. */
static void forget_key(struct relay *relay)
{
    for (struct relay_session *session = relay->sessions; session; session = session->next) {
        if (!session->tls || !session->tls->leaf)
            continue;
        session->tls->leaf = NULL;
        session->tls->is_leaf_refused = true;
    }
    forget_leaves(relay->tls);
}

static uint64_t identify(const struct ipc_leaf_key *key)
{
    struct digest digest;
    uint64_t number;

    if (!EVP_Digest(key->certificate, key->certificate_size, digest.bytes, NULL, EVP_sha256(), NULL))
        mem_exhausted();
    memcpy(&number, digest.bytes, sizeof number);
    return number;
}

void relay_tls_leaf_key(struct relay *relay, struct relay_backend *backend, const struct ipc_leaf_key *key)
{
    const unsigned char *der = key->key;
    bool fits =
        relay->tls && key->key_size <= sizeof key->key && key->certificate_size <= sizeof key->certificate;
    EVP_PKEY *pkey = fits ? d2i_AutoPrivateKey(NULL, &der, key->key_size) : NULL;

    if (!pkey) {
        ipc_violation(backend->channel, "a malformed key");
        return;
    }
    if (relay->tls->leaf_key && EVP_PKEY_eq(relay->tls->leaf_key, pkey) != 1)
        forget_key(relay);
    EVP_PKEY_free(relay->tls->leaf_key);
    relay->tls->leaf_key = pkey;
    relay->tls->authority = identify(key);
}

void relay_tls_leaves_free(struct relay_tls_shared *shared)
{
    while (!TAILQ_EMPTY(&shared->requests))
        free_request(shared, TAILQ_FIRST(&shared->requests));
    forget_leaves(shared);
}
