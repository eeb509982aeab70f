/* What all sessions of the relay share. */

#include "proc/relay/relay_tls.h"

#include <stdlib.h>
#include <time.h>

static void on_ask_again(evutil_socket_t fd, short what, void *context)
{
    relay_tls_leaf_send_waiting(context);
}

bool relay_tls_init(struct relay *relay)
{
    struct buf error = {0};

    if (relay->conf->tls.mode == TLS_MODE_OFF)
        return true;
    relay->tls = mem_alloc_zero(sizeof *relay->tls);
    TAILQ_INIT(&relay->tls->leaves);
    TAILQ_INIT(&relay->tls->requests);
    relay->tls->for_clients = relay_tls_client_context();
    relay->tls->memory = relay_tls_memory_new();
    relay->tls->ask_again = evtimer_new(relay->base, on_ask_again, relay);
    relay->tls->trust = server_trust_new(&relay->conf->tls, &error);
    if (!relay->tls->trust)
        log_text(EVENT_tls_trust, "%s", buf_c_str(&error));
    buf_fini(&error);
    tzset();
    return relay->tls->trust != NULL;
}

void relay_tls_fini(struct relay *relay)
{
    if (!relay->tls)
        return;
    relay_tls_leaves_free(relay->tls);
    event_free(relay->tls->ask_again);
    EVP_PKEY_free(relay->tls->leaf_key);
    SSL_CTX_free(relay->tls->for_clients);
    server_trust_free(&relay->tls->trust);
    free(relay->tls->memory);
    free(relay->tls);
    relay->tls = NULL;
}
