/* Checks whether the server answers, and with --through the path of a connection from this host. */
#include "cmd/doctor/doctor_links.h"
#include "cmd/endpoint.h"
#include "gateway/trace/trace_verdict.h"
#include "base/address.h"
#include "net/line_client.h"
#include "proc/relay/relay_protocols.h"
#include "gateway/trace/trace.h"

#include <errno.h>

enum { ANSWER_MS = 10000, QUOTED = 80, PORT = 110, CONTROL_PORT = 80, CAPABILITIES_MAX = 100 };

/* Connects, and appends the greeting to `line`. False: a fault was reported. */
static bool read_greeting(struct doctor *doctor, enum protocol_id protocol, struct line_client *client,
                          const union inet_address *server, struct buf *line)
{
    static const char remedy[] =
        "check that the address is right, the server runs, and no firewall is in between";
    char where[ADDRESS_TEXT_SIZE];
    struct span said;

    address_format(&server->any, where);
    if (!line_client_open(client, server, ANSWER_MS) || !line_client_read_line(client, line)) {
        doctor_fault(doctor, remedy, "%s: %s", where, strerror(errno));
        return false;
    }
    said = span_first(buf_span(line), QUOTED);
    if (relay_protocols[protocol]->is_greeting(buf_span(line)))
        return true;
    doctor_fault(doctor, remedy, "%s greets with \"%.*s\"", where, (int)said.n, said.p);
    return false;
}

static void check_target(struct doctor *doctor, enum protocol_id protocol, const union inet_address *target)
{
    char where[ADDRESS_TEXT_SIZE];
    struct line_client client;
    struct buf line = {0};

    address_format(&target->any, where);
    if (read_greeting(doctor, protocol, &client, target, &line))
        doctor_ok(doctor, "%s greets", where);
    line_client_close(&client);
    buf_fini(&line);
}

void doctor_check_server(struct doctor *doctor)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(&doctor->conf, protocol);

        if (listener->listen.n && listener->interception == INTERCEPTION_FIXED && listener->target.n == 1)
            check_target(doctor, protocol, &listener->target.at[0]);
    }
}

/* False: a fault was reported. */
static bool resolve_through(struct doctor *doctor, union inet_address *server)
{
    struct endpoint endpoint;
    const char *problem = NULL;
    bool is_read = endpoint_read(doctor->through, PORT, &endpoint);

    if (is_read)
        problem = endpoint_look_up(&endpoint, AF_UNSPEC, server);
    if (!is_read || problem)
        doctor_fault(doctor, "give --through a name or an address that can be reached", "%s: %s",
                     doctor->through, is_read ? problem : "expected HOST, HOST:PORT or [IPV6]:PORT");
    return is_read && !problem;
}

/* Appends the capabilities, with a space before each. False: the server gave no answer, or only a part of
 * it. */
static bool read_capabilities(struct line_client *client, struct buf *capabilities)
{
    struct buf line = {0};
    bool is_received =
        line_client_write_line(client, SPAN("CAPA\r\n")) && line_client_read_line(client, &line);

    /* CAPA is optional for a server. */
    if (is_received && span_starts(buf_span(&line), SPAN("+OK")))
        for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
            buf_clear(&line);
            is_received = line_client_read_line(client, &line);
            if (!is_received || span_eq(buf_span(&line), SPAN(".")))
                break;
            buf_add_format(capabilities, " %s", buf_c_str(&line));
        }
    buf_fini(&line);
    return is_received;
}

void doctor_check_session(struct doctor *doctor)
{
    struct buf greeting = {0}, capabilities = {0};
    union inet_address server;
    struct line_client client;

    if (!resolve_through(doctor, &server))
        return;
    if (read_greeting(doctor, PROTOCOL_POP3, &client, &server, &greeting)) {
        if (!read_capabilities(&client, &capabilities))
            doctor_fault(doctor, "try it by hand: CAPA", "%s: no answer to CAPA: %s", doctor->through,
                         strerror(errno));
        (void)line_client_write_line(&client, SPAN("QUIT\r\n"));
        doctor_ok(doctor, "%s greets with \"%.*s\"; capabilities:%s", doctor->through,
                  (int)span_first(buf_span(&greeting), QUOTED).n, greeting.p,
                  capabilities.n ? buf_c_str(&capabilities) : " none");
    }
    line_client_close(&client);
    buf_fini(&greeting);
    buf_fini(&capabilities);
}

/* The trace tests connections of this host. Only with the role local are these intercepted. Whether a
 * client's connections are intercepted can be tested only on the client. */
static void report_direct(struct doctor *doctor, const char *what)
{
    unsigned roles = doctor->conf.gateway.roles;

    if (roles & GATEWAY_LOCAL)
        doctor_fault(doctor, "run postern gateway check to find the missing rule", "%s", what);
    else if (!roles)
        doctor_warn(doctor, "if this is a client that should be intercepted, that is a fault", "%s", what);
    else
        doctor_ok(doctor, "own connections of this host are not intercepted: %s", what);
}

static void report_trace(struct doctor *doctor, const struct trace_verdict *verdict, const char *what)
{
    switch (verdict->kind) {
    case TRACE_INCONCLUSIVE: doctor_skip(doctor, "%s", what); break;
    case TRACE_NO_DIFFERENCE:
    case TRACE_DIVERTED: report_direct(doctor, what); break;
    case TRACE_INTERCEPTED: doctor_ok(doctor, "%s", what); break;
    case TRACE_BLOCKED:
        doctor_fault(doctor, "check that the proxy runs, and firewalls on the path", "%s", what);
        break;
    }
}

void doctor_check_interception(struct doctor *doctor)
{
    struct trace_request request = {.hops = TRACE_HOPS, .wait_ms = TRACE_WAIT_MS};
    struct trace_path path, control;
    struct trace_verdict verdict;
    struct buf what = {0};

    if (!resolve_through(doctor, &request.to))
        return;
    trace_run(&request, &path);
    address_set_port(&request.to, CONTROL_PORT);
    trace_run(&request, &control);
    verdict = trace_verdict_of(&path, &control);
    trace_verdict_explain(&verdict, &path, &control, &what);
    report_trace(doctor, &verdict, buf_c_str(&what));
    buf_fini(&what);
}
