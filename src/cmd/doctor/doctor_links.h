/* doctor_links: the links of the chain that `postern doctor` checks, from the configuration to the mail.
 *
 * One table (doctor_links.c): a link's name, the function that checks it, what it needs, and the hosts on
 * which it is checked: those that scan, mirrors, those that other hosts' connections pass. A link with unmet
 * needs is "not checked", with the reason. Functions only read and change nothing; they report by the calls
 * below, and a link without any other finding must report doctor_ok. */
#ifndef POSTERN_CMD_DOCTOR_DOCTOR_LINKS_H
#define POSTERN_CMD_DOCTOR_DOCTOR_LINKS_H

#include "base/log_event.h"
#include "cmd/doctor/doctor_report.h"
#include "cmd/gateway_prepared.h"
#include "cmd/status_print.h"
#include "conf/conf.h"

/* Older signatures are a warning, or a fault. */
enum { DOCTOR_SIGNATURES_WARN_DAYS = 3, DOCTOR_SIGNATURES_FAULT_DAYS = 14 };

struct doctor {
    const char *conf_file;
    const char *through; /* --through HOST[:PORT]; NULL: not given */
    bool is_root;
    time_t now;
    bool has_conf; /* its file has no error */
    struct conf conf;
    bool is_running; /* the service runs, and has answered */
    bool is_absent;  /* no service runs */
    struct status status;
    bool has_plan; /* of [gateway], in `prepared` */
    struct gateway_prepared prepared;
    json_t *traffic;  /* the answer of `postern gateway status`; NULL: unknown */
    const char *link; /* the one being checked */
    struct doctor_report report;
};

void doctor_walk(struct doctor *doctor);
void doctor_fini(struct doctor *doctor);

/* For the link being checked. cure may be NULL. */
void doctor_fault(struct doctor *doctor, const char *cure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_warn(struct doctor *doctor, const char *cure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_skip(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Does nothing if there is another finding for the link. */
void doctor_ok(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Errors are faults. The remedy of a problem that ends in ": run `command`" is that command. Takes ownership
 * of the problems. */
void doctor_take_problems(struct doctor *doctor, struct problems *problems, const char *cure);

/* doctor_service.c */
void doctor_look_configuration(struct doctor *doctor);
void doctor_look_privileges(struct doctor *doctor);
void doctor_look_service(struct doctor *doctor);
/* doctor_door.c */
void doctor_look_listener(struct doctor *doctor);
void doctor_look_destination(struct doctor *doctor);
void doctor_look_loop(struct doctor *doctor);
/* doctor_engine.c */
void doctor_look_engine(struct doctor *doctor);
void doctor_look_signatures(struct doctor *doctor);
void doctor_look_virus(struct doctor *doctor);
void doctor_look_harmless(struct doctor *doctor);
/* doctor_store.c */
void doctor_look_notice(struct doctor *doctor);
void doctor_look_quarantine(struct doctor *doctor);
void doctor_look_spool(struct doctor *doctor);
/* doctor_time.c */
void doctor_look_time(struct doctor *doctor);
/* doctor_network.c */
void doctor_look_gateway(struct doctor *doctor);
void doctor_look_filter(struct doctor *doctor);
void doctor_look_forwarding(struct doctor *doctor);
void doctor_look_redirects(struct doctor *doctor);
void doctor_look_reverse_path(struct doctor *doctor);
void doctor_look_path_mtu(struct doctor *doctor);
void doctor_look_routes(struct doctor *doctor);
void doctor_look_traffic(struct doctor *doctor);
/* doctor_firewall.c */
void doctor_look_firewall(struct doctor *doctor);
/* doctor_proxies.c */
void doctor_look_proxies(struct doctor *doctor);
/* doctor_path.c */
void doctor_look_server(struct doctor *doctor);
void doctor_look_session(struct doctor *doctor);
void doctor_look_interception(struct doctor *doctor);

#endif
