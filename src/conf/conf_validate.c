#include "conf/conf_validate.h"

#include "base/pattern.h"

static bool has_engine(const struct conf *conf, enum engine_kind kind)
{
    for (size_t i = 0; i < conf->scan.engines.n; i++)
        if (conf->scan.engines.at[i] == kind)
            return true;
    return false;
}

static bool is_same(const union inet_address *a, const union inet_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Reports the addresses on which another protocol listens, too. */
static void check_listen(struct reading *reading, enum protocol_id protocol)
{
    const struct inet_addresses *listen = &conf_listener_of(reading->conf, protocol)->listen;

    for (enum protocol_id other = 0; other < protocol; other++) {
        const struct inet_addresses *taken = &conf_listener_of(reading->conf, other)->listen;

        for (size_t i = 0; i < listen->n * taken->n; i++)
            if (is_same(&listen->at[i / taken->n], &taken->at[i % taken->n]))
                reading_problem_at(reading,
                                   reading_place_of(reading, protocol_id_section(protocol), "listen"), true,
                                   "listen has an address that [%s] listens on", protocol_id_section(other));
    }
}

static void check_target(struct reading *reading, enum protocol_id protocol)
{
    const struct conf_listener *listener = conf_listener_of(reading->conf, protocol);
    const char *section = protocol_id_section(protocol);
    bool fixed = listener->interception == INTERCEPTION_FIXED;

    if (fixed && listener->target.n == 0)
        reading_problem_at(reading, reading_place_of(reading, section, "interception"), true,
                           "interception = fixed needs a target");
    if (!fixed && listener->target.n)
        reading_problem_at(reading, reading_place_of(reading, section, "target"), true,
                           "target is only valid with interception = fixed");
}

static void check_source(struct reading *reading)
{
    const struct conf *conf = reading->conf;

    if (conf->upstream.source == SOURCE_CLIENT && conf_has_interception(conf, INTERCEPTION_FIXED))
        reading_problem_at(reading, reading_place_of(reading, "upstream", "source"), true,
                           "source = client is not valid with interception = fixed");
}

static void check_engines(struct reading *reading)
{
    struct reading_place place = reading_place_of(reading, "scan", "engines");

    if (has_engine(reading->conf, ENGINE_NONE) && reading->conf->scan.engines.n > 1)
        reading_problem_at(reading, place, true, "none cannot be combined with other engines");
    else if (has_engine(reading->conf, ENGINE_NONE))
        reading_problem_at(reading, place, false, "engines = none: no message is scanned");
}

static void check_self_test(struct reading *reading)
{
    if (span_eq(span_of(reading->conf->scan.self_test), SPAN("none")))
        reading_problem_at(reading, reading_place_of(reading, "scan", "self_test"), false,
                           "self_test = none: an engine that finds nothing would not be noticed");
}

static void check_group(struct reading *reading)
{
    if (*reading->conf->command.group && !*reading->conf->command.directory)
        reading_problem_at(reading, reading_place_of(reading, "command", "group"), true,
                           "group needs a directory: others cannot access the directory of [spool]");
}

static void check_codes(struct reading *reading)
{
    const struct conf_numbers *clean = &reading->conf->command.clean_codes;
    const struct conf_numbers *infected = &reading->conf->command.infected_codes;

    for (size_t i = 0; i < clean->n; i++)
        for (size_t j = 0; j < infected->n; j++)
            if (clean->at[i] == infected->at[j])
                reading_problem_at(reading, reading_place_of(reading, "command", "infected_codes"), true,
                                   "exit code %u cannot mean both clean and infected", clean->at[i]);
}

static void check_name(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    struct buf error = {0};
    struct pattern *pattern = pattern_new(span_of(conf->command.name), conf->command.name_group,
                                          conf->command.name_ungreedy, &error);

    if (!pattern)
        reading_problem_at(reading, reading_place_of(reading, "command", "name"), true,
                           "pattern for virus names: %s", buf_c_str(&error));
    pattern_free(&pattern);
    buf_fini(&error);
}

static void check_policy(struct reading *reading)
{
    if (reading->conf->policy.failed == ACTION_DELIVER)
        reading_problem_at(
            reading, reading_place_of(reading, "policy", "failed"), false,
            "failed = deliver: while an engine fails, messages are delivered without its verdict");
}

/* A message that never fits into the quarantine would be refused at each attempt, and would block its mailbox
 * [P4]. */
static void check_quarantine(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    uint64_t max_bytes = conf->quarantine.max_bytes;

    for (enum protocol_id protocol = 0; max_bytes && protocol < PROTOCOLS_MAX; protocol++)
        if (max_bytes < conf_listener_of(conf, protocol)->message_max_bytes)
            reading_problem_at(reading, reading_place_of(reading, "quarantine", "max_bytes"), false,
                               "max_bytes is less than [%s] message_max: a larger message that is not clean "
                               "cannot be kept, and is refused at each attempt",
                               protocol_id_section(protocol));
}

/* Warns about intervals that are too long for servers and clients that give up after a minute of silence. */
static void check_times(struct reading *reading, enum protocol_id protocol)
{
    enum { NEARLY_A_MINUTE_MS = 50000 };
    const struct conf_listener *listener = conf_listener_of(reading->conf, protocol);
    const char *section = protocol_id_section(protocol);

    if (listener->keep_alive_ms > NEARLY_A_MINUTE_MS)
        reading_problem_at(
            reading, reading_place_of(reading, section, "keep_alive"), false,
            "keep_alive is over 50s: while a message is slow, servers that log out after a minute of "
            "silence end the session, and the message is fetched again each time; write: keep_alive = 25s");
    if (listener->patience_ms > NEARLY_A_MINUTE_MS)
        reading_problem_at(
            reading, reading_place_of(reading, section, "patience"), false,
            "patience is over 50s: clients that give up after a minute of silence never get a slow "
            "message; write: patience = 15s");
}

static void check_listeners(struct reading *reading)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(reading->conf, protocol)->listen.n) {
            check_times(reading, protocol);
            check_listen(reading, protocol);
            check_target(reading, protocol);
        }
}

