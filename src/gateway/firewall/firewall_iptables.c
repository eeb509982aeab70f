#include "gateway/firewall/firewall_iptables.h"

#include "gateway/firewall/firewall_packet.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    const struct firewall_packet *packet;
    const char *family;
    struct span table; /* the current table; empty: its lines are ignored */
    struct firewall *firewall;
};

/* Splits a rule's line into words. */
struct words {
    struct span rest, word;
    bool is_not;          /* the word follows a "!" */
    bool is_other_module; /* "-m" named an unknown module, which may give options another meaning */
};

static struct span take_until(struct span *rest, char end)
{
    size_t n = 0;
    struct span word;

    while (n < rest->n && rest->p[n] != end)
        n++;
    word = span_first(*rest, n);
    *rest = span_from(*rest, n + 1);
    return word;
}

/* Takes the rest of a quoted word. A backslash escapes the next character. */
static struct span take_quoted(struct span *rest)
{
    size_t n = 0;
    struct span word;

    while (n < rest->n && rest->p[n] != '"')
        n += rest->p[n] == '\\' ? 2 : 1;
    word = span_first(*rest, n);
    *rest = span_from(*rest, n + 1);
    return word;
}

static bool next(struct words *words)
{
    words->is_not = false;
    do {
        words->rest = span_trim(words->rest);
        if (!words->rest.n)
            return false;
        if (words->rest.p[0] == '"') {
            words->rest = span_from(words->rest, 1);
            words->word = take_quoted(&words->rest);
        } else {
            words->word = take_until(&words->rest, ' ');
        }
        if (!span_eq(words->word, SPAN("!")))
            return true;
        words->is_not = true;
    } while (true);
}

static uint32_t number_of(struct span text)
{
    char copy[24];

    snprintf(copy, sizeof copy, "%.*s", (int)text.n, text.p ? text.p : "");
    return (uint32_t)strtoul(copy, NULL, 0);
}

/* `text`: "110" or "1024:65535". */
static enum firewall_match is_port(const struct firewall_packet *packet, struct span text)
{
    struct span from = take_until(&text, ':');
    uint32_t first = number_of(from), last = text.n ? number_of(text) : first;

    return firewall_bool(packet->port >= first && packet->port <= last);
}

static enum firewall_match is_state(const struct firewall_packet *packet, struct span name)
{
    return firewall_state(packet, name);
}

static enum firewall_match is_source(const struct firewall_packet *packet, struct span text)
{
    return firewall_source(packet, text);
}

static enum firewall_match is_destination(const struct firewall_packet *packet, struct span text)
{
    return firewall_destination(packet, text);
}

static enum firewall_match is_in(const struct firewall_packet *packet, struct span name)
{
    return firewall_interface(packet->in, name, '+');
}

static enum firewall_match is_out(const struct firewall_packet *packet, struct span name)
{
    return firewall_interface(packet->out, name, '+');
}

static enum firewall_match is_protocol(const struct firewall_packet *packet, struct span name)
{
    (void)packet;
    return firewall_protocol(name);
}

static enum firewall_match is_mark(const struct firewall_packet *packet, struct span text)
{
    struct span value = take_until(&text, '/');

    return firewall_bool((packet->mark & (text.n ? number_of(text) : UINT32_MAX)) == number_of(value));
}

static enum firewall_match is_type(const struct firewall_packet *packet, struct span name)
{
    return firewall_bool(span_eq(name, packet->is_local ? SPAN("LOCAL") : SPAN("UNICAST")));
}

static const struct option {
    const char *name;
    enum firewall_match (*is)(const struct firewall_packet *packet,
                              struct span text); /* NULL: no condition */
} options[] = {
    {"--comment", NULL},   {"-p", is_protocol},     {"-s", is_source},    {"-d", is_destination},
    {"-i", is_in},         {"-o", is_out},          {"--dport", is_port}, {"--dports", is_port},
    {"--state", is_state}, {"--ctstate", is_state}, {"--mark", is_mark},  {"--dst-type", is_type},
};

/* Modules that have no condition of their own, and do not change the meaning of the options above. */
static const char *const modules[] = {"tcp",  "comment",   "conntrack", "state",
                                      "mark", "multiport", "addrtype"};

/* Evaluates "-m NAME". */
static enum firewall_match take_module(struct words *words)
{
    words->is_other_module = true;
    if (!next(words))
        return FIREWALL_MAYBE;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (span_eq(words->word, span_of(modules[i])))
            words->is_other_module = false;
    return words->is_other_module ? FIREWALL_MAYBE : FIREWALL_YES;
}

