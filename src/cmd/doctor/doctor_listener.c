/* Checks whether the service listens, can find original destinations, and does not connect to itself. */
#include "cmd/doctor/doctor_links.h"
#include "cmd/startup_checks.h"
#include "base/address.h"
#include "net/line_client.h"
#include "net/listen.h"
#include "net/origdst.h"
#include "proc/relay/relay_protocols.h"

#include <arpa/inet.h>
#include <errno.h>

enum { ANSWER_MS = 5000 };

/* Returns the address for a test connection. For a listener on all addresses this is the loopback address,
 * otherwise the listener's own. */
static union inet_address test_address(const union inet_address *listener)
{
    union inet_address target = *listener;

    if (address_is_unspecified(&target) && target.any.sa_family == AF_INET)
        target.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (address_is_unspecified(&target))
        target.in6.sin6_addr = in6addr_loopback;
    return target;
}

static void judge_answer(struct doctor *doctor, enum protocol_id protocol, const char *where,
                         struct span line)
{
    bool is_fixed = conf_listener_of(&doctor->conf, protocol)->interception == INTERCEPTION_FIXED;
    const struct protocol *table = relay_protocols[protocol];
    const char *section = protocol_id_section(protocol);
    char free_port[80], right_target[80];

    snprintf(free_port, sizeof free_port, "stop that program, or set [%s] listen to a free port", section);
    snprintf(right_target, sizeof right_target, "check that [%s] target is right and that server runs",
             section);
    if (doctor->is_absent)
        doctor_fault(doctor, free_port, "%s: another program listens there and answers \"%.*s\"", where,
                     (int)(line.n < 60 ? line.n : 60), line.p);
    else if (!table->is_refusal(line) && !(is_fixed && table->is_greeting(line)))
        doctor_fault(doctor, "find out which program listens there: ss -ltnp",
                     "%s: the answer is not from Postern: \"%.*s\"", where, (int)(line.n < 60 ? line.n : 60),
                     line.p);
    else if (is_fixed && !table->is_greeting(line))
        doctor_fault(doctor, right_target, "%s: clients get \"%.*s\"", where,
                     (int)(line.n < 80 ? line.n : 80), line.p);
}

static void probe_listener(struct doctor *doctor, enum protocol_id protocol,
                           const union inet_address *listener)
{
    union inet_address target = test_address(listener);
    char where[ADDRESS_TEXT_SIZE];
    struct line_client client;
    struct buf line = {0};

    address_format(&listener->any, where);
    if (!line_client_open(&client, &target, ANSWER_MS)) {
        if (doctor->is_running || errno != ECONNREFUSED)
            doctor_fault(doctor, "restart the service; see its log for the reason",
                         "%s: clients cannot connect: %s", where, strerror(errno));
        else
            doctor_skip(doctor, "%s: the service has not answered, and no process listens", where);
    } else if (!line_client_read_line(&client, &line)) {
        doctor_fault(doctor, "find out which program listens there: ss -ltnp", "%s: no greeting: %s", where,
                     strerror(errno));
    } else {
        judge_answer(doctor, protocol, where, buf_span(&line));
    }
    line_client_close(&client);
    buf_fini(&line);
}

void doctor_check_listener(struct doctor *doctor)
{
    size_t n = 0;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct inet_addresses *listen = &conf_listener_of(&doctor->conf, protocol)->listen;

        for (size_t i = 0; i < listen->n; i++)
            probe_listener(doctor, protocol, &listen->at[i]);
        n += listen->n;
    }
    doctor_ok(doctor, "the service answers on %zu address%s", n, n == 1 ? "" : "es");
}

static void check_tracking(struct doctor *doctor, const struct inet_addresses *listen)
{
    for (size_t i = 0; i < listen->n; i++) {
        int family = listen->at[i].any.sa_family;

        if (!origdst_is_tracked(family))
            doctor_fault(doctor, "run modprobe nf_conntrack; rules with redirect load it, too",
                         "the kernel does not report original destinations of IPv%c: %s",
                         family == AF_INET6 ? '6' : '4', strerror(errno));
    }
    doctor_ok(doctor, "redirect: the kernel reports original destinations");
}

static void check_transparent(struct doctor *doctor, const struct inet_addresses *listen)
{
    if (!doctor->is_root) {
        doctor_skip(doctor, "tproxy: needs root");
        return;
    }
    for (size_t i = 0; i < listen->n; i++)
        if (!listen_is_allowed(listen->at[i].any.sa_family, true))
            doctor_fault(doctor, "give the service CAP_NET_ADMIN, and use a kernel with TPROXY",
                         "tproxy: the kernel refuses: %s", strerror(errno));
    doctor_ok(doctor, "tproxy: sockets may have foreign addresses");
}

void doctor_check_destination(struct doctor *doctor)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(&doctor->conf, protocol);

        if (!listener->listen.n)
            continue;
        switch (listener->interception) {
        case INTERCEPTION_REDIRECT: check_tracking(doctor, &listener->listen); break;
        case INTERCEPTION_TPROXY: check_transparent(doctor, &listener->listen); break;
        case INTERCEPTION_FIXED:
            doctor_ok(doctor, "fixed: all clients go to [%s] target", protocol_id_section(protocol));
            break;
        }
    }
}

void doctor_check_loop(struct doctor *doctor)
{
    struct problems problems = {0};

    startup_check_parts(&doctor->conf, STARTUP_RELOAD, STARTUP_NETWORK, &problems);
    doctor_take_problems(doctor, &problems, "set target to the mail server");
    doctor_ok(doctor, "the service does not connect to itself");
}
