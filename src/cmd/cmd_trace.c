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
    "Status 0: there is a result; 1: there is none.\n"
    "\n"
    "  -4, -6           IPv4 or IPv6 only\n"
    "  --control PORT   compare with this port (default: 80); it need not be open on the server\n"
    "  --hops N         trace at most N hops, 1 to 64 (default: 30)\n"
    "  --wait TIME      wait this long before a hop is probed again, 50ms to 10s (default: 900ms).\n"
    "                   A hop that does not answer is probed three times; the last wait is\n"
    "                   twice as long\n"
    "  --json           answer in JSON\n"
    "  --help           this text\n";

enum { PORT = 110, CONTROL_PORT = 80, WAIT_MIN_MS = 50, WAIT_MAX_MS = 10000 };

struct trace_options {
    struct endpoint endpoint;
    struct trace_request request;
    uint16_t control;
    int family;
    bool json;
};

/* Prints a message and returns false. */
static bool refuse(const char *option, const char *expected, const char *given)
{
    fprintf(stderr, "postern trace: %s: expected %s, got %s\n", option, expected, given);
    return false;
}

static bool take_hops(struct trace_options *options, const char *text)
{
    uint64_t hops;

    if (!token_number(span_of(text), &hops) || hops < 1 || hops > TRACE_HOPS_MAX)
        return refuse("--hops", "a number from 1 to 64", text);
    options->request.hops = (unsigned)hops;
    return true;
}

static bool take_wait(struct trace_options *options, const char *text)
{
    uint64_t wait_ms;

    if (!units_read(units_time, span_of(text), &wait_ms) || wait_ms < WAIT_MIN_MS || wait_ms > WAIT_MAX_MS)
        return refuse("--wait", "a time from 50ms to 10s", text);
    options->request.wait_ms = (unsigned)wait_ms;
    return true;
}

static bool take_operand(struct trace_options *options, int argc, char **argv)
{
    if (optind == argc)
        fputs("postern trace: a host is required\n", stderr);
    else if (optind + 1 < argc)
        fprintf(stderr, "postern trace: unexpected argument %s\n", argv[optind + 1]);
    else if (!endpoint_read(argv[optind], PORT, &options->endpoint))
        return refuse("operand", "HOST, HOST:PORT or [IPV6]:PORT", argv[optind]);
    else if (options->endpoint.port == options->control)
        return refuse("--control", "another port than the one that is traced", "the same port");
    else
        return true;
    return false;
}

/* False: the command must exit with *status. */
static bool read_options(int argc, char **argv, struct trace_options *options, int *status)
{
    enum { JSON = 256, CONTROL, HOPS, WAIT };
    static const struct option known[] = {{"help", no_argument, NULL, 'h'},
                                          {"json", no_argument, NULL, JSON},
                                          {"control", required_argument, NULL, CONTROL},
                                          {"hops", required_argument, NULL, HOPS},
                                          {"wait", required_argument, NULL, WAIT},
                                          {0}};
    int option;
    bool is_valid = true;

    optind = 0;
    while (is_valid && (option = getopt_long(argc, argv, "46h", known, NULL)) != -1) {
        switch (option) {
        case '4': options->family = AF_INET; break;
        case '6': options->family = AF_INET6; break;
        case JSON: options->json = true; break;
        case CONTROL:
            is_valid = endpoint_read_port(optarg, &options->control) ||
                       refuse("--control", "a port from 1 to 65535", optarg);
            break;
        case HOPS: is_valid = take_hops(options, optarg); break;
        case WAIT: is_valid = take_wait(options, optarg); break;
        case 'h':
            fputs(help_text, stdout);
            *status = CMD_DONE;
            return false;
        default: is_valid = false;
        }
    }
    if (is_valid && take_operand(options, argc, argv))
        return true;
    fputs("postern trace: try --help\n", stderr);
    *status = CMD_USAGE;
    return false;
}

static bool print_text(struct buf *text)
{
    bool is_printed = fputs(buf_c_str(text), stdout) != EOF && fflush(stdout) == 0;

    if (!is_printed)
        perror("postern trace: standard output");
    buf_clear(text);
    return is_printed;
}

/* Prints the destination before the trace, because the trace may take long. */
static bool run_trace(const struct trace_options *options, const char *what, struct trace_path *path)
{
    struct buf text = {0};
    bool is_printed = true;

    if (!options->json) {
        buf_add(&text, span_of(what));
        network_print_address(&options->request.to, &text);
        buf_add_format(&text, ", port %u, at most %u hops\n", address_port(&options->request.to),
                       options->request.hops);
        is_printed = print_text(&text);
    }
    trace_run(&options->request, path);
    if (!options->json) {
        trace_print(path, &text);
        is_printed = is_printed && print_text(&text);
    }
    buf_fini(&text);
    return is_printed;
}

static bool print_verdict(const struct traced *traced)
{
    struct buf text = {0};
    bool is_printed;

    buf_add_char(&text, '\n');
    trace_verdict_explain(&traced->verdict, &traced->path, &traced->control, &text);
    buf_add_char(&text, '\n');
    is_printed = print_text(&text);
    buf_fini(&text);
    return is_printed;
}

static int trace(struct trace_options *options)
{
    struct traced traced = {.host = options->endpoint.host};
    bool is_printed = run_trace(options, "trace to ", &traced.path);

    address_set_port(&options->request.to, options->control);
    is_printed = is_printed && run_trace(options, "for comparison, ", &traced.control);
    traced.verdict = trace_verdict_of(&traced.path, &traced.control);
    if (!is_printed || !(options->json ? service_print_json("trace", trace_json(&traced)) == CMD_DONE
                                       : print_verdict(&traced)))
        return CMD_FAILED;
    return traced.verdict.kind == TRACE_INCONCLUSIVE ? CMD_FAILED : CMD_DONE;
}

int cmd_trace(int argc, char **argv)
{
    struct trace_options options = {.request = {.hops = TRACE_HOPS, .wait_ms = TRACE_WAIT_MS},
                                    .control = CONTROL_PORT,
                                    .family = AF_UNSPEC};
    const char *problem;
    int status;

    if (!read_options(argc, argv, &options, &status))
        return status;
    problem = endpoint_look_up(&options.endpoint, options.family, &options.request.to);
    if (problem) {
        fprintf(stderr, "postern trace: %s: %s\n", options.endpoint.host, problem);
        return CMD_FAILED;
    }
    return trace(&options);
}