static enum firewall_match any_matches(const struct option *option, const struct firewall_packet *packet,
                                       struct span list)
{
    enum firewall_match match = FIREWALL_NO;

    while (list.n)
        match = firewall_or(match, option->is(packet, take_until(&list, ',')));
    return match;
}

/* Evaluates an option and its value. An unknown option may match. The value of an unknown option is not
 * skipped: it counts as another unknown option. */
static enum firewall_match evaluate_option(struct words *words, const struct firewall_packet *packet)
{
    bool is_not = words->is_not;

    if (span_eq(words->word, SPAN("-m")))
        return take_module(words);
    if (words->is_other_module && span_starts(words->word, SPAN("--")))
        return FIREWALL_MAYBE;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        enum firewall_match match;

        if (!span_eq(words->word, span_of(options[i].name)))
            continue;
        if (!next(words) || !options[i].is)
            return FIREWALL_YES;
        match = any_matches(&options[i], packet, words->word);
        return is_not ? firewall_not(match) : match;
    }
    return FIREWALL_MAYBE;
}

static enum firewall_verdict verdict_of(const struct reading *reading, struct span target, bool is_goto)
{
    static const struct {
        const char *name;
        enum firewall_verdict verdict;
    } verdicts[] = {
        {"ACCEPT", FIREWALL_ACCEPT}, {"DROP", FIREWALL_DROP},      {"REJECT", FIREWALL_DROP},
        {"RETURN", FIREWALL_RETURN}, {"NFQUEUE", FIREWALL_ACCEPT}, {"QUEUE", FIREWALL_ACCEPT},
        {"TPROXY", FIREWALL_ACCEPT},
    };

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (span_eq(target, span_of(verdicts[i].name)))
            return verdicts[i].verdict;
    if (!firewall_find_chain(reading->firewall, span_of(reading->family), reading->table, target))
        return FIREWALL_NONE;
    return is_goto ? FIREWALL_GOTO : FIREWALL_JUMP;
}

/* Reads "INPUT -p tcp -m tcp --dport 22 -j ACCEPT", a line without "-A ". */
static void read_rule(const struct reading *reading, struct span line)
{
    struct words words = {.rest = line};
    enum firewall_match match = FIREWALL_YES;
    struct firewall_chain *chain;
    bool is_goto;

    if (!next(&words))
        return;
    chain = firewall_find_chain(reading->firewall, span_of(reading->family), reading->table, words.word);
    while (chain && next(&words)) {
        is_goto = span_eq(words.word, SPAN("-g"));
        if (is_goto || span_eq(words.word, SPAN("-j"))) {
            if (next(&words))
                firewall_add_rule(chain, match, verdict_of(reading, words.word, is_goto), words.word);
            return;
        }
        match = firewall_and(match, evaluate_option(&words, reading->packet));
    }
}

/* Reads "INPUT DROP [0:0]", a line without the colon. A chain without a policy has "-". */
static void read_chain(const struct reading *reading, struct span line)
{
    static const char *const hooks[][2] = {
        {"PREROUTING", "prerouting"}, {"INPUT", "input"}, {"FORWARD", "forward"}, {"OUTPUT", "output"}};
    struct span name = take_until(&line, ' '), policy = take_until(&line, ' ');
    struct firewall_chain *chain =
        firewall_add_chain(reading->firewall, span_of(reading->family), reading->table, name);

    chain->is_iptables = true;
    chain->drops_by_policy = span_eq(policy, SPAN("DROP"));
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++)
        if (span_eq(name, span_of(hooks[i][0])) && !span_eq(policy, SPAN("-")))
            chain->hook = mem_copy_string(span_of(hooks[i][1]));
}

void firewall_iptables_read(struct span text, const struct firewall_packet *packet, const char *family,
                            struct firewall *firewall)
{
    struct reading reading = {.packet = packet, .family = family, .firewall = firewall};

    while (text.n) {
        struct span line = take_until(&text, '\n');

        if (span_starts(line, SPAN("*")))
            reading.table = span_eq(line, SPAN("*nat")) ? SPAN("") : span_from(line, 1);
        else if (span_starts(line, SPAN(":")) && reading.table.n)
            read_chain(&reading, span_from(line, 1));
        else if (span_starts(line, SPAN("-A ")) && reading.table.n)
            read_rule(&reading, span_from(line, 3));
    }
}
