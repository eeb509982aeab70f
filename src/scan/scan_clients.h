/* scan_clients: what each client has cost an engine lately.
 *
 * The cost is the time for which engines have worked on a client's messages. It halves every
 * SCAN_CLIENTS_HALF_LIFE_MS, so a client is soon served like others again. A scan in progress counts from its
 * start. Records outlive the last request of a client; at most SCAN_CLIENTS_IDLE_MAX of clients without
 * requests are kept, and the one that has been idle for longest is dropped first. So a client cannot get rid
 * of its costs by disconnecting.
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
    SCAN_CLIENTS_SLOW_MS = 500,        /* a scan that takes as long is slow */
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

/* A scan for the client starts, ends. `turn` is a number that grows with each scan of all clients.
 * is_complete: the scan has ended by itself, which shows that the client is quick, or slow; otherwise it can
 * only show that the client is slow. */
void scan_client_begin(struct scan_client *client, uint64_t now_ms, uint64_t turn);
void scan_client_end(struct scan_client *client, uint64_t began_ms, uint64_t now_ms, bool is_complete);

/* Returns the turn of the scan that was started last; 0: none was. */
uint64_t scan_client_served(const struct scan_client *client);
unsigned scan_client_running(const struct scan_client *client);
/* What is to be expected of the client's next message. */
enum scan_client_pace scan_client_pace(const struct scan_client *client, uint64_t now_ms);
/* Returns 0 below SCAN_CLIENTS_CALM_MS, and 1 more for each doubling from there. */
unsigned scan_client_level(const struct scan_client *client, uint64_t now_ms);

#endif
