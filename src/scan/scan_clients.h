/* scan_clients: what each client has cost the engines lately.
 *
 * The cost is the time for which engines have worked on a client's messages. The cost of ended scans halves
 * every SCAN_CLIENTS_HALF_LIFE_MS, so a client is soon served like others again. A scan in progress counts
 * from its start. A record outlives the last request of its client, so a client cannot get rid of its cost by
 * disconnecting. Of clients without requests, at most SCAN_CLIENTS_IDLE_MAX records are kept; the record that
 * has been idle for longest is dropped first.
 *
 * Pure: the caller passes the time. */
#ifndef POSTERN_SCAN_SCAN_CLIENTS_H
#define POSTERN_SCAN_SCAN_CLIENTS_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_CLIENTS_HALF_LIFE_MS = 60000,
    SCAN_CLIENTS_IDLE_MAX = 4096,
    SCAN_CLIENTS_CALM_MS = 64,         /* a lower cost counts as none */
    SCAN_CLIENTS_SLOW_MS = 500,        /* a scan that takes this long is slow */
    SCAN_CLIENTS_FORGIVEN_MS = 600000, /* time after its last slow scan until a client is quick again */
};

struct scan_clients;
struct scan_client;

enum scan_client_pace {
    SCAN_CLIENT_QUICK, /* no scan for it was slow lately */
    SCAN_CLIENT_NEW,   /* no scan for it has ended yet */
    SCAN_CLIENT_SLOW,
};

struct scan_clients *scan_clients_new(void);
void scan_clients_free(struct scan_clients **clients);

/* Finds or makes the record of a client (address_client), for one more request. */
struct scan_client *scan_clients_enter(struct scan_clients *clients, const uint8_t key[ADDRESS_CLIENT_SIZE]);
/* Call when a request has ended. The record must not be used for that request any more. */
void scan_clients_leave(struct scan_clients *clients, struct scan_client *client);

/* Call when a scan for the client starts, and when it ends. `turn` grows with each scan of any client.
 * is_complete: the scan did not end at its limit. A scan of at least SCAN_CLIENTS_SLOW_MS makes the client
 * slow. A shorter scan makes a new client quick, if is_complete. */
void scan_client_begin(struct scan_client *client, uint64_t now_ms, uint64_t turn);
void scan_client_end(struct scan_client *client, uint64_t began_ms, uint64_t now_ms, bool is_complete);

/* Returns the turn of the scan that was started last; 0: none was. */
uint64_t scan_client_served(const struct scan_client *client);
unsigned scan_client_running(const struct scan_client *client);
/* Returns how quick the scan of the client's next message will probably be. */
enum scan_client_pace scan_client_pace(const struct scan_client *client, uint64_t now_ms);
/* Returns 0 for a cost below SCAN_CLIENTS_CALM_MS, 1 from there on, and 1 more for each doubling. */
unsigned scan_client_level(const struct scan_client *client, uint64_t now_ms);

#endif