static void check_tls_ports(struct reading *reading, enum protocol_id protocol)
{
    const struct conf_listener *listener = conf_listener_of(reading->conf, protocol);
    const char *section = protocol_id_section(protocol);

    for (size_t i = 0; i < listener->ports.n; i++)
        if (conf_is_tls_port(reading->conf, protocol, listener->ports.at[i]))
            reading_problem_at(reading, reading_place_of(reading, section, "tls_ports"), true,
                               "port %u cannot be in both ports and tls_ports", listener->ports.at[i]);
    if (listener->tls == TLS_BLOCK)
        reading_problem_at(reading, reading_place_of(reading, section, "tls"), false,
                           "tls = block: STLS is refused, and not intercepted by [tls] mode = intercept");
}

static void check_page(struct reading *reading, enum protocol_id protocol)
{
    const struct inet_addresses *listen = &conf_listener_of(reading->conf, protocol)->listen;
    const struct inet_addresses *page = &reading->conf->tls.page;

    for (size_t i = 0; i < listen->n; i++)
        for (size_t j = 0; j < page->n; j++)
            if (is_same(&listen->at[i], &page->at[j]))
                reading_problem_at(reading, reading_place_of(reading, "tls", "page"), true,
                                   "page has an address that [%s] listens on", protocol_id_section(protocol));
}

static void check_tls(struct reading *reading)
{
    if (reading->conf->tls.mode == TLS_MODE_OFF)
        return;
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(reading->conf, protocol)->listen.n) {
            check_tls_ports(reading, protocol);
            check_page(reading, protocol);
        }
}

void conf_validate(struct reading *reading)
{
    check_tls(reading);
    check_listeners(reading);
    check_source(reading);
    check_engines(reading);
    check_self_test(reading);
    check_group(reading);
    check_codes(reading);
    check_name(reading);
    check_policy(reading);
    check_quarantine(reading);
}
