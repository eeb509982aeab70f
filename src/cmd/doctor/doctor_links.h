/* doctor_links: the links of the chain that `postern doctor` checks, from the configuration to the mail.
 *
 * The table in doctor_links.c has a row for each link: its name, the function that checks it, what that
 * function needs, and the hosts on which the link is checked. If a need is not met, the link is "not
 * checked", with the reason. The functions change nothing, except that doctor_check_quarantine stores and
 * removes a file. They report findings by the calls below. A link without a finding has no line. */
#ifndef POSTERN_CMD_DOCTOR_DOCTOR_LINKS_H
#define POSTERN_CMD_DOCTOR_DOCTOR_LINKS_H

#include "base/log_event.h"
#include "cmd/doctor/doctor_report.h"
#include "cmd/gateway_prepared.h"
#include "cmd/status_print.h"
#include "conf/conf.h"

/* From this age on, signatures cause a warning or a fault. */
enum { DOCTOR_SIGNATURES_WARN_DAYS = 3, DOCTOR_SIGNATURES_FAULT_DAYS = 14 };

struct doctor {
    const char *conf_file;
    const char *through; /* --through HOST[:PORT]; NULL: not given */
    bool is_root;
    time_t now;
    bool has_conf; /* the configuration has no error */
    struct conf conf;
    bool is_running; /* the service has answered */
    bool is_absent;  /* no process listens at the control socket */
    struct status status;
    bool has_plan; /* `prepared` has the plan of [gateway] */
    struct gateway_prepared prepared;
    json_t *traffic;  /* the answer of `postern gateway status`; NULL: unknown */
    const char *link; /* the link being checked */
    struct doctor_report report;
};

void doctor_check_all(struct doctor *doctor);
void doctor_fini(struct doctor *doctor);

/* Report a finding of the link being checked. remedy may be NULL. */
void doctor_fault(struct doctor *doctor, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_warn(struct doctor *doctor, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_skip(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Does nothing if the link already has a finding. */
void doctor_ok(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reports errors as faults, and other problems as warnings. If a problem ends in ": run `command`", the
 * command is the remedy. Otherwise the remedy of an error is `remedy`, and a warning has none. Frees the
 * problems. */
void doctor_take_problems(struct doctor *doctor, struct problems *problems, const char *remedy);

/* doctor_service.c */
void doctor_check_configuration(struct doctor *doctor);
void doctor_check_privileges(struct doctor *doctor);
void doctor_check_service(struct doctor *doctor);
/* doctor_listener.c */
void doctor_check_listener(struct doctor *doctor);
void doctor_check_destination(struct doctor *doctor);
void doctor_check_loop(struct doctor *doctor);
/* doctor_engine.c */
void doctor_check_engine(struct doctor *doctor);
void doctor_check_signatures(struct doctor *doctor);
void doctor_check_virus(struct doctor *doctor);
void doctor_check_harmless(struct doctor *doctor);
/* doctor_store.c */
void doctor_check_notice(struct doctor *doctor);
void doctor_check_quarantine(struct doctor *doctor);
void doctor_check_spool(struct doctor *doctor);
/* doctor_time.c */
void doctor_check_time(struct doctor *doctor);
/* doctor_network.c */
void doctor_check_gateway(struct doctor *doctor);
void doctor_check_filter(struct doctor *doctor);
void doctor_check_forwarding(struct doctor *doctor);
void doctor_check_redirects(struct doctor *doctor);
void doctor_check_reverse_path(struct doctor *doctor);
void doctor_check_path_mtu(struct doctor *doctor);
void doctor_check_routes(struct doctor *doctor);
void doctor_check_traffic(struct doctor *doctor);
/* doctor_firewall.c */
void doctor_check_firewall(struct doctor *doctor);
/* doctor_proxies.c */
void doctor_check_proxies(struct doctor *doctor);
/* doctor_path.c */
void doctor_check_server(struct doctor *doctor);
void doctor_check_session(struct doctor *doctor);
void doctor_check_interception(struct doctor *doctor);

#endif
