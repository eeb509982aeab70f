#include "cmd/cmd.h"
#include "cmd/gateway_prepared.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "gateway/check/gateway_preconditions.h"
#include "gateway/kernel/gateway_status.h"

/* postern gateway status: prints counters of packets and connections, by rule and by proxy. */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_proxies(const json_t *proxies, struct buf *out)
{
    if (json_array_size(proxies))
        buf_add_format(out, "%-32s %12s %14s %10s %12s\n", "proxy", "packets", "bytes", "begun",
                       "connections");
    for (size_t i = 0; i < json_array_size(proxies); i++) {
        const json_t *proxy = json_array_get(proxies, i);

        buf_add_format(out, "%-32s %12lld %14lld %10lld %12lld%s\n", text_of(proxy, "address"),
                       number_of(proxy, "packets"), number_of(proxy, "bytes"), number_of(proxy, "begun"),
                       number_of(proxy, "connections"),
                       json_is_true(json_object_get(proxy, "used")) ? "" : "  gets no new connections");
    }
}

static void print_rules(const json_t *rules, struct buf *out)
{
    buf_add_format(out, "%-10s %-40s %12s %14s\n", "chain", "rule", "packets", "bytes");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        buf_add_format(out, "%-10s %-40s %12lld %14lld\n", text_of(rule, "chain"), text_of(rule, "rule"),
                       number_of(rule, "packets"), number_of(rule, "bytes"));
    }
}

static int print_text(json_t *status)
{
    struct buf text = {0};

    if (json_is_true(json_object_get(status, "applied"))) {
        print_proxies(json_object_get(status, "proxies"), &text);
        print_rules(json_object_get(status, "rules"), &text);
    } else {
        buf_add(&text, SPAN("nothing is applied\n"));
    }
    json_decref(status);
    return gateway_output(&text);
}

static json_t *read_status(struct gateway_prepared *prepared, const struct conf *conf)
{
    struct buf error = {0};
    json_t *status = NULL;

    if (!gateway_prepare(prepared, conf) || !gateway_preconditions_has_access(true, &prepared->problems))
        return NULL;
    status = gateway_status(&prepared->gateway, &error);
    if (!status)
        problems_add(&prepared->problems, true, "%s", buf_c_str(&error));
    buf_fini(&error);
    return status;
}

int cmd_gateway_status(const struct conf *conf, const struct gateway_options *options)
{
    struct gateway_prepared prepared;
    json_t *status = read_status(&prepared, conf);
    int result = CMD_FAILED;

    if (!status)
        gateway_output_problems(&prepared.problems);
    else
        result = options->json ? gateway_output_json(status) : print_text(status);
    gateway_prepared_fini(&prepared);
    return result;
}
