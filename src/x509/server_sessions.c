#include "x509/server_sessions.h"

#include "base/buf.h"

#include <stdlib.h>

struct kept {
    SSL_SESSION *session;
    struct server_session_key key;
    uint64_t hash;
    uint64_t used; /* number of the last use */
};

struct server_sessions {
    size_t n;
    uint64_t uses;
    struct kept at[SERVER_SESSIONS_MAX];
};

struct server_sessions *server_sessions_new(void)
{
    return mem_alloc_zero(sizeof(struct server_sessions));
}

void server_sessions_free(struct server_sessions **sessions)
{
    if (!*sessions)
        return;
    for (size_t i = 0; i < (*sessions)->n; i++)
        SSL_SESSION_free((*sessions)->at[i].session);
    free(*sessions);
    *sessions = NULL;
}

/* Copies only the fields that identify the server. Other bytes, such as the flow information and padding,
 * would make equal keys differ. */
void server_session_key_set(struct server_session_key *key, const union inet_address *server,
                            const char *name)
{
    memset(key, 0, sizeof *key);
    key->server.any.sa_family = server->any.sa_family;
    if (server->any.sa_family == AF_INET6) {
        key->server.in6.sin6_port = server->in6.sin6_port;
        key->server.in6.sin6_addr = server->in6.sin6_addr;
        key->server.in6.sin6_scope_id = server->in6.sin6_scope_id;
    } else {
        key->server.in.sin_port = server->in.sin_port;
        key->server.in.sin_addr = server->in.sin_addr;
    }
    for (size_t i = 0; name && name[i] && i < TLS_NAME_MAX; i++)
        key->name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
}

/* FNV-1a. It only saves comparisons of whole keys. */
static uint64_t hash_of(const struct server_session_key *key)
{
    const unsigned char *bytes = (const void *)key;
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < sizeof *key; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

static struct kept *find(struct server_sessions *sessions, const struct server_session_key *key)
{
    uint64_t hash = hash_of(key);

    for (size_t i = 0; i < sessions->n; i++)
        if (sessions->at[i].hash == hash && memcmp(&sessions->at[i].key, key, sizeof *key) == 0)
            return &sessions->at[i];
    return NULL;
}

static struct kept *least_recently_used(struct server_sessions *sessions)
{
    struct kept *least = &sessions->at[0];

    for (size_t i = 1; i < sessions->n; i++)
        if (sessions->at[i].used < least->used)
            least = &sessions->at[i];
    return least;
}

/* Returns the place for this key: an existing one, a new one, or that of the least recently used. */
static struct kept *place_for(struct server_sessions *sessions, const struct server_session_key *key)
{
    struct kept *kept = find(sessions, key);

    if (!kept && sessions->n < SERVER_SESSIONS_MAX)
        kept = &sessions->at[sessions->n++];
    else if (!kept)
        kept = least_recently_used(sessions);
    return kept;
}

static void drop(struct server_sessions *sessions, struct kept *kept)
{
    SSL_SESSION_free(kept->session);
    *kept = sessions->at[--sessions->n];
    sessions->at[sessions->n] = (struct kept){0};
}

void server_sessions_put(struct server_sessions *sessions, const struct server_session_key *key,
                         SSL_SESSION *session)
{
    /* If a connection is freed without a shutdown, its session can no longer be resumed. A copy still can. */
    SSL_SESSION *copy = SSL_SESSION_is_resumable(session) ? SSL_SESSION_dup(session) : NULL;
    struct kept *kept;

    if (!copy)
        return;
    kept = place_for(sessions, key);
    SSL_SESSION_free(kept->session);
    *kept = (struct kept){copy, *key, hash_of(key), ++sessions->uses};
}

/* If the clock was set back, the age may be negative. Then the session is not used either. */
static bool is_fresh(const SSL_SESSION *session, int64_t now_s)
{
    int64_t age_s = now_s - (int64_t)SSL_SESSION_get_time(session),
            limit_s = (int64_t)SSL_SESSION_get_timeout(session);

    if (SSL_SESSION_has_ticket(session) && SSL_SESSION_get_ticket_lifetime_hint(session) > 0 &&
        (int64_t)SSL_SESSION_get_ticket_lifetime_hint(session) < limit_s)
        limit_s = (int64_t)SSL_SESSION_get_ticket_lifetime_hint(session);
    return age_s >= 0 && age_s < limit_s && age_s < SERVER_SESSIONS_LIFETIME_S;
}

SSL_SESSION *server_sessions_get(struct server_sessions *sessions, const struct server_session_key *key,
                                 int64_t now_s)
{
    struct kept *kept = find(sessions, key);

    if (!kept)
        return NULL;
    if (!is_fresh(kept->session, now_s)) {
        drop(sessions, kept);
        return NULL;
    }
    kept->used = ++sessions->uses;
    return kept->session;
}

void server_sessions_remove(struct server_sessions *sessions, const struct server_session_key *key)
{
    struct kept *kept = find(sessions, key);

    if (kept)
        drop(sessions, kept);
}

size_t server_sessions_count(const struct server_sessions *sessions)
{
    return sessions->n;
}
