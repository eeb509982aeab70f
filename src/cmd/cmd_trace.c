#include "cmd/cmd.h"
#include "cmd/endpoint.h"
#include "cmd/service_call.h"
#include "cmd/trace_print.h"
#include "base/network.h"
#include "base/token.h"
#include "base/units.h"
#include "base/address.h"
#include "gateway/trace/trace.h"

#include <getopt.h>
#include <stdio.h>

static const char help_text[] =
    "usage: postern trace [-4 | -6] [--control PORT] [--hops N] [--wait TIME] [--json] HOST[:PORT]\n"
    "\n"
    "Traces the path of a TCP connection (default: port 110) and of one to a control port, and compares\n"
    "them to find out whether a host nearer than the server intercepts the connection. Needs no\n"
    "privilege. HOST is a name or an address, IPv6 as [ADDRESS]:PORT.\n"
    "Status 0: there is a result, whatever it is; 1: there is none.\n"
    "\n"
    "  -4, -6           IPv4 or IPv6 only\n"
    "  --control PORT   compare with this port (default: 80); it need not be open on the server\n"
    "  --hops N         trace at most N hops, 1 to 64 (default: 30)\n"
    "  --wait TIME      for an answer, before a hop is probed again; 50ms to 10s (default: 900ms).\n"
    "                   Each hop is probed three times, the last time with twice that wait\n"
    "  --json           answer in JSON\n"
    "  --help           this text\n";

enum { PORT = 110, CONTROL_PORT = 80, WAIT_LEAST_MS = 50, WAIT_MOST_MS = 10000 };

struct wish {
    struct endpoint endpoint;
    struct trace_request request;
    uint16_t control;
    int family;
    bool json;
};

/* False, with a message, on failure. */
static bool refuse(const char *option, const char *wanted, const char *given)
{
    fprintf(stderr, "postern trace: %s takes %s, not %s\n", option, wanted, given);
    return false;
}

static bool take_hops(struct wish *wish, const char *text)
{
    uint64_t hops;

    if (!token_number(span_of(text), &hops) || hops < 1 || hops > TRACE_HOPS_MAX)
        return refuse("--hops", "a number from 1 to 64", text);
    wish->request.hops = (unsigned)hops;
    return true;
}

static bool take_wait(struct wish *wish, const char *text)
{
    uint64_t wait_ms;

    if (!units_read(units_time, span_of(text), &wait_ms) || wait_ms < WAIT_LEAST_MS || wait_ms > WAIT_MOST_MS)
        return refuse("--wait", "a time from 50ms to 10s", text);
    wish->request.wait_ms = (unsigned)wait_ms;
    return true;
}

static bool take_operand(struct wish *wish, int argc, char **argv)
{
    if (optind == argc)
        fputs("postern trace: a host is required\n", stderr);
    else if (optind + 1 < argc)
        fprintf(stderr, "postern trace: unexpected %s\n", argv[optind + 1]);
    else if (!endpoint_read(argv[optind], PORT, &wish->endpoint))
        return refuse("it", "HOST, HOST:PORT or [IPV6]:PORT", argv[optind]);
    else if (wish->endpoint.port == wish->control)
        return refuse("--control", "another port than the one that is traced", "the same");
    else
        return true;
    return false;
}

/* False: the command must end with *status. */
static bool read_wish(int argc, char **argv, struct wish *wish, int *status)
{
    enum { JSON = 256, CONTROL, HOPS, WAIT };
    static const struct option known[] = {{"help", no_argument, NULL, 'h'},
                                          {"json", no_argument, NULL, JSON},
                                          {"control", required_argument, NULL, CONTROL},
                                          {"hops", required_argument, NULL, HOPS},
                                          {"wait", required_argument, NULL, WAIT},
                                          {0}};
    int option;
    bool is_right = true;

    optind = 0;
    while (is_right && (option = getopt_long(argc, argv, "46h", known, NULL)) != -1) {
        switch (option) {
        case '4': wish->family = AF_INET; break;
        case '6': wish->family = AF_INET6; break;
        case JSON: wish->json = true; break;
        case CONTROL:
            is_right = endpoint_read_port(optarg, &wish->control) ||
                       refuse("--control", "a port from 1 to 65535", optarg);
            break;
        case HOPS: is_right = take_hops(wish, optarg); break;
        case WAIT: is_right = take_wait(wish, optarg); break;
        case 'h':
            fputs(help_text, stdout);
            *status = CMD_DONE;
            return false;
        default: is_right = false;
        }
    }
    if (is_right && take_operand(wish, argc, argv))
        return true;
    fputs("postern trace: try --help\n", stderr);
    *status = CMD_USAGE;
    return false;
}

static bool show(struct buf *text)
{
    bool is_shown = fputs(buf_c_str(text), stdout) != EOF && fflush(stdout) == 0;

    if (!is_shown)
        perror("postern trace: standard output");
    buf_clear(text);
    return is_shown;
}

/* Announces what is traced, because a trace may take long. */
static bool run(const struct wish *wish, const char *what, struct trace_path *path)
{
    struct buf text = {0};
    bool is_shown = true;

    if (!wish->json) {
        buf_add(&text, span_of(what));
        network_print_address(&wish->request.to, &text);
        buf_add_format(&text, ", port %u, at most %u hops\n", address_port(&wish->request.to),
                       wish->request.hops);
        is_shown = show(&text);
    }
    trace_run(&wish->request, path);
    if (!wish->json) {
        trace_print(path, &text);
        is_shown = is_shown && show(&text);
    }
    buf_fini(&text);
    return is_shown;
}

static bool say(const struct traced *traced)
{
    struct buf text = {0};
    bool is_shown;

    buf_add_char(&text, '\n');
    trace_verdict_say(&traced->verdict, &traced->path, &traced->control, &text);
    buf_add_char(&text, '\n');
    is_shown = show(&text);
    buf_fini(&text);
    return is_shown;
}

static int trace(struct wish *wish)
{
    struct traced traced = {.host = wish->endpoint.host};
    bool is_shown = run(wish, "trace to ", &traced.path);

    address_set_port(&wish->request.to, wish->control);
    is_shown = is_shown && run(wish, "for comparison, ", &traced.control);
    traced.verdict = trace_verdict_of(&traced.path, &traced.control);
    if (!is_shown ||
        !(wish->json ? service_say_json("trace", trace_json(&traced)) == CMD_DONE : say(&traced)))
        return CMD_FAILED;
    return traced.verdict.kind == TRACE_INCONCLUSIVE ? CMD_FAILED : CMD_DONE;
}

int cmd_trace(int argc, char **argv)
{
    struct wish wish = {.request = {.hops = TRACE_HOPS, .wait_ms = TRACE_WAIT_MS},
                        .control = CONTROL_PORT,
                        .family = AF_UNSPEC};
    const char *problem;
    int status;

    if (!read_wish(argc, argv, &wish, &status))
        return status;
    problem = endpoint_look_up(&wish.endpoint, wish.family, &wish.request.to);
    if (problem) {
        fprintf(stderr, "postern trace: %s: %s\n", wish.endpoint.host, problem);
        return CMD_FAILED;
    }
    return trace(&wish);
}
