/* gateway_watch_internal: what the files of the watch share. gateway_watch.c has the process,
 * gateway_watch_ask.c the questions and their answers, gateway_watch_lay.c what follows for the packet
 * filter, gateway_watch_log.c what is said of it; gateway_watch_mend.c has what was lost put back,
 * gateway_watch_interfaces.c looks at the interfaces. */
#ifndef POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_INTERNAL_H
#define POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_INTERNAL_H

#include "gateway/plan/gateway_interfaces.h"
#include "gateway/plan/proxy_health.h"
#include "gateway/kernel/nft_table.h"
#include "net/proxy_probe.h"
#include "gateway/watch/gateway_watch.h"
#include "gateway/apply/gateway_repair.h"

struct gateway_watch;

/* One of [gateway] proxies, at the same place. */
struct watched_proxy {
    struct gateway_watch *watch;
    union inet_address listener;
    struct proxy_probe probe;
    struct event *next;
    uint64_t backend_loop_ms;
    int error; /* of the last probe */
};

enum { WATCH_FAMILIES = 2 };

struct gateway_watch {
    const struct conf *conf;
    const struct gateway_facts *facts;
    struct event_base *base;
    struct nft_table *table;
    struct proxy_health health;
    struct watched_proxy proxies[CONF_LIST_MAX];
    bool is_none_left[WATCH_FAMILIES]; /* IPv4, IPv6: as it was logged */
    uint64_t laid_in;                  /* the table's handle; 0: nothing yet */
    uint32_t laid_alive;
    struct event *again; /* after nft failed */
    bool has_failed;     /* that was said */
    struct event *look;  /* for what was lost */
    struct gateway_repair mend;
    uint64_t gone_ms;                           /* when the table was missed */
    bool has_no_table;                          /* that it could not be put back was said */
    struct gateway_interface_findings findings; /* as they were logged */
    struct inet_interfaces unlisted;            /* by which mail came in, as it was logged */
    uint64_t count_ms;                          /* when that is looked at next */
    int signal_fd;
    struct event *signals, *alive; /* the latter: the service manager is to know that we are */
    uint64_t watchdog_ms;
};

/* gateway_watch_ask.c */
void gateway_watch_ask_init(struct gateway_watch *watch);
void gateway_watch_ask_fini(struct gateway_watch *watch);

/* gateway_watch_lay.c. Makes the packet filter agree with what is known, if it does not. */
void gateway_watch_lay(struct gateway_watch *watch);
void gateway_watch_table_changed(void *watch);

/* gateway_watch_log.c */
void gateway_watch_log_side(const struct gateway_watch *watch, size_t i);
/* Of each family: that none is left, and that one is back. Once each time. */
void gateway_watch_log_families(struct gateway_watch *watch);
void gateway_watch_log_spread(const struct gateway_watch *watch);
/* For the service manager: how many are alive, or what is waited for. */
void gateway_watch_tell(const struct gateway_watch *watch);

/* gateway_watch_mend.c */
void gateway_watch_mend_init(struct gateway_watch *watch);
void gateway_watch_mend_fini(struct gateway_watch *watch);
void gateway_watch_mend(struct gateway_watch *watch); /* at once */

/* gateway_watch_interfaces.c. Logs what keeps clients' packets from being seen, when it begins and ends. */
void gateway_watch_look_at_interfaces(struct gateway_watch *watch);

static inline void gateway_watch_set_timer(struct event *timer, uint64_t ms)
{
    event_add(timer, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}

#endif
